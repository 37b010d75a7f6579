"""Starts the real counterparts that the tests run against: provider, mail server, database, browser."""

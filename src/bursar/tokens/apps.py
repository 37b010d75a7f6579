"""Registers the app with Django."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    name = "bursar.tokens"

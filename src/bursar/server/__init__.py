"""The server process: pages and scheduler under one roof, started and stopped as one."""

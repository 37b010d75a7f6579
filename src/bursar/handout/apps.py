"""Registers the app with Django."""

from django.apps import AppConfig


class HandoutConfig(AppConfig):
    name = "bursar.handout"

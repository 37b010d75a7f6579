"""Registers the app with Django."""

from django.apps import AppConfig


class SysconfigConfig(AppConfig):
    name = "bursar.sysconfig"

"""Registers the app with Django, and the triggers that tell the door of changes."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from .triggers import after_migrate


class HandoutConfig(AppConfig):
    name = "bursar.handout"

    def ready(self) -> None:
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="bursar.handout.triggers")

"""Registers the app with Django, and the triggers that keep its rows as they were written."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from .triggers import after_migrate


class AuditConfig(AppConfig):
    name = "bursar.audit"

    def ready(self) -> None:
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="bursar.audit.triggers")

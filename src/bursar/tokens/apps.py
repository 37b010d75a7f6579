"""Registers the app with Django. The listing's triggers leave before every migration and come back after it."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TokensConfig(AppConfig):
    name = "bursar.tokens"

    def ready(self) -> None:
        pre_migrate.connect(_before, sender=self)
        post_migrate.connect(_after, sender=self)


def _before(**_: Any) -> None:
    from . import triggers

    triggers.remove()


def _after(**_: Any) -> None:
    from . import described, triggers

    described.describe_all()
    triggers.install()

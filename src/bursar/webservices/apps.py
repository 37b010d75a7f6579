"""Registers the app with Django, and the services as users of token configurations."""

from collections.abc import Collection, Mapping
from typing import Any

from django.apps import AppConfig
from django.db.models import Q

from ..tokens import users


class WebServicesConfig(AppConfig):
    name = "bursar.webservices"

    def ready(self) -> None:
        users.register(services_by_configuration, services_named)


def services_by_configuration(configuration_ids: Collection[str]) -> Mapping[str, list[str]]:
    """The web services that call with a token of these configurations, by configuration id."""
    from .models import WebService

    found: dict[str, list[str]] = {}
    rows = WebService.objects.filter(token__configuration_id__in=list(configuration_ids))
    for configuration_id, name in rows.values_list("token__configuration_id", "name"):
        found.setdefault(configuration_id, []).append(f'web service "{name}"')
    return found


def services_named(word: str) -> tuple[str, tuple[Any, ...]]:
    """The configurations of the services whose names hold `word`, as a SELECT. SQLite folds ASCII letters alone."""
    from .models import WebService

    named = WebService.objects.filter(Q(name__icontains=word) | Q(name__icontains=word.upper()), token__isnull=False)
    sql, parameters = named.order_by().values("token__configuration_id").query.sql_with_params()
    return sql, tuple(parameters)

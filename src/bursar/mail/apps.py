"""Registers the app with Django, and the accounts as users of token configurations."""

from collections.abc import Collection, Mapping
from typing import Any

from django.apps import AppConfig
from django.db.models import Q

from ..tokens import users


class MailConfig(AppConfig):
    name = "bursar.mail"

    def ready(self) -> None:
        users.register(accounts_by_configuration, accounts_named)


def accounts_by_configuration(configuration_ids: Collection[str]) -> Mapping[str, list[str]]:
    """The mail accounts that collect with a token of these configurations, by configuration id."""
    from .models import MailAccount

    found: dict[str, list[str]] = {}
    rows = MailAccount.objects.filter(token__configuration_id__in=list(configuration_ids))
    for configuration_id, name in rows.values_list("token__configuration_id", "name"):
        found.setdefault(configuration_id, []).append(f'mail account "{name}"')
    return found


def accounts_named(word: str) -> tuple[str, tuple[Any, ...]]:
    """The configurations of the accounts whose names hold `word`, as a SELECT. SQLite folds ASCII letters alone."""
    from .models import MailAccount

    named = MailAccount.objects.filter(Q(name__icontains=word) | Q(name__icontains=word.upper()))
    sql, parameters = named.order_by().values("token__configuration_id").query.sql_with_params()
    return sql, tuple(parameters)

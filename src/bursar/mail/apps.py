"""Registers the app with Django, and the accounts as users of token configurations."""

import json
from collections.abc import Collection, Mapping

from django.apps import AppConfig
from django.db.models import Q

from ..tokens import users
from ..webservices import callers


class MailConfig(AppConfig):
    name = "bursar.mail"

    def ready(self) -> None:
        users.register(accounts_by_configuration, accounts_by_token, ("mail_account", "token_id"))
        callers.register(accounts_calling)


def accounts_by_configuration(configuration_ids: Collection[str]) -> Mapping[str, list[str]]:
    """The mail accounts that collect with a token of these configurations, by configuration id."""
    return _accounts("token__configuration_id", configuration_ids)


def accounts_by_token(token_ids: Collection[str]) -> Mapping[str, list[str]]:
    """The mail accounts that collect with these tokens, by token id."""
    return _accounts("token_id", token_ids)


def _accounts(key: str, ids: Collection[str]) -> Mapping[str, list[str]]:
    from .models import MailAccount

    found: dict[str, list[str]] = {}
    for value, name in MailAccount.objects.filter(**{f"{key}__in": list(ids)}).values_list(key, "name"):
        found.setdefault(value, []).append(f'mail account "{name}"')
    return found


def accounts_calling(service: str) -> list[callers.Caller]:
    """The mail accounts that deliver to invokers of this web service, once for each invoker."""
    from .models import MailAccount

    rows = MailAccount.objects.filter(Q(deliver__startswith="invoker:") | Q(recipients__contains="invoker:"))
    return [
        callers.Caller("mail account", row.name, invoker, row.id)
        for row in rows
        for where in dict.fromkeys((row.deliver, *json.loads(row.recipients).values()))
        for kind, _, rest in [where.partition(":")]
        for called, _, invoker in [rest.rpartition("/")]
        if kind == "invoker" and called == service
    ]

"""Registers the app with Django, and the services as users of token configurations."""

from collections.abc import Collection, Mapping

from django.apps import AppConfig

from ..tokens import users


class WebServicesConfig(AppConfig):
    name = "bursar.webservices"

    def ready(self) -> None:
        users.register(services_by_configuration, services_by_token, ("webservice", "token_id"))


def services_by_configuration(configuration_ids: Collection[str]) -> Mapping[str, list[str]]:
    """The web services that call with a token of these configurations, by configuration id."""
    return _services("token__configuration_id", configuration_ids)


def services_by_token(token_ids: Collection[str]) -> Mapping[str, list[str]]:
    """The web services that call with these tokens, by token id."""
    return _services("token_id", token_ids)


def _services(key: str, ids: Collection[str]) -> Mapping[str, list[str]]:
    from .models import WebService

    found: dict[str, list[str]] = {}
    for value, name in WebService.objects.filter(**{f"{key}__in": list(ids)}).values_list(key, "name"):
        found.setdefault(value, []).append(f'web service "{name}"')
    return found

"""What lists and searches need of a configuration document, as columns beside it. Written wherever it is written."""

from datetime import UTC, datetime, time
from typing import Any

from ..oauth2.vocabulary import ClientAuthentication
from ..providers import template_of
from .document import TokenConfigurationDocument, document_of
from .models import Configuration

VERSION = 1
TOKEN_REQUESTS = ("TokenByClientCredentials", "TokenByRefreshToken", "TokenByAuthorizationCode", "AuthorizationCode")
_BATCH = 500


def described(document: TokenConfigurationDocument) -> dict[str, Any]:
    """The columns `provider` to `described` of a configuration with this document."""
    provider = provider_of(document)
    words = (document.name, document.client_id or "", provider, document.template_name or "")
    return {
        "provider": provider,
        "folded": "\n".join(words).casefold(),
        "public_client": is_public(document),
        "refreshable": "TokenByRefreshToken" in document.requests,
        "notify_token": document.notify_on_expired_token,
        "notify_refresh_token": document.notify_on_expired_refresh_token,
        "secret_ends_at": secret_end(document),
        "described": VERSION,
    }


def provider_of(document: TokenConfigurationDocument) -> str:
    """How a person knows the provider: "Google", "login.example.org"."""
    template = template_of(document.template_name) if document.template_name else None
    hosts = [document.requests[kind].url.host for kind in TOKEN_REQUESTS if kind in document.requests]
    return (template.provider if template else "") or (hosts[0] if hosts else "") or "The provider"


def is_public(document: TokenConfigurationDocument) -> bool:
    """Whether the client proves its identity by nothing, so that it has no secret."""
    return document.options.client_authentication is ClientAuthentication.NONE


def secret_end(document: TokenConfigurationDocument) -> datetime | None:
    """When the client secret ends: the beginning of its day, UTC. None where no end is known or no secret is sent."""
    day = document.options.client_secret_expires
    return None if day is None or is_public(document) else datetime.combine(day, time(), UTC)


def describe_all() -> None:
    """Describe the configurations that another version described, or none. For `bursar init`."""
    while rows := list(Configuration.objects.exclude(described=VERSION).order_by()[:_BATCH]):
        for row in rows:
            for column, value in described(document_of(row)).items():
                setattr(row, column, value)
        Configuration.objects.bulk_update(rows, [*described(document_of(rows[0]))])

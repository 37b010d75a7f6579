"""To what something is done, by the name that people know it by: looked up before it may be gone."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from ..access.key_model import ApiKey
from ..access.models import Person
from ..mail.models import MailAccount
from ..reference import token_reference
from ..tokens.models import Configuration, Consent, Token, Upload
from ..webservices.models import WebService

_NAMED: dict[str, tuple[type[Model], str]] = {
    "configuration_id": (Configuration, "name"),
    "key_id": (ApiKey, "name"),
    "account_id": (MailAccount, "name"),
    "service_id": (WebService, "name"),
    "person_id": (Person, "email"),
    "upload_id": (Upload, "file_name"),
}
_PLAIN = ("name", "slug", "label")
_MAIL = re.compile(r"[^\s@<>\"']{1,100}@[^\s@<>\"']{1,150}")
# The field of a form that names what is made, or who wants to come in.
_FIELDS = {"sign-in": "login", "people/invite": "email", "people/withdraw": "email", "setup": "email"}


def subject_of(parameters: Mapping[str, Any]) -> str:
    """The name behind a route's parameters; empty where there is none, or it is gone."""
    token_id = parameters.get("token_id")
    if "consent_id" in parameters:
        token_id = Consent.objects.filter(pk=parameters["consent_id"]).values_list("token_id", flat=True).first()
    if token_id:
        found = Token.objects.filter(pk=token_id).values_list("configuration__name", "label").first()
        return token_reference(*found) if found else ""
    for parameter, (model, column) in _NAMED.items():
        key = str(parameters.get(parameter, ""))
        if key and (model is not Person or (key.isascii() and key.isdecimal() and len(key) < 16)):
            return str(model._default_manager.filter(pk=key).values_list(column, flat=True).first() or "")
    return next((str(parameters[name]) for name in _PLAIN if name in parameters), "")


def named_in_form(word: Callable[[str], str], action: str) -> str:
    """The name that the form itself gives. Whoever types a password where an address belongs isn't written down."""
    text = word(_FIELDS.get(action, "Name" if action != "keys/new" else "name")).strip()
    return text if action not in _FIELDS or _MAIL.fullmatch(text) else ""

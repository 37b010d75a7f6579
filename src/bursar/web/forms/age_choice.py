"""How the secrets of an exported file travel, as a page asks it: not at all, encrypted with age, or in clear."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from ...errors import BursarError
from ...keyring import Secret
from ...tokens import age_file

NONE, PASSPHRASE, RECIPIENT, CLEAR = "none", "passphrase", "recipient", "clear"
CHOICES = (NONE, PASSPHRASE, RECIPIENT, CLEAR)
SECRETS = ("passphrase", "again")
"""The fields that must show nowhere."""


class Unusable(Exception):
    """What is wrong, and in which field."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


def keys_of(request: HttpRequest, choice: str) -> dict[str, Any]:
    """What to encrypt with, as `age_file.encrypted` takes it; empty for not at all. Raises Unusable."""
    if choice == PASSPHRASE:
        return {"passphrase": _passphrase(request)}
    if choice != RECIPIENT:
        return {}
    try:
        return {"recipients": age_file.read_recipients(request.POST.get("recipients", ""))}
    except BursarError as problem:
        raise Unusable("recipients", str(problem)) from None


def file_of(data: bytes, name: str, keys: Mapping[str, Any]) -> tuple[bytes, str, str]:
    """The file's bytes, name and type, encrypted where there is something to do it with."""
    if keys:
        return age_file.encrypted(data, **keys), f"{name}.age", "application/octet-stream"
    return data, name, "application/yaml"


def shown(request: HttpRequest, choice: str, problems: Mapping[str, str]) -> dict[str, Any]:
    """What `parts/secret_choices.html` shows."""
    recipients = request.POST.get("recipients", "")
    return {
        "choice": choice,
        "problems": problems,
        "recipients": recipients,
        "shortest": age_file.SHORTEST_PASSPHRASE,
    }


def _passphrase(request: HttpRequest) -> Secret:
    passphrase = Secret(request.POST.get("passphrase", ""))
    try:
        age_file.check_passphrase(passphrase)
    except BursarError as problem:
        raise Unusable("passphrase", str(problem)) from None
    if passphrase != Secret(request.POST.get("again", "")):
        raise Unusable("again", _("The two passphrases differ."))
    return passphrase

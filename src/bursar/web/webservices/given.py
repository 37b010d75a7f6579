"""What a person sent in the form of a web service, as its document, or what is wrong with it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from ...errors import BursarError
from ...webservices.service import Service
from ...webservices.services import Secrets
from ...webservices.transfer import read
from ..forms.plain import Wrong, too_long
from .fields import FIELDS, REST, SECRETS

LONGEST = 4000
LONGEST_REST = 200_000  # characters, as of a configuration as YAML
_BY_CODE = {
    "name_taken": "Name",
    "in_use": "Name",
    "configuration_not_found": "Token",
    "label_not_found": "Token",
    "client_key_invalid": "ClientKey",
    "document_invalid": REST,
}


def values_from(post: Mapping[str, str]) -> dict[str, str]:
    """The fields as they were sent, whatever their length; secrets are not among them."""
    found = {name: post.get(name, "").strip() for name in FIELDS}
    found[REST] = post.get(REST, "").replace("\r\n", "\n")
    return found


def service_from(values: Mapping[str, str], post: Mapping[str, str]) -> tuple[Service, Secrets] | list[Wrong]:
    """The service with its secrets, or what is wrong with it as far as that is seen without the database."""
    if longer := too_long(values, dict.fromkeys(FIELDS, LONGEST) | {REST: LONGEST_REST}):
        return longer
    try:
        rest = read(values[REST].encode("utf-8", "replace"), "YAML")
        if len(rest) > 1 or any(key in FIELDS or key in SECRETS for each in rest for key in each):
            return [Wrong(REST, _("What has a field of its own, secrets above all, doesn't belong into the YAML."))]
        document: dict[str, Any] = {name: values[name] for name in FIELDS if values[name]}
        if document.get("Authentication") not in ("OAuth2", "Header"):
            document.pop("Token", None)
        if document.get("Authentication") != "Basic":
            document.pop("User", None)
        if document.get("Authentication") != "Header":
            document.pop("HeaderTemplate", None)
        given: dict[str, Any] = {
            name: post[name].replace("\r\n", "\n") for name in SECRETS if post.get(name, "").strip()
        }
        return Service.parse(document | (rest[0] if rest else {})), Secrets.taken_from(given)
    except BursarError as error:
        return [wrong_of(error)]


def wrong_of(error: BursarError) -> Wrong:
    """At which field a refusal of the use cases is shown."""
    first = error.sentence.partition(" ")[0].partition(".")[0]
    sentence = error.sentence if "`" in error.action else f"{error.sentence} {error.action}".strip()
    if error.code == "secret_missing":
        return Wrong("ClientKey" if "ClientKey" in error.sentence else "Password", sentence)
    field = _BY_CODE.get(error.code) or (first if first in (*FIELDS, *SECRETS) else REST)
    return Wrong(field, sentence)

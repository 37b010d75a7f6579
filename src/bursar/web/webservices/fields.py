"""The form of a web service: the main things as fields, everything else as YAML beside the invokers."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...exchange import written
from ...webservices.models import WebService
from ...webservices.services import document_of
from ..forms.specs import VALIDITIES, Spec, Text
from ..token_field import token_spec

REST = "Rest"
SECRETS = ("Password", "ClientKey")
FIELDS = ("Name", "Validity", "Comment", "BaseURL", "ContentType", "Authentication", "Token", "User", "HeaderTemplate")
_PROOFS: tuple[tuple[str, Text], ...] = (
    ("OAuth2", gettext_lazy("OAuth2: a token, as Bearer")),
    ("Header", gettext_lazy("A header that the token goes into")),
    ("Basic", gettext_lazy("Basic: user and password")),
    ("None", gettext_lazy("Nothing")),
)
_CONTENT = (("JSON", "JSON"), ("FORM", "FORM"), ("XML", "XML"))
SECTIONS: tuple[tuple[str, Text, Text], ...] = (
    ("bursar", gettext_lazy("In Bursar"), gettext_lazy("How colleagues find it.")),
    ("service", gettext_lazy("Service"), gettext_lazy("Where it is, and what proves who calls.")),
    (
        "calls",
        gettext_lazy("Calls"),
        gettext_lazy("What is called, with which data, and what is wanted of answers."),
    ),
)
EXAMPLE = """\
Retry: {First: 30s, Factor: 2, Maximum: 1h, Count: 10, Period: 1d}
Invokers:
  create:
    Path: /queues/:queue/tickets
    Method: POST
    Body: {title: subject, text: text, sender: from.address}
    Output: ticket.number
    Sample: {queue: 7, subject: Printer, text: It burns., from: {address: ada@example.org}}
"""


def specs(row: WebService | None, values: dict[str, str]) -> list[Spec]:
    """The fields in their order."""
    kept = _("One is stored. Leave this empty to keep it.")
    return [
        Spec("Name", "bursar", label=_("Name")),
        Spec("Validity", "bursar", "choice", label=_("Validity"), choices=VALIDITIES),
        Spec("Comment", "bursar", label=_("Comment"), optional=True),
        Spec("BaseURL", "service", "address", label=_("Base URL"), mono=True, example="https://tickets.example.org/api",
             hint=_("Every call goes to this host; data never choose another.")),
        Spec("Authentication", "service", "choice", label=_("It proves who calls by"), choices=_PROOFS),
        token_spec("service", values.get("Token", ""), optional=True),
        Spec("HeaderTemplate", "service", label=_("Header"), optional=True, mono=True, example="X-Auth-Token: {token}"),
        Spec("User", "service", label=_("User"), optional=True, mono=True),
        Spec("Password", "service", "secret", label=_("Password"), optional=True, mono=True,
             hint=kept if row is not None and row.password else ""),
        Spec("ClientKey", "service", "lines", label=_("Private key of the client certificate"), optional=True,
             hint=kept if row is not None and row.client_key else
             _("In PEM. The certificate itself stands below, as ClientCertificate.")),
        Spec("ContentType", "calls", "choice", label=_("Bodies are sent as"), choices=_CONTENT),
        Spec(REST, "calls", "lines", label=_("Invokers and the rest, as YAML"), mono=True, hint=_(
            "Invokers, Retry, Headers, Timeout, Proxy, NoProxy, CA, ClientCertificate, AllowedHosts. Help says what "
            "each means."
        )),
    ]  # fmt: skip


def values_of(row: WebService | None) -> dict[str, str]:
    """What stands in the fields of a service, or of a new one."""
    if row is None:
        return {"Validity": "valid", "Authentication": "OAuth2", "ContentType": "JSON", REST: EXAMPLE}
    document: dict[str, Any] = document_of(row)
    values = {name: str(document.pop(name, "")) for name in FIELDS}
    values["Validity"] = values["Validity"] or "valid"
    return values | {REST: written(document) if document else ""}

"""Which fields a configuration's form has: by its flow and its template, both of which stay for good."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...oauth2.vocabulary import ClientAuthentication, Flow
from ...providers import Template
from ...sentences import said
from ...tokens.document import Validity

Text = str | Promise
SECRET = "ClientSecret"  # noqa: S105 - the name of a field
AUTHORIZATION_URL = "Requests.AuthorizationCode.Request.URL"
TOKEN_URL = "Requests.TokenByAuthorizationCode.Request.URL"  # noqa: S105 - a path
REFRESH_URL = "Requests.TokenByRefreshToken.Request.URL"
CREDENTIALS_URL = "Requests.TokenByClientCredentials.Request.URL"
ENDPOINTS = {
    Flow.AUTHORIZATION_CODE: (AUTHORIZATION_URL, TOKEN_URL, REFRESH_URL),
    Flow.CLIENT_CREDENTIALS: (CREDENTIALS_URL,),
}
LABELS: dict[str, Text] = {
    "Name": _("Name"),
    "Validity": _("Validity"),
    "ClientID": _("Client ID"),
    SECRET: _("Client secret"),
    "ClientSecretExpires": _("Secret ends on"),
    "Scope": _("Scope"),
    AUTHORIZATION_URL: _("Authorization URL"),
    TOKEN_URL: _("Token URL"),
    REFRESH_URL: _("Refresh URL"),
    CREDENTIALS_URL: _("Token URL"),
    "Notifications.NotifyOnExpiredToken": _("Expired token"),
    "Notifications.NotifyOnExpiredRefreshToken": _("Expired refresh token"),
    "PKCE": _("PKCE"),
    "ClientAuthentication": _("Client authentication"),
    "Issuer": _("Issuer"),
    "RevocationURL": _("Revocation URL"),
    "UserinfoURL": _("Userinfo URL"),
    "RefreshMargin": _("Refresh margin"),
    "KeepAlive": _("Keep alive"),
    "AssumedLifetime": _("Assumed lifetime"),
}
VALIDITIES: tuple[tuple[str, Text], ...] = (
    (Validity.VALID.value, _("valid")),
    (Validity.INVALID.value, _("invalid")),
    (Validity.INVALID_TEMPORARILY.value, _("invalid-temporarily")),
)
AUTHENTICATIONS: dict[str, Text] = {
    "": _("As the requests say"),
    ClientAuthentication.CLIENT_SECRET_POST.value: _("In the form (client_secret_post)"),
    ClientAuthentication.CLIENT_SECRET_BASIC.value: _("In a header (client_secret_basic)"),
    ClientAuthentication.NONE.value: _("None: a public client"),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """One field: the document's path, and how it is asked for. `kind` names the control."""

    path: str
    section: str
    kind: str = "text"  # text | secret | day | lines | choice | flag | address | seconds | token
    hint: Text = ""
    optional: bool = False
    choices: tuple[tuple[str, Text], ...] = ()
    label: Text = ""
    mono: bool = False
    example: str = ""


def specs_of(flow: Flow, template: Template | None) -> list[Spec]:
    """The fields, in the order in which they stand."""
    return list(_specs(flow, template))


def _specs(flow: Flow, template: Template | None) -> Iterator[Spec]:
    consented = flow is Flow.AUTHORIZATION_CODE
    yield Spec("Name", "bursar")
    yield Spec("Validity", "bursar", "choice", choices=VALIDITIES)
    for placeholder in template.placeholders if template else ():
        if placeholder.source is None and template and placeholder.name not in addresses(template).values():
            label, _mark, more = said(placeholder.label).partition("; ")
            yield Spec(
                placeholder.name,
                "application",
                label=label,
                hint=f"{more[:1].upper()}{more[1:]}." if more else "",
                mono=True,
                example=placeholder.example,
            )
    yield Spec("ClientID", "application", mono=True)
    yield Spec(SECRET, "application", "secret", mono=True)
    yield Spec(
        "ClientSecretExpires",
        "application",
        "day",
        optional=True,
        hint=_("The day that the provider shows. Bursar warns ahead of it."),
    )
    yield Spec("Scope", "access", "lines", hint=_("One on a line."), optional=True, mono=True)
    asked = addresses(template) if template else {}
    for path in ENDPOINTS[flow]:
        hint: Text = _("Where tokens are refreshed. Empty: the token URL.") if path == REFRESH_URL else ""
        example = next((p.example for p in template.placeholders if p.name == asked.get(path)), "") if template else ""
        yield Spec(path, "access", "address", hint=hint, optional=path == REFRESH_URL, mono=True, example=example)
    yield Spec("Notifications.NotifyOnExpiredToken", "notices", "flag", optional=True)
    if consented:
        yield Spec("Notifications.NotifyOnExpiredRefreshToken", "notices", "flag", optional=True)
    yield from _options(consented)


def _options(consented: bool) -> Iterator[Spec]:
    """Bursar's own keys, each with what counts where it is left empty."""
    if consented:
        choices: tuple[tuple[str, Text], ...] = (("S256", _("S256")), ("none", _("none: the provider refuses it")))
        yield Spec("PKCE", "more", "choice", _("Proves that who finishes a consent is who began it."), choices=choices)
    yield Spec(
        "ClientAuthentication",
        "more",
        "choice",
        _("How Bursar shows the secret to the provider."),
        optional=True,
        choices=tuple(AUTHENTICATIONS.items()),
    )
    if consented:
        yield Spec(
            "Issuer", "more", "address", _("Compared with what the provider says of itself. Empty: the first counts."),
            optional=True, mono=True,
        )  # fmt: skip
    yield Spec("RevocationURL", "more", "address", _("Empty: tokens are revoked here alone."), optional=True, mono=True)
    if consented:
        yield Spec(
            "UserinfoURL", "more", "address", _("Where the account behind a token is asked for."), optional=True,
            mono=True,
        )  # fmt: skip
    yield Spec(
        "RefreshMargin",
        "more",
        "seconds",
        _("So long before its end a token is refreshed. Empty: a tenth of its life, at most 300 s."),
        optional=True,
    )
    if consented:
        yield Spec(
            "KeepAlive",
            "more",
            "seconds",
            _("An idle refresh token is used after so long, lest it lapses. Empty: never."),
            optional=True,
        )
    yield Spec(
        "AssumedLifetime",
        "more",
        "seconds",
        _("So long a token is taken to live where the provider doesn't say. Empty: 3600 s."),
        optional=True,
    )


def addresses(template: Template) -> dict[str, str]:
    """The endpoints that are nothing but a placeholder, path to its name: asked for as addresses, and only once."""
    found = {}
    names = {"{" + p.name + "}": p.name for p in template.placeholders}
    for kind, parts in template.config["Requests"].items():
        url = parts["Request"]["URL"]
        if url in names:
            found[f"Requests.{kind}.Request.URL"] = names[url]
    return found

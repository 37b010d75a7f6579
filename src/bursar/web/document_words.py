"""The keys of a configuration document as people read them on pages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise] = {
    "Name": _("name"),
    "Validity": _("validity"),
    "ClientID": _("client ID"),
    "ClientSecret": _("client secret"),
    "ClientSecretExpires": _("end of the client secret"),
    "Scope": _("scope"),
    "Requests": _("addresses and parameters"),
    "Notifications": _("notifications"),
    "TemplateName": _("template"),
    "Issuer": _("issuer"),
    "RevocationURL": _("revocation URL"),
    "UserinfoURL": _("userinfo URL"),
    "PKCE": _("PKCE"),
    "ClientAuthentication": _("client authentication"),
    "RefreshMargin": _("refresh margin"),
    "KeepAlive": _("keep-alive"),
    "AssumedLifetime": _("assumed lifetime"),
}


def key_words(key: str) -> str:
    """The key's words; a key of the document's own is its own word."""
    return str(WORDS.get(key, key))

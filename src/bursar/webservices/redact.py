"""What of a call may be kept: no token, no password, no header that carries one (SEC-36)."""

import re
from collections.abc import Iterable, Mapping

HIDDEN = "[redacted]"
_SENSITIVE = (
    r"[\w.-]*(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|client_assertion|authorization|cookie)[\w.-]*"
)
_HEADER = re.compile(rf"{_SENSITIVE}|[\w-]*(?:-key|auth|signature|session)[\w-]*", re.I)
_JSON = re.compile(rf'("{_SENSITIVE}"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.I)
_FORM = re.compile(rf"((?:^|[?&]){_SENSITIVE}=)[^&#\s]+", re.I)
_XML = re.compile(rf"(<({_SENSITIVE})(?:\s[^<>]*)?>)[^<]*", re.I)
_NOT_SECRET = {"www-authenticate", "idempotency-key"}


def redacted_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """The headers, those that carry proofs without their values, and none with one of the secrets."""
    known = list(secrets)
    return {
        name: HIDDEN if _HEADER.fullmatch(name) and name.lower() not in _NOT_SECRET else redacted(value, known)
        for name, value in headers.items()
    }


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, and without the values of fields whose names say that they are secret."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    text = _JSON.sub(rf'\1"{HIDDEN}"', text)
    text = _XML.sub(rf"\1{HIDDEN}", text)
    return _FORM.sub(rf"\1{HIDDEN}", text)

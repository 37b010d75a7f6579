"""Endpoint URLs, parsed once (SEC-48): https, no user, no fragment; http for loopback literals only."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import InvalidInput

LONGEST = 2048
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
# Nothing before or after the brackets of an address, and no zone inside of them (RFC 3986 §3.2.2, RFC 6874).
_NETLOC = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]%]+)(:[0-9]+)?")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"{}|^`]")


@dataclass(frozen=True, slots=True)
class EndpointUrl:
    """An address that may be sent a secret, as far as its text can tell. `str()` is the text as it was written."""

    text: str
    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str, field: str) -> "EndpointUrl":
        """Raises InvalidInput: `<field>: <rule>`. RFC 6749 §3.1 and §3.2 forbid the fragment."""

        def no(rule: str) -> InvalidInput:
            return InvalidInput(f"{field}: {rule}", code="url_invalid")

        if not text or len(text) > LONGEST:
            raise no(f"must be a URL of at most {LONGEST} characters")
        if _FORBIDDEN.search(text) or not text.isascii():
            raise no("must be a URL in ASCII without blanks, backslashes, quotes or control characters")
        try:
            parts = urlsplit(text)
            port = parts.port
            host = parts.hostname or ""
        except ValueError:
            raise no("is not a URL") from None
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise no("must be https")
        if "@" in parts.netloc:
            raise no("must not carry a user name")
        if "#" in text:
            raise no("must not carry a fragment (#)")
        if port == 0 or parts.netloc.endswith(":"):
            raise no("must carry a port from 1 to 65535, or none")
        if not _NETLOC.fullmatch(parts.netloc) or not _is_host(host, bracketed="[" in parts.netloc):
            raise no(f'"{host}" is neither a host name nor an address')
        if parts.scheme == "http" and not _is_loopback(host):
            raise no("must be https")
        return cls(text, parts.scheme, host, port or (443 if parts.scheme == "https" else 80))

    def __str__(self) -> str:
        return self.text


def _is_host(host: str, *, bracketed: bool) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # The last label starts with a letter, so 0x7f.1, 2130706433 and other spellings of addresses are no names.
        return not bracketed and _HOST.fullmatch(host.lower()) is not None
    return bracketed == (address.version == 6)


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Folder names on the wire: modified UTF-7 (RFC 3501 §5.1.3), quoted."""

import base64
import re

_ENCODED = re.compile(r"&([^-]*)-")
_OTHERS = re.compile("[^\x20-\x7e]+")


def quoted(name: str) -> str:
    """The folder as an argument of a command."""
    escaped = encode(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def encode(name: str) -> str:
    """`Entwürfe` is `Entw&APw-rfe`."""
    return _OTHERS.sub(lambda found: "&" + _base64(found[0]) + "-", name.replace("&", "&-"))


def decode(name: str) -> str:
    """What `encode` made; text that is no modified UTF-7 is left as it is."""

    def opened(found: re.Match[str]) -> str:
        body = found[1].replace(",", "/")
        if not body:
            return "&"
        try:
            return base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode("utf-16-be")
        except ValueError:
            return found[0]

    return _ENCODED.sub(opened, name)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")

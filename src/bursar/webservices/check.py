"""What a value in a document must be: addresses, paths, expressions, templates, cron expressions (SEC-48)."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from ..errors import InvalidInput, NotFound
from .fields import Fields

PLACEHOLDER = re.compile(r":([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)")
LONGEST_EXPRESSION = 2000
_HOST = re.compile(r"(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.|$))+")


def base_url(found: Fields, text: str) -> str:
    """An address without user, query or fragment. http is for this machine alone, which the way out sees to."""
    if not _is_url(text, ("https", "http")) or urlsplit(text).query or "#" in text or "?" in text:
        found.wrong("BaseURL", "must be an address such as https://tickets.example.org/api, without ? and #")
    return text.rstrip("/")


def proxy(found: Fields, text: str) -> str:
    """A proxy's address; `none` for the direct way; empty for what the system configuration says."""
    if text in ("", "none"):
        return text
    if not _is_url(text, ("http",)) or urlsplit(text).path not in ("", "/"):
        found.wrong("Proxy", "must be http://HOST:PORT, or none")
    return text


def hosts(found: Fields, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of hosts, without ports."""
    for name in names:
        if not _HOST.fullmatch(name):
            found.wrong("AllowedHosts", f'holds "{name[:100]}", which is no name of a host')
    return tuple(name.lower() for name in names)


def path(found: Fields, text: str) -> str:
    """A path below the base URL, with `:placeholders`; data can fill them, and never lead out of it."""
    bare = PLACEHOLDER.sub("x", text)
    if not text.startswith("/") or "//" in text or not text.isascii() or any(sign in text for sign in "?#\\ @"):
        found.wrong("Path", "must begin with one / and hold no ?, #, @, blank or backslash")
    if any(part in (".", "..") or "%2e" in part.lower() or "%2f" in part.lower() for part in bare.split("/")):
        found.wrong("Path", "must not hold . or .. as a part")
    return text


def expression(found: Fields, key: str) -> str:
    """A JMESPath expression, or nothing."""
    text = found.text(key, lines=True)
    if text:
        _check_expression(found, key, text)
    return text


def expressions(found: Fields | None) -> dict[str, str]:
    """Names and JMESPath expressions."""
    if found is None:
        return {}
    names = list(found._left)
    return {name: expression(found, name) or found.wrong(name, "is empty") for name in names}


def template(found: Fields, content_type: str) -> str:
    """A template of a body, or nothing."""
    from .template import Template

    text = found.text("Template", lines=True)
    if text:
        try:
            Template(text, content_type)
        except InvalidInput as problem:
            found.wrong("Template", f"is wrong: {problem.sentence.rstrip(chr(46))}")
    return text


def cron(found: Fields, text: str) -> str:
    """A cron expression of five fields, or nothing."""
    from .schedule import is_cron

    if text and not is_cron(text):
        found.wrong("Schedule", "must be a cron expression of five fields, as in */15 6-20 * * 1-5")
    return text


def certificate(found: Fields, pem: str) -> None:
    """Raises InvalidInput where this isn't a certificate in PEM."""
    from cryptography import x509

    if not pem:
        return
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        found.wrong("ClientCertificate", "must be one or more certificates in PEM")


def no_invoker(service: str, name: str, there: Sequence[str]) -> NotFound:
    """The refusal of a name that no invoker has."""
    names = ", ".join(there[:10]) or "none yet"
    return NotFound(
        f'The web service "{service}" has no invoker "{name}".',
        code="invoker_not_found",
        action=f"Its invokers: {names}.",
    )


def _check_expression(found: Fields, key: str, text: str) -> None:
    import jmespath
    from jmespath.exceptions import JMESPathError

    if len(text) > LONGEST_EXPRESSION:
        found.wrong(key, f"must have at most {LONGEST_EXPRESSION} characters")
    try:
        jmespath.compile(text)
    except (JMESPathError, RecursionError) as problem:
        said = str(problem).splitlines()[0][:200].rstrip(":. ")
        found.wrong(key, f"is no JMESPath expression ({said})")


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return good and text.isascii() and not any(sign <= " " or sign in "@\\\x7f" for sign in text)

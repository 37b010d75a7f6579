"""A destination as an administrator writes it (`maildir:PATH` ...), parsed once into a typed value."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from ...errors import InvalidInput

KINDS = ("maildir", "mbox", "lmtp", "smtp", "pipe", "webhook", "invoker")
_USUAL = {"lmtp": 24, "smtp": 25}
FORMS = "maildir:PATH, mbox:PATH, lmtp:HOST:PORT, smtp:HOST:PORT, pipe:COMMAND, webhook:URL or invoker:SERVICE/INVOKER"


@dataclass(frozen=True, slots=True)
class MaildirSpec:
    """A maildir at an absolute path."""

    path: Path


@dataclass(frozen=True, slots=True)
class MboxSpec:
    """An mbox file at an absolute path."""

    path: Path


@dataclass(frozen=True, slots=True)
class LmtpSpec:
    """An LMTP server (RFC 2033); `ca` is a PEM file that stands for the machine's authorities."""

    host: str
    port: int
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class SmtpSpec:
    """An SMTP server (RFC 5321); `ca` is a PEM file that stands for the machine's authorities."""

    host: str
    port: int
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class PipeSpec:
    """A program that gets the message on its standard input; run without a shell."""

    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WebhookSpec:
    """An address that gets the message by POST."""

    url: str


@dataclass(frozen=True, slots=True)
class InvokerSpec:
    """An invoker of a web service, which gets the message as JSON."""

    service: str
    invoker: str


Spec = MaildirSpec | MboxSpec | LmtpSpec | SmtpSpec | PipeSpec | WebhookSpec | InvokerSpec


def parse(text: str) -> Spec:
    """The typed value of `text`. Raises InvalidInput that says which form is wanted."""
    kind, colon, rest = text.partition(":")
    if not colon or kind not in KINDS or any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise InvalidInput(f'Bursar can\'t deliver to "{text}".', code="destination_unknown", action=f"Use {FORMS}.")
    match kind:
        case "maildir":
            return MaildirSpec(_absolute(rest, kind))
        case "mbox":
            return MboxSpec(_absolute(rest, kind))
        case "lmtp":
            return LmtpSpec(*_server(rest, kind))
        case "smtp":
            return SmtpSpec(*_server(rest, kind))
        case "pipe":
            return PipeSpec(_command(rest))
        case "webhook":
            return WebhookSpec(_url(rest))
        case _:
            return _invoker(rest)


def kind_of(spec: Spec) -> str:
    """The word in front of the colon."""
    return KINDS[[MaildirSpec, MboxSpec, LmtpSpec, SmtpSpec, PipeSpec, WebhookSpec, InvokerSpec].index(type(spec))]


def _absolute(path: str, kind: str) -> Path:
    if not Path(path).is_absolute():
        raise InvalidInput(
            f'The {kind} "{path}" is not an absolute path.',
            code="destination_relative",
            action=f"Write it from the root on, such as {kind}:/var/mail/support.",
        )
    return Path(path)


def _server(text: str, kind: str) -> tuple[str, int, str | None]:
    place, _, query = text.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    ca = options.pop("ca", None)
    if options or (query and ca is None) or (ca is not None and not Path(ca).is_absolute()):
        raise InvalidInput(
            f'{kind}: "{query}" is not known.',
            code="destination_server",
            action=f"Only a CA file may follow, as in {kind}:mail.example.org:{_USUAL[kind]}?ca=/etc/ssl/own.pem.",
        )
    host, _, port = place.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    good = port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536
    if not bare or not good or any(sign.isspace() or sign in "/@\\" for sign in bare):
        raise InvalidInput(
            f'"{place}" is no {kind.upper()} server.',
            code="destination_server",
            action=f"Write host and port, such as {kind}:mail.example.org:{_USUAL[kind]}.",
        )
    return host, int(port), ca


def _command(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as problem:
        raise InvalidInput(f"pipe: the command can't be read: {problem}.", code="destination_command") from None
    if not words or not Path(words[0]).is_absolute():
        raise InvalidInput(
            f'pipe: "{words[0] if words else ""}" is not an absolute path of a program.',
            code="destination_command",
            action="Write it from the root on, such as pipe:/usr/local/bin/file-mail --queue A. No shell runs it.",
        )
    return words


def _url(text: str) -> str:
    try:
        url = urlsplit(text)
        good = url.scheme in ("https", "http") and bool(url.hostname) and url.port != 0
    except ValueError:
        good = False
    if not good or "@" in url.netloc or not text.isascii() or " " in text:
        raise InvalidInput(
            f'webhook: "{text}" is no address.',
            code="destination_url",
            action="Write it as in webhook:https://tickets.example.org/mail, without user name and password.",
        )
    return text


def _invoker(text: str) -> InvokerSpec:
    service, _, invoker = text.rpartition("/")
    if not service or not invoker:
        raise InvalidInput(
            f'invoker: "{text}" names no invoker.',
            code="destination_invoker",
            action="Write the web service and its invoker, as in invoker:Tickets/create.",
        )
    return InvokerSpec(service, invoker)

"""From a parsed destination to what delivers there."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...context import Context
from ...errors import InvalidInput
from ..connect import is_this_machine
from .destination import Destination
from .maildir import Maildir
from .mbox import Mbox
from .one_by_one import Courier, OneByOne
from .pipe import Pipe
from .smtp import MailServer
from .spec import InvokerSpec, LmtpSpec, MaildirSpec, MboxSpec, PipeSpec, SmtpSpec, Spec, WebhookSpec, parse
from .webhook import SigningSecret, Webhook


def _invoker(ctx: Context, spec: InvokerSpec) -> Courier:
    """Web services are loaded where an account has one."""
    from .invoker import Invoker

    return Invoker(ctx, spec)


_OPENERS: dict[type, Callable[[Context, Any, SigningSecret], Destination]] = {
    MaildirSpec: lambda _, spec, __: Maildir(spec.path),
    MboxSpec: lambda ctx, spec, _: Mbox(ctx, spec.path),
    LmtpSpec: lambda ctx, spec, _: OneByOne(MailServer(ctx, spec)),
    SmtpSpec: lambda ctx, spec, _: OneByOne(MailServer(ctx, spec)),
    PipeSpec: lambda ctx, spec, _: OneByOne(Pipe(ctx, spec)),
    WebhookSpec: lambda ctx, spec, secret: OneByOne(Webhook(ctx, spec, secret)),
    InvokerSpec: lambda ctx, spec, _: OneByOne(_invoker(ctx, spec)),
}


def check(text: str) -> Spec:
    """Parse, and look at what can be seen from here. Raises InvalidInput, and NotFound for an invoker."""
    spec = parse(text)
    try:
        _look(spec)
    except OSError as problem:  # a path longer than any that there can be
        sentence = f"The destination can't be looked at: {problem.strerror}."
        raise InvalidInput(sentence, code="destination_invalid") from problem
    return spec


def _look(spec: Spec) -> None:
    match spec:
        case MaildirSpec(path) if path.exists() and not path.is_dir():
            raise InvalidInput(f"{path} is a file, and a maildir is a directory.", code="destination_invalid")
        case MboxSpec(path) if path.exists() and not path.is_file():
            raise InvalidInput(f"{path} is a directory, and an mbox is a file.", code="destination_invalid")
        case PipeSpec(command) if not os.access(command[0], os.X_OK) or Path(command[0]).is_dir():
            raise InvalidInput(f"{command[0]} is no program that can be run here.", code="destination_invalid")
        case LmtpSpec(ca=ca) | SmtpSpec(ca=ca) if ca is not None and not Path(ca).is_file():
            raise InvalidInput(f"There is no file {ca}.", code="ca_missing")
        case WebhookSpec(url) if url.startswith("http:") and not is_this_machine(urlsplit(url).hostname or ""):
            raise InvalidInput(
                "webhook: http:// reaches this machine's own addresses alone: nobody may read the messages on the way.",
                code="destination_url",
                action="Use https://, or http://127.0.0.1:PORT/… where Outbound::AllowedNetworks admits 127.0.0.1.",
            )
        case InvokerSpec(service, invoker):
            from ...webservices.services import find, service_of

            service_of(find(service)).invoker(invoker)


def open_destination(ctx: Context, text: str, secret: SigningSecret) -> Destination:
    """What delivers to `text`. Connects and touches nothing yet; `secret` gives what a webhook signs with.

    Raises InvalidInput.
    """
    spec = parse(text)
    return _OPENERS[type(spec)](ctx, spec, secret)

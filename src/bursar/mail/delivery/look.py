"""A look at a destination before there is mail for it: whether it could take some. Nothing is delivered or made."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from ...context import Context
from ...errors import BursarError, InvalidInput, PersonMustAct, Temporary
from .maildir import Maildir
from .mbox import Mbox
from .registry import check
from .smtp import MailServer
from .spec import InvokerSpec, LmtpSpec, MaildirSpec, MboxSpec, PipeSpec, SmtpSpec, Spec, WebhookSpec

SECONDS = 20.0


def look(ctx: Context, text: str, unsigned: BursarError | None) -> str:
    """What was seen of the destination `text`. `unsigned`: why a webhook couldn't be signed, where it couldn't.

    Raises PersonMustAct, Temporary or OutboundRefused that say why it couldn't take a message now.
    """
    try:
        spec = ctx.storage.read(lambda _: check(text))
    except InvalidInput as problem:  # it was right when it was written; meanwhile it has gone
        raise PersonMustAct(problem.sentence, code=problem.code, action=problem.action) from None
    return _seen(ctx, spec, unsigned)


def _seen(ctx: Context, spec: Spec, unsigned: BursarError | None) -> str:
    match spec:
        case MaildirSpec(path):
            places = [path / name for name in ("new", "cur", "tmp")]
            return _writable(path, places, Maildir(path).unusable)
        case MboxSpec(path):
            return _writable(path, [path], Mbox(ctx, path).unusable)
        case LmtpSpec() | SmtpSpec():
            ctx.door.judge(spec.host, spec.port, loopback_only=False, usual_ports=(spec.port,))
            return MailServer(ctx, spec).greet()
        case PipeSpec(command):
            return f"{command[0]} is a program that can be run"
        case InvokerSpec(service, invoker):
            return f"the web service {service} has the invoker {invoker}; it was not called"
        case WebhookSpec(url):
            if unsigned is not None:
                raise unsigned
            # HEAD changes nothing there, and any answer shows that the address is reached.
            answer = ctx.door.http("HEAD", url, timeout=SECONDS)
            return f"the webhook is reached, and answers {answer.status} to HEAD; nothing was posted"


def _writable(path: Path, places: list[Path], unusable: Callable[[OSError], Temporary]) -> str:
    """Whether every place that is there may be written to, and what is missing may be made."""
    try:
        missing = [place for place in places if not place.exists()]
        for place in (*(each for each in places if each not in missing), *map(_nearest, (*missing, path.parent))):
            if not os.access(place, os.W_OK | (os.X_OK if place.is_dir() else os.R_OK)):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
    except OSError as problem:
        raise unusable(problem) from None
    return f"{path} can be written to" if not missing else f"{path} will be made"


def _nearest(path: Path) -> Path:
    """The directory in which what is missing would be made. Raises NotADirectoryError."""
    found = next(each for each in (path, *path.parents) if each.exists())
    if not found.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(found))
    return found

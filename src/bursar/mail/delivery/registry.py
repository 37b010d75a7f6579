"""From a parsed destination to what delivers there."""

from collections.abc import Callable
from typing import Any

from ...context import Context
from ...errors import InvalidInput
from .destination import Destination
from .maildir import Maildir
from .spec import FORMS, MaildirSpec, Spec, parse

Opener = Callable[[Context, Any], Destination]

_OPENERS: dict[type, Opener] = {
    MaildirSpec: lambda _, spec: Maildir(spec.path),
}


def check(text: str) -> Spec:
    """Parse, and look at what can be seen from here. Raises InvalidInput."""
    spec = parse(text)
    if type(spec) not in _OPENERS:
        raise InvalidInput(f'Bursar can\'t deliver to "{text}".', code="destination_unknown", action=f"Use {FORMS}.")
    if isinstance(spec, MaildirSpec) and spec.path.exists() and not spec.path.is_dir():
        raise InvalidInput(f"{spec.path} is a file, and a maildir is a directory.", code="destination_invalid")
    return spec


def open_destination(ctx: Context, text: str) -> Destination:
    """What delivers to `text`. Connects and touches nothing yet. Raises InvalidInput."""
    spec = check(text)
    return _OPENERS[type(spec)](ctx, spec)

"""From an account's type to a logged-in source of messages."""

from ..context import Context
from .imap_source import ImapSource
from .login import Credentials, Note, Target, open_session
from .source import Source


def open_source(ctx: Context, target: Target, credentials: Credentials, note: Note) -> Source:
    """A logged-in session. Raises BursarError with what a person must do, or ConnectionLost."""
    return ImapSource(open_session(ctx, target, credentials, note))

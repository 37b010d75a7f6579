"""From an account's type to a logged-in source of messages. Only the protocol that is spoken is loaded."""

from ..context import Context
from .imap_source import ImapSource
from .login import Credentials, Note, Target, open_session
from .source import Source


def open_source(ctx: Context, target: Target, credentials: Credentials, note: Note) -> Source:
    """A logged-in session. Raises BursarError with what a person must do, or ConnectionLost."""
    match target.type.protocol:
        case "graph":
            from .graph.client import Graph
            from .graph.source import GraphSource

            return GraphSource(Graph(ctx, target, credentials))
        case "pop3":
            from .pop3 import login as pop3_login
            from .pop3.source import Pop3Source

            return Pop3Source(pop3_login.open_session(ctx, target, credentials, note), note)
        case _:
            return ImapSource(open_session(ctx, target, credentials, note))

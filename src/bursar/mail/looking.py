"""The last step of the test of an account: whether what it collects could be delivered."""

from collections.abc import Callable

from ..context import Context
from ..errors import BursarError
from .accounts import recipients_of
from .delivery.look import look
from .models import MailAccount
from .signing import signing_secret


def look_of(ctx: Context, account: MailAccount) -> Callable[[], str]:
    """What looks at the account's destinations, in whatever thread, and says what it saw; it raises as `look` does."""
    default = account.deliver
    others = sorted({*recipients_of(account).values()} - {default})
    unsigned = _unsigned(ctx, account) if any(text.startswith("webhook:") for text in (default, *others)) else None

    def looked() -> str:
        seen = look(ctx, default, unsigned)
        for text in others:
            look(ctx, text, unsigned)
        return f"{seen}; so do {len(others)} more by recipient" if others else seen

    return looked


def _unsigned(ctx: Context, account: MailAccount) -> BursarError | None:
    try:
        signing_secret(ctx, account.id)
    except BursarError as problem:
        return problem
    return None

"""What the mail worker does with one account: a run, the plan for the next one, and whether to wait with IDLE."""

from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from ..context import Context
from .accounts import target_of
from .fetch import fetch_account
from .login import Target
from .models import MailAccount


@dataclass(frozen=True, slots=True)
class Watch:
    """An account whose server tells of new mail: `highest` is the last UID that the run saw."""

    account_id: str
    name: str
    generation: int
    target: Target
    folder: str
    highest: int


def collect(ctx: Context, account_id: str) -> Watch | None:
    """Collect the account. Returns what to watch where its server knows IDLE and all went well."""

    def read(_: CursorWrapper) -> MailAccount | None:
        return MailAccount.objects.select_related("token__configuration").filter(id=account_id).first()

    account = ctx.storage.read(read)
    if account is None:
        return None
    result = fetch_account(ctx, account)
    if result.error is not None or not result.idle:
        return None
    target = target_of(ctx, account)
    return Watch(account.id, account.name, account.generation, target, account.folder, result.highest)

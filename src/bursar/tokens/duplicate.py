"""A second configuration like another one: the document under a new name, without tokens."""

from dataclasses import replace

from ..context import Context
from ..errors import Refused
from ..keyring import SealBroken
from .configure import add, secret_of
from .document import assigned, document_of
from .models import Configuration


def duplicate(ctx: Context, row: Configuration, name: str, by: str, *, with_secret: bool = False) -> Configuration:
    """Add `name` with everything that `row` says; its client secret only `with_secret`, its tokens never.

    Raises InvalidInput for a name that can't be one, Refused for one that is taken, and where the secret is held
    (`secret_held`) or can't be opened (`secret_unreadable`).
    """
    document = assigned(document_of(row), [("Name", name)])
    if not with_secret or row.client_secret is None:
        return add(ctx, assigned(document, [("ClientSecretExpires", "")]), by)
    if row.secret_held:
        raise Refused(
            f'The secret of "{row.name}" is held until somebody confirms where it is sent.',
            code="secret_held",
            action="Confirm its addresses first, or duplicate without the secret.",
        )
    try:
        secret = secret_of(ctx, row)
    except SealBroken:
        raise Refused(
            f'The stored secret of "{row.name}" can\'t be opened with this key.',
            code="secret_unreadable",
            action="Duplicate without it, then enter it again.",
        ) from None
    return add(ctx, replace(document, client_secret=secret), by)

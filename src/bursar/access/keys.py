"""API keys: new, changed, revoked, listed. The only writers of their rows, besides the count of uses (SEC-44)."""

import hashlib
import json
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from ..context import Context
from ..errors import NotFound, Refused, changed_meanwhile
from ..ids import new_id
from ..keyring import Secret
from .key_model import ApiKey
from .key_rules import PREFIX, Network, Rules, Verb, parse_allow, parse_from, parse_key_name
from .models import Invitation

KEY_BYTES = 32
HINT = len(PREFIX) + 4


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as people and programs see it. `state` is live, expired or revoked."""

    id: str
    name: str
    hint: str
    allow: tuple[str, ...]
    verbs: tuple[str, ...]
    networks: tuple[str, ...]
    state: str
    created_at: datetime
    created_by: str
    changed_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    last_used_at: datetime | None
    last_used_from: str


def new_key(ctx: Context, name: str, rules: Rules, expires_at: datetime | None, by: str) -> tuple[KeyView, Secret]:
    """A new key, and the secret that is shown this once. Raises InvalidInput, Refused (`key_exists`)."""
    name = parse_key_name(name)
    secret = PREFIX + ctx.randomness.token(KEY_BYTES)
    now = ctx.clock.now()
    try:
        with transaction.atomic():
            row = ApiKey.objects.create(
                id=new_id(),
                name=name,
                hint=secret[:HINT],
                sha256=hashlib.sha256(secret.encode()).hexdigest(),
                created_at=now,
                created_by=by,
                changed_at=now,
                changed_by=by,
                expires_at=expires_at,
                allow=_allow(rules.allow),
                verbs=_verbs(rules.verbs),
                networks=_networks(rules.networks),
            )
    except IntegrityError:
        raise Refused(
            f'There is a key "{name}" already.', code="key_exists", action="Choose another name, or revoke that one."
        ) from None
    return view_of(row, now), Secret(secret)


def change_key(ctx: Context, name: str, by: str, *, seen: datetime | None = None, **changes: Any) -> KeyView:
    """Change `allow`, `verbs`, `networks` or `expires_at` of the live key called `name`, or all its `rules` (Rules).

    Only what is named is written, so that nobody gives back what somebody else has just taken away. Counts from the
    next request on. `seen` is the `changed_at` that the changes were made against. Raises NotFound, InvalidInput, and
    Temporary (`changed_meanwhile`) where somebody else was faster.
    """
    row = _live(name)
    rules = changes.pop("rules", None)
    if rules is not None:
        changes = {"allow": rules.allow, "verbs": rules.verbs, "networks": rules.networks} | changes
    columns = {column: _COLUMNS[column](value) if column in _COLUMNS else value for column, value in changes.items()}
    now = ctx.clock.now()
    unchanged = ApiKey.objects.filter(pk=row.pk, revoked_at=None)
    if seen is not None:
        unchanged = unchanged.filter(changed_at=seen)  # type: ignore[misc]  # an InstantField
    if not unchanged.update(**columns, changed_at=now, changed_by=by):
        raise changed_meanwhile(name)
    row.refresh_from_db()
    return view_of(row, now)


def revoke_key(ctx: Context, name: str, by: str, *, seen: datetime | None = None) -> KeyView:
    """End the live key called `name`. It is refused from the next request on, in every process. `seen` as above.

    The invitations that were made with it end too: who may not invite any more has no open ones.
    """
    row = _live(name)
    now = ctx.clock.now()
    with transaction.atomic():
        live = ApiKey.objects.filter(pk=row.pk, revoked_at=None)
        if seen is not None:
            live = live.filter(changed_at=seen)  # type: ignore[misc]  # an InstantField
        if not live.update(revoked_at=now, revoked_by=by) and seen is not None:
            raise changed_meanwhile(name)
        Invitation.objects.filter(created_by=f"key:{row.name}").delete()
    row.refresh_from_db()
    return view_of(row, now)


def list_keys(ctx: Context, *, revoked: bool = False) -> list[KeyView]:
    """The live and the expired keys by name; the revoked ones too where they are asked for."""
    rows = ApiKey.objects.all() if revoked else ApiKey.objects.filter(revoked_at=None)
    now = ctx.clock.now()
    return [view_of(row, now) for row in rows.order_by("name", "created_at")]


def find_key(ctx: Context, key_id: str) -> KeyView:
    """The key with this id, revoked or not. Raises NotFound."""
    row = ApiKey.objects.filter(pk=key_id).first()
    if row is None:
        raise _unknown(key_id)
    return view_of(row, ctx.clock.now())


def rules_of(view: KeyView) -> Rules:
    """The rights of a key, as its view shows them."""
    return Rules(view.allow, frozenset(map(Verb, view.verbs)), parse_from(view.networks))


def view_of(row: ApiKey, now: datetime) -> KeyView:
    """The row as a view at `now`."""
    over = row.expires_at is not None and row.expires_at <= now
    return KeyView(
        id=row.id,
        name=row.name,
        hint=row.hint,
        allow=tuple(json.loads(row.allow)),
        verbs=tuple(row.verbs.split(",")),
        networks=tuple(filter(None, row.networks.split(","))),
        state="revoked" if row.revoked_at else "expired" if over else "live",
        created_at=row.created_at,
        created_by=row.created_by,
        changed_at=row.changed_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        last_used_at=row.last_used_at,
        last_used_from=row.last_used_from,
    )


def _allow(patterns: tuple[str, ...]) -> str:
    return json.dumps(parse_allow(patterns), ensure_ascii=False)


def _verbs(verbs: Set[Verb]) -> str:
    return ",".join(verb.value for verb in Verb if verb in verbs)


def _networks(networks: tuple[Network, ...]) -> str:
    return ",".join(map(str, networks))


_COLUMNS: dict[str, Callable[[Any], str]] = {"allow": _allow, "verbs": _verbs, "networks": _networks}


def _live(name: str) -> ApiKey:
    row = ApiKey.objects.filter(name=name, revoked_at=None).first()
    if row is None:
        raise _unknown(name)
    return row


def _unknown(name: str) -> NotFound:
    return NotFound(f'There is no key "{name}".', code="key_not_found", action="`bursar key list` shows the names.")

"""Add, change, hold, confirm and delete a token configuration: with `transfer` the only writer of its row.

Every change is one transaction and a compare-and-swap on the generation. A change of where secrets are sent holds
what is stored until a person confirms it; a secret supplied in the same change isn't held (SEC-62).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Q

from ..context import Context
from ..errors import InvalidInput, NotFound, Refused, Temporary
from ..ids import new_id
from ..keyring import Place, SealBroken, Secret
from .changed import configuration_changed, configurations_changed
from .described import described
from .document import TokenConfigurationDocument, assigned, document_of
from .document.assignments import Assignment
from .history import CHANGED, CONFIRMED, note, note_each
from .labels import refuse_ambiguous_name
from .models import Configuration, Token
from .revocations import queue_stored, send_due_revocations
from .rows import read_row
from .users import users_of

TABLE = "tokens_configuration"
_AT_ONCE = 500  # configurations; well below every database's bound on parameters


@dataclass(frozen=True, slots=True)
class Change:
    """What a change came to: the row as it is now, whether it differs, and what it holds ("token", "secret")."""

    configuration: Configuration
    changed: bool
    held: tuple[str, ...]


def find(name: str) -> Configuration:
    """The configuration of that name. Raises NotFound (`configuration_not_found`)."""
    found = Configuration.objects.filter(name=name).first()
    if found is None:
        raise NotFound(
            f'There is no token configuration "{name}".',
            code="configuration_not_found",
            action="`bursar config list` shows the names.",
        )
    return found


def add(ctx: Context, document: TokenConfigurationDocument, by: str) -> Configuration:
    """Add a configuration with its token row, label empty.

    Raises Refused where the name is taken (`name_taken`) or would hide a label (`reference_ambiguous`).
    """
    with writing():
        if Configuration.objects.filter(name=document.name).exists():
            raise name_taken(document.name)
        refuse_ambiguous_name(document.name)
        row = new_row(ctx, document, by)
        row.save(force_insert=True)
        Token.objects.create(id=new_id(), configuration=row)
        configuration_changed(ctx, row)
        return row


def change(ctx: Context, name: str, assignments: Sequence[Assignment], secret: Secret | None, by: str) -> Change:
    """Carry out `PATH=VALUE` assignments, and replace the secret where one is given: all of it or nothing.

    Raises NotFound, InvalidInput that names the path and the rule, Refused for a name that can't be had.
    """
    with writing():
        row = find(name)
        return rewrite(ctx, row, assigned(document_of(row), assignments), secret, by)


def confirm(ctx: Context, name: str, by: str, *, seen: int | None = None) -> Change:
    """A person confirms that secret and tokens may go where the configuration now sends them.

    `seen` is the generation whose destinations that person was shown. Raises Temporary (`changed_meanwhile`) where
    it isn't the present one any more.
    """
    with writing():
        row = find(name)
        if seen is not None and row.generation != seen:
            raise changed_meanwhile()
        released = held(row)
        if released:
            _swap(row, secret_held=False, changed_at=ctx.clock.now(), changed_by=by)
            Token.objects.filter(configuration=row, held=True).update(held=False)
            configuration_changed(ctx, row)
            _note(ctx, row, CONFIRMED, by)
        return Change(find(name), bool(released), ())


def delete(ctx: Context, name: str, look: Callable[[Configuration], None] | None = None) -> None:
    """Delete a configuration with its tokens, and tell the provider that they are not wanted any more (SEC-35).

    `look` sees it once nobody else can change it or add a label, and may raise what keeps it. Raises Refused
    (`in_use`) with the names of those that use it.
    """
    with writing():
        row = unused(name)
        Configuration.objects.select_for_update().filter(pk=row.pk).first()
        row.refresh_from_db()
        if look is not None:
            look(row)
        queued = 0
        with connection.cursor() as cursor:
            for token_id in Token.objects.filter(configuration=row).values_list("id", flat=True):
                token = read_row(cursor, token_id)
                if token is not None:
                    queued += queue_stored(cursor, ctx, token, ctx.clock.now())
        row.delete()
    if queued:
        send_due_revocations(ctx, first_tries=True)


def unused(name: str) -> Configuration:
    """The configuration of that name, which may be deleted. Raises NotFound, and Refused (`in_use`)."""
    row = find(name)
    users = users_of([row.id])[row.id]
    if users:
        raise Refused(
            f'"{name}" is used by {", ".join(users)}.',
            code="in_use",
            action="Delete that first, or give it another token configuration.",
        )
    return row


def held(row: Configuration) -> list[str]:
    """What of a configuration is held: "token" where any of its tokens is, "secret"."""
    tokens = ["token"] if Token.objects.filter(configuration=row, held=True).exists() else []
    return tokens + (["secret"] if row.secret_held else [])


def secret_of(ctx: Context, row: Configuration) -> Secret | None:
    """The stored client secret. Raises SealBroken where it was not sealed for this row by this key."""
    if row.client_secret is None:
        return None
    return ctx.keyring.open(Place(TABLE, row.id, "client_secret"), bytes(row.client_secret))


def _differs(ctx: Context, row: Configuration, secret: Secret) -> bool:
    """Whether the stored secret is another one; one that doesn't open any more is replaced by any."""
    try:
        return secret_of(ctx, row) != secret
    except SealBroken:
        return True


def rewrite(
    ctx: Context, row: Configuration, document: TokenConfigurationDocument, secret: Secret | None, by: str
) -> Change:
    """Make `row` say what `document` says; `secret` None or empty keeps the stored one. Call it inside `writing`.

    An unchanged row is not written and keeps its generation, so that no consent under way dies for nothing.
    """
    [change] = rewrite_all(ctx, [(row, document, secret)], by)
    return change


def rewrite_all(
    ctx: Context, wanted: Sequence[tuple[Configuration, TokenConfigurationDocument, Secret | None]], by: str
) -> list[Change]:
    """`rewrite` for many rows, each with its document and secret: what follows from them is done by the hundred."""
    found: list[Change] = []
    for start in range(0, len(wanted), _AT_ONCE):
        found += _rewrite(ctx, [_rewriting(ctx, *each) for each in wanted[start : start + _AT_ONCE]], by)
    return found


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """What becomes of a row: the columns that change, the document's keys that do, and whether secrets go elsewhere."""

    row: Configuration
    name: str
    updates: dict[str, Any]
    keys: list[str]
    moved: bool


def _rewriting(
    ctx: Context, row: Configuration, document: TokenConfigurationDocument, secret: Secret | None
) -> _Rewriting:
    before = document_of(row)
    updates = _columns(document)
    updates = {key: value for key, value in updates.items() if getattr(row, key) != value}
    if secret and (row.secret_held or _differs(ctx, row, secret)):
        updates |= {"client_secret": _sealed(ctx, row, secret), "secret_held": False}
    moved = sends_elsewhere(before, document)
    if moved:
        updates["pinned_issuer"] = None
        if row.client_secret is not None and not secret:
            updates["secret_held"] = True
    return _Rewriting(row, document.name, updates, _changed_keys(before, document, updates), moved)


def _rewrite(ctx: Context, wanted: Sequence[_Rewriting], by: str) -> list[Change]:
    now, changing = ctx.clock.now(), [each for each in wanted if each.updates]
    for each in changing:
        if "name" in each.updates:
            _check_rename(each.row, each.name)
        _swap(each.row, generation=each.row.generation + 1, changed_at=now, changed_by=by, **each.updates)
    moved = [each.row.id for each in changing if each.moved]
    if moved:
        # A call that is under way went to the old destination; what it brings may not go to the new one either.
        material = Q(access_token__isnull=False) | Q(refresh_token__isnull=False)
        Token.objects.filter(material | Q(lease_until__gt=now), configuration_id__in=moved).update(held=True)
    configurations_changed(ctx, [each.row for each in changing])
    tokens_held = _with_held_token(moved)
    found = []
    for each in wanted:
        holds = (("token",) if each.row.id in tokens_held else ()) + (("secret",) if each.row.secret_held else ())
        found.append(Change(each.row, bool(each.updates), holds if each.updates and each.moved else ()))
    told = [
        (change.configuration.id, {"what": each.keys, "held": list(change.held)})
        for each, change in zip(wanted, found, strict=True)
        if change.changed
    ]
    with connection.cursor() as cursor:
        note_each(cursor, told, CHANGED, by, now)
    return found


def _with_held_token(ids: Sequence[str]) -> set[str]:
    return set(Token.objects.filter(configuration_id__in=ids, held=True).values_list("configuration_id", flat=True))


def sends_elsewhere(before: TokenConfigurationDocument, after: TokenConfigurationDocument) -> bool:
    """Whether secrets would go where they did not go before, or as another client (SEC-62).

    A client id where there was none is no such change: nothing can have been obtained without one.
    """
    known = before.destinations()
    wanted = after.destinations()
    if "ClientID" not in known:
        wanted.pop("ClientID", None)
    return any(known.get(path) != where for path, where in wanted.items())


def new_row(ctx: Context, document: TokenConfigurationDocument, by: str) -> Configuration:
    """A row for a new configuration, its secret sealed; not saved yet."""
    now = ctx.clock.now()
    row = Configuration(id=new_id(), created_at=now, created_by=by, changed_at=now, changed_by=by, **_columns(document))
    if document.client_secret:
        row.client_secret = _sealed(ctx, row, document.client_secret)
    return row


@contextmanager
def writing() -> Iterator[None]:
    """One transaction. Raises Temporary where the database can't be written, or another write came first."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise changed_meanwhile() from None
    except DatabaseError as problem:
        raise Temporary(
            "The database can't be used just now, so nothing was changed.",
            code="storage_unavailable",
            action="Look at the database server and the free disk space.",
        ) from problem


def name_taken(name: str) -> Refused:
    """The refusal of a name that another configuration has."""
    return Refused(
        f'There is a token configuration "{name}" already.', code="name_taken", action="Choose another name."
    )


def changed_meanwhile() -> Temporary:
    """The compare-and-swap found another generation than the one that was read."""
    return Temporary(
        "The configuration was changed by somebody else at the same moment, so nothing was changed.",
        code="changed_meanwhile",
        action="Look at it again, then repeat the change.",
    )


def _columns(document: TokenConfigurationDocument) -> dict[str, Any]:
    return {
        "name": document.name,
        "document": document.source,
        "validity": document.validity.value,
        "flow": document.flow.value,
        "client_id": document.client_id or "",
        "template": document.template_name,
        **described(document),
    }


def _sealed(ctx: Context, row: Configuration, secret: Secret) -> bytes:
    return ctx.keyring.seal(Place(TABLE, row.id, "client_secret"), secret)


def _swap(row: Configuration, **updates: Any) -> None:
    """Write, if nobody wrote since `row` was read; `row` is what is stored then."""
    fields = {field.attname: field for field in Configuration._meta.concrete_fields}
    values = [fields[name].get_db_prep_save(value, connection) for name, value in updates.items()]
    with connection.cursor() as cursor:
        cursor.execute(_swapping(tuple(updates)), [*values, row.pk, row.generation])
        if not cursor.rowcount:
            raise changed_meanwhile()
    for column, value in updates.items():
        setattr(row, column, value)


@lru_cache(maxsize=256)
def _swapping(columns: tuple[str, ...]) -> str:
    return f"UPDATE {TABLE} SET {', '.join(f'{name} = %s' for name in columns)} WHERE id = %s AND generation = %s"  # noqa: S608


def _note(ctx: Context, row: Configuration, kind: str, by: str, **detail: Any) -> None:
    with connection.cursor() as cursor:
        note(cursor, row.id, None, kind, by, ctx.clock.now(), **detail)


def _changed_keys(
    before: TokenConfigurationDocument, after: TokenConfigurationDocument, updates: dict[str, Any]
) -> list[str]:
    """The document's keys that differ, by name; never their values."""
    old, new = before.tree(), after.tree()
    keys = [key for key in old | new if key != "ClientSecret" and old.get(key) != new.get(key)]
    columns = (("name", "Name"), ("validity", "Validity"), ("client_secret", "ClientSecret"))
    return [word for column, word in columns if column in updates] + keys


def _check_rename(row: Configuration, name: str) -> None:
    """A new name must be free, and must neither hide another's label nor be hidden with one of its own."""
    if Configuration.objects.filter(name=name).exists():
        raise name_taken(name)
    refuse_ambiguous_name(name)
    for label in Token.objects.filter(configuration=row).exclude(label="").values_list("label", flat=True):
        if Configuration.objects.filter(name=f"{name}#{label}").exists():
            raise Refused(
                f'"{name}#{label}" names a token configuration already.',
                code="reference_ambiguous",
                action="Choose another name.",
            )


LONGEST_SECRET = 4096  # the longest known, Microsoft's and Atlassian's, have well below 200


def check_secret(text: str) -> Secret:
    """A client secret as it was given. Raises InvalidInput where it is empty or holds what no provider accepts."""
    if not text:
        raise InvalidInput("The client secret is empty.", code="secret_empty")
    if len(text) > LONGEST_SECRET:
        raise InvalidInput(
            f"The client secret is longer than {LONGEST_SECRET} characters.",
            code="secret_too_long",
            action="Copy the secret alone.",
        )
    if any(c < " " or c == "\x7f" or "\ud800" <= c <= "\udfff" for c in text):
        raise InvalidInput("The client secret holds control characters, or more than one line.", code="secret_invalid")
    return Secret(text)

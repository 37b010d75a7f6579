"""One token with its configuration, read by raw SQL into a typed row, and found by NAME or NAME#LABEL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_type_hints

from django.db.backends.utils import CursorWrapper

from ..clock import from_micros, to_micros
from ..keyring import Keyring, Place, Secret
from ..reference import token_reference
from .models import Configuration

TABLE = "tokens_token"


@dataclass(frozen=True, slots=True)
class TokenRow:
    """`c_…` fields come from the configuration; instants are aware datetimes; sealed values stay sealed."""

    id: str
    label: str
    generation: int
    state: str
    access_token: bytes | None
    access_sha256: str | None
    token_type: str
    refresh_token: bytes | None
    scope: str | None
    issued_at: datetime | None
    expires_at: datetime | None
    expiry_assumed: bool
    refresh_expires_at: datetime | None
    refreshed_at: datetime | None
    rejected_sha256: str | None
    held: bool
    issuer: str | None
    subject: str | None
    account: str | None
    error_code: str | None
    error_sentence: str | None
    error_action: str | None
    error_answer: str | None
    failed_at: datetime | None
    failures: int
    next_attempt_at: datetime | None
    due_at: datetime | None
    lease_owner: str | None
    lease_until: datetime | None
    state_since: datetime | None
    c_id: str
    c_name: str
    c_document: str
    c_client_secret: bytes | None
    c_secret_held: bool
    c_validity: str
    c_flow: str
    c_client_id: str
    c_template: str | None
    c_generation: int
    c_pinned_issuer: str | None

    @property
    def reference(self) -> str:
        """NAME, or NAME#LABEL for a further token of the same configuration."""
        return token_reference(self.c_name, self.label)

    @property
    def renews_alone(self) -> bool:
        """Whether a new access token can be had without a person: client credentials, or a stored refresh token."""
        return self.c_flow == "client_credentials" or self.refresh_token is not None

    def is_valid(self, now: datetime, min_ttl: float = 0) -> bool:
        """Whether the stored access token still lives for `min_ttl` seconds and no consumer saw it refused."""
        return (
            self.access_token is not None
            and self.expires_at is not None
            and (self.expires_at - now).total_seconds() > min_ttl
            and (self.access_sha256 is None or self.access_sha256 != self.rejected_sha256)
        )

    def open(self, keyring: Keyring, column: str) -> Secret | None:
        """The secret in `access_token` or `refresh_token`, None where none is stored. Raises SealBroken."""
        sealed = getattr(self, column)
        return None if sealed is None else keyring.open(Place(TABLE, self.id, column), sealed)

    def open_client_secret(self, keyring: Keyring) -> Secret | None:
        """The configuration's client secret, None where none is stored. Raises SealBroken."""
        if self.c_client_secret is None:
            return None
        return keyring.open(Place("tokens_configuration", self.c_id, "client_secret"), self.c_client_secret)

    def configuration(self) -> Configuration:
        """The configuration's columns as its model, for the document's parser. Not to be saved."""
        return Configuration(
            id=self.c_id,
            name=self.c_name,
            document=self.c_document,
            client_secret=self.c_client_secret,
            validity=self.c_validity,
            flow=self.c_flow,
            client_id=self.c_client_id,
            template=self.c_template,
        )


_HINTS = get_type_hints(TokenRow)
_FIELDS = list(_HINTS)
_INSTANTS = {name for name, hint in _HINTS.items() if hint == datetime | None}
_BYTES = {name for name, hint in _HINTS.items() if hint == bytes | None}
_FLAGS = {name for name, hint in _HINTS.items() if hint is bool}
_COLUMNS = ", ".join(f"c.{name[2:]}" if name.startswith("c_") else f"t.{name}" for name in _FIELDS)
_FROM = f" FROM {TABLE} t JOIN tokens_configuration c ON c.id = t.configuration_id "
_SELECT = f"SELECT {_COLUMNS}{_FROM}"
_THERE = b"sealed"
# The same with nothing in the sealed columns but whether there is something: a list reads kilobytes less of each row.
_LIGHT = ", ".join(
    f"CASE WHEN {column} IS NULL THEN 0 ELSE 1 END" if name in _BYTES else column
    for name, column in zip(_FIELDS, _COLUMNS.split(", "), strict=True)
)


def read_row(cursor: CursorWrapper, token_id: str) -> TokenRow | None:
    """The token with this id, as it is now."""
    cursor.execute(_SELECT + "WHERE t.id = %s", [token_id])
    return _one(cursor)


def lock_row(cursor: CursorWrapper, token_id: str) -> TokenRow | None:
    """The token for writing, locked until the commit; None where another process is writing it this moment.

    SQLite needs no lock: a writing transaction is alone (BEGIN IMMEDIATE).
    """
    lock = " FOR UPDATE OF t SKIP LOCKED" if cursor.db.vendor == "postgresql" else ""
    cursor.execute(_SELECT + "WHERE t.id = %s" + lock, [token_id])
    return _one(cursor)


def lock_rows(cursor: CursorWrapper, token_ids: Sequence[str]) -> list[TokenRow]:
    """Those of these tokens that no other process is writing this moment, locked until the commit; see `lock_row`."""
    lock = " FOR UPDATE OF t SKIP LOCKED" if cursor.db.vendor == "postgresql" else ""
    cursor.execute(_SELECT + f"WHERE t.id IN ({marks(token_ids)}) ORDER BY t.id" + lock, list(token_ids))
    return [_row(values) for values in cursor.fetchall()]


def wait_for_row(cursor: CursorWrapper, token_id: str) -> None:
    """Lock the token until the commit, waiting for whoever writes it: what is read after this is not older than that.

    A change of a configuration locks its tokens before it commits, so after this its generation is the true one.
    """
    if cursor.db.vendor == "postgresql":
        cursor.execute(f"SELECT id FROM {TABLE} WHERE id = %s FOR UPDATE", [token_id])  # noqa: S608 - constant names


def wait_for_rows(cursor: CursorWrapper, token_ids: Sequence[str]) -> None:
    """The same for many, given in the order of their ids, so that two processes can't wait for each other."""
    if cursor.db.vendor == "postgresql":
        cursor.execute(
            f"SELECT id FROM {TABLE} WHERE id IN ({marks(token_ids)}) ORDER BY id FOR UPDATE",  # noqa: S608
            list(token_ids),
        )


def marks(values: Collection[object]) -> str:
    """As many parameter marks as there are values."""
    return ", ".join(["%s"] * len(values))


def find_row(cursor: CursorWrapper, reference: str) -> TokenRow | None:
    """The token that `reference` names: the whole string as a name first, else split at the last `#`."""
    name, hash_mark, label = reference.rpartition("#")
    cursor.execute(_SELECT + "WHERE c.name = %s AND t.label = ''", [reference])
    row = _one(cursor)
    if row is None and hash_mark and label:
        cursor.execute(_SELECT + "WHERE c.name = %s AND t.label = %s", [name, label])
        row = _one(cursor)
    return row


def all_rows(cursor: CursorWrapper) -> list[TokenRow]:
    """Every token, by name and label in code-point order."""
    cursor.execute(_SELECT + "ORDER BY c.name, t.label")
    return [_row(values) for values in cursor.fetchall()]


def rows_by_id(cursor: CursorWrapper, token_ids: Sequence[str]) -> list[TokenRow]:
    """These tokens in this order, as far as they are still there, for showing: sealed values are empty or None."""
    if not token_ids:
        return []
    cursor.execute(f"SELECT {_LIGHT}{_FROM}WHERE t.id IN ({marks(token_ids)})", list(token_ids))
    found = {row.id: row for row in map(_row, cursor.fetchall())}
    return [found[token_id] for token_id in token_ids if token_id in found]


def due_ids(cursor: CursorWrapper, now: datetime, most: int, skip: int = 0) -> list[tuple[str, str, int]]:
    """Token id, configuration id and its generation of up to `most` tokens that are due, past the first `skip`, the
    longest due first; by the index on `due_at`."""
    cursor.execute(
        f"SELECT t.id, c.id, c.generation FROM {TABLE} t JOIN tokens_configuration c ON c.id = t.configuration_id"  # noqa: S608
        " WHERE t.due_at <= %s ORDER BY t.due_at LIMIT %s OFFSET %s",
        [to_micros(now), most, skip],
    )
    return [(str(token_id), str(c_id), int(generation)) for token_id, c_id, generation in cursor.fetchall()]


def _one(cursor: CursorWrapper) -> TokenRow | None:
    values = cursor.fetchone()
    return None if values is None else _row(values)


def _row(values: tuple[Any, ...]) -> TokenRow:
    return TokenRow(*(_typed(name, value) for name, value in zip(_FIELDS, values, strict=True)))


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _INSTANTS:
        return from_micros(value)
    if name in _BYTES:
        return bytes(value) if not isinstance(value, int) else _THERE if value else None
    return bool(value) if name in _FLAGS else value

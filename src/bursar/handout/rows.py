"""What the door reads: the statements, and how their rows become keys and ready tokens. Knows no Django.

Only what `tokens.hindrance.barred` lets through is selected; everything else takes the long way through
`tokens.obtain`, which says what a person must do.
"""

import json
import math
from typing import Any

from ..access.key_rules import Rules, Verb, parse_from
from ..keyring import Keyring, Place, SealBroken
from ..reference import token_reference
from .key import Key
from .ready import MICROS, Ready, vain_until

COLUMNS = (
    "t.id, c.id, c.name, t.label, t.generation, t.state, t.next_attempt_at, t.access_token, t.token_type, t.scope,"
    " t.access_sha256, t.issued_at, t.expires_at, t.error_code"
)
HANDED_OUT = (
    "c.validity = 'valid' AND NOT t.held AND t.state <> 'revoked' AND t.access_token IS NOT NULL"
    " AND t.issued_at IS NOT NULL AND t.expires_at IS NOT NULL"
    " AND (t.rejected_sha256 IS NULL OR t.access_sha256 IS NULL OR t.rejected_sha256 <> t.access_sha256)"
)
TOKENS = "FROM tokens_token t JOIN tokens_configuration c ON c.id = t.configuration_id"
KEY_COLUMNS = "id, name, sha256, allow, verbs, networks, expires_at, revoked_at"
ACCOUNT = (
    "SELECT a.login, c.name, t.label FROM mail_account a JOIN tokens_token t ON t.id = a.token_id"
    " JOIN tokens_configuration c ON c.id = t.configuration_id WHERE a.name = {mark} AND a.validity = 'valid'"
)


def split(reference: str) -> tuple[str, str] | None:
    """Name and label where the reference can be NAME#LABEL."""
    name, hash_mark, label = reference.rpartition("#")
    return (name, label) if hash_mark and label else None


def ready_of(row: tuple[Any, ...], keyring: Keyring) -> Ready | None:
    """The token of a row of COLUMNS; None where it doesn't open, which `tokens.obtain` explains."""
    token_id, configuration_id, name, label, generation, state, next_attempt_at, sealed = row[:8]
    token_type, scope, sha256, issued_at, expires_at, error_code = row[8:]
    try:
        secret = keyring.open(Place("tokens_token", token_id, "access_token"), bytes(sealed))
    except SealBroken:
        return None
    # An administrator may admit an address at any moment, so that verdict doesn't make asking vain.
    vain = 0.0 if error_code == "address_refused" else vain_until(state, next_attempt_at)
    return Ready(
        token_id=token_id,
        configuration_id=configuration_id,
        reference=token_reference(name, label),
        token=secret.reveal(),
        token_type=token_type,
        scope=scope,
        sha256=sha256 or "",
        issued_at=issued_at / MICROS,
        expires_at=expires_at / MICROS,
        vain_until=vain,
        version=(generation, state, next_attempt_at, expires_at, name, label),
    )


def key_of(row: tuple[Any, ...]) -> Key | None:
    """The key of a row of KEY_COLUMNS; None where it is revoked."""
    key_id, name, sha256, allow, verbs, networks, expires_at, revoked_at = row
    if revoked_at is not None:
        return None
    rules = Rules(tuple(json.loads(allow)), frozenset(Verb(verb) for verb in verbs.split(",")), parse_from([networks]))
    ends = math.inf if expires_at is None else expires_at / MICROS
    return Key(key_id, name, bytes.fromhex(sha256), rules, ends, row)

"""The projection that the overview is read from, as SQL: one narrow row a token in `tokens_listing`.

Everything that depends on the moment is an instant to compare with, so a row stays true while time passes.
`web.standing` says the same of one token in words; `tests/unit/test_listing_standing.py` holds both together.
`triggers.py` keeps the rows true.
"""
# ruff: noqa: S608 - this module's own words and numbers

from enum import IntEnum

from django.db import connection

from .query import joined
from .users import used_in

FOREVER = 9_000_000_000_000_000_000  # microseconds: later than any instant that can be stored
DAY = 86_400_000_000
SOON_DAYS = 30


class Rank(IntEnum):
    """Who has to act, in the order in which rows stand."""

    NOW = 0
    SOON = 1
    START = 2
    BUSY = 3
    OK = 4
    OFF = 5


def rank_at(micros: int) -> str:
    """SQL for the rank of a row of the listing at a moment, in microseconds."""
    now = f"candidate_until > {micros:d} OR now_at <= {micros:d}"
    return f"CASE WHEN {now} THEN {Rank.NOW:d} WHEN soon_at <= {micros:d} THEN {Rank.SOON:d} ELSE base END"


_VALID = "c.validity = 'valid'"
_HELD = "(t.held OR c.secret_held)"
_LACKS = "(c.client_id = '' OR (c.client_secret IS NULL AND NOT c.public_client))"
_CREDENTIALS = "c.flow = 'client_credentials'"
# The access token's end, 0 without one; and the same where no consumer saw it refused.
_ACCESS_END = "CASE WHEN t.access_token IS NULL OR t.expires_at IS NULL THEN 0 ELSE t.expires_at END"
_USABLE_END = f"CASE WHEN t.access_sha256 = t.rejected_sha256 THEN 0 ELSE {_ACCESS_END} END"
_REFRESH_END = f"CASE WHEN t.refresh_token IS NULL THEN 0 ELSE COALESCE(t.refresh_expires_at, {FOREVER}) END"
# The refresh token has an end, and the next refresh, which begins a new life with most providers, comes before it.
_ROTATED = "t.refresh_expires_at IS NULL OR (t.due_at IS NOT NULL AND t.due_at < t.refresh_expires_at)"

_BASE = f"""
    CASE WHEN NOT {_VALID} THEN {Rank.OFF:d}
         WHEN {_HELD} THEN {Rank.NOW:d}
         WHEN t.state = 'revoked' THEN {Rank.START:d}
         WHEN {_LACKS} OR t.state IN ('misconfigured', 'needs_authorization') THEN {Rank.NOW:d}
         WHEN t.state = 'retrying' THEN {Rank.BUSY:d}
         WHEN t.state <> 'active' THEN {Rank.START:d}
         WHEN t.error_code IS NOT NULL THEN {Rank.SOON:d}
         ELSE {Rank.OK:d} END"""

# What moves with every refresh, and what seldom does.
_MOVING = ("urgent_at", "access_ends_at")
_STAYING = (
    "configuration_id", "base", "candidate_until", "now_at", "soon_at", "notice_at", "end_at", "kept_at",
    "refresh_ends_at", "name", "label", "provider", "cause",
)  # fmt: skip

# First the facts of one token, then what follows from them; `{which}` chooses the tokens, `{least}` and `{greatest}`
# are functions of two numbers.
_PROJECTED = f"""
SELECT id AS token_id, configuration_id, base,
    CASE WHEN is_valid AND NOT is_held THEN candidate_until ELSE 0 END AS candidate_until,
    CASE WHEN base = {Rank.NOW:d} THEN 0
         WHEN NOT is_on OR state NOT IN ('active', 'retrying') THEN {FOREVER}
         WHEN state = 'retrying' THEN over_at
         WHEN error_code IS NULL THEN {{least}}(over_at, secret_end)
         ELSE {{least}}({{least}}(over_at, secret_end), certain_end - {DAY} + 1) END AS now_at,
    CASE WHEN base = {Rank.OK:d} THEN {{least}}(certain_end, secret_end) - {SOON_DAYS * DAY} + 1
         ELSE {FOREVER} END AS soon_at,
    CASE WHEN NOT is_valid THEN {FOREVER}
         WHEN is_held OR (state <> 'revoked' AND lacks) OR state = 'misconfigured' THEN 0
         ELSE {{least}}({{least}}(
            CASE WHEN NOT notify_token THEN {FOREVER}
                 WHEN access_end = 0 THEN 0
                 WHEN state = 'active' THEN {{least}}(access_end, certain_end - {SOON_DAYS * DAY} + 1)
                 ELSE access_end END,
            CASE WHEN NOT notify_refresh_token OR NOT refreshable OR is_credentials THEN {FOREVER}
                 WHEN refresh_end = 0 OR state = 'needs_authorization' THEN 0
                 WHEN state = 'active' THEN {{least}}(refresh_end, certain_end - {SOON_DAYS * DAY} + 1)
                 ELSE refresh_end END),
            CASE WHEN state <> 'active' THEN {FOREVER}
                 WHEN error_code <> 'refresh_token_missing' THEN 0
                 ELSE secret_end - {SOON_DAYS * DAY} + 1 END) END AS notice_at,
    access_end AS urgent_at,
    CASE WHEN NOT is_valid OR is_held OR state IN ('revoked', 'no_token', 'awaiting_consent') THEN {FOREVER}
         WHEN base = {Rank.NOW:d} OR state = 'retrying' THEN CASE WHEN usable_end = 0 THEN {FOREVER} ELSE usable_end END
         ELSE {{least}}(certain_end, secret_end) END AS end_at,
    CASE WHEN is_on AND state = 'active' AND is_rotated AND refresh_end > 0 THEN refresh_end ELSE {FOREVER} END
        AS kept_at,
    CASE WHEN access_end = 0 THEN {FOREVER} ELSE access_end END AS access_ends_at,
    CASE WHEN is_credentials THEN secret_end
         WHEN refresh_end = 0 THEN {FOREVER} ELSE {{least}}(refresh_end, secret_end) END AS refresh_ends_at,
    name, label, provider,
    CASE WHEN is_held THEN 'held' WHEN lacks THEN 'lacks' WHEN candidate_until > 0 THEN 'candidate'
         ELSE COALESCE(error_code, state) END AS cause
FROM (
    SELECT t.id, t.configuration_id, t.label, t.state, t.error_code, c.name, c.provider,
        c.notify_token, c.notify_refresh_token, c.refreshable,
        {_VALID} AS is_valid, {_HELD} AS is_held, {_LACKS} AS lacks, {_CREDENTIALS} AS is_credentials,
        {_VALID} AND NOT {_HELD} AND NOT {_LACKS} AS is_on, ({_ROTATED}) AS is_rotated,
        {_BASE} AS base,
        COALESCE((SELECT MAX(ends_at) FROM tokens_consent WHERE token_id = t.id AND candidate IS NOT NULL), 0)
            AS candidate_until,
        {_ACCESS_END} AS access_end, {_USABLE_END} AS usable_end, {_REFRESH_END} AS refresh_end,
        CASE WHEN {_CREDENTIALS} THEN {FOREVER} ELSE {{greatest}}({_USABLE_END}, {_REFRESH_END}) END AS over_at,
        CASE WHEN {_CREDENTIALS} THEN {FOREVER}
             WHEN t.refresh_token IS NULL THEN COALESCE(t.expires_at, {FOREVER})
             WHEN {_ROTATED} THEN {FOREVER}
             ELSE {{greatest}}(t.refresh_expires_at, {_ACCESS_END}) END AS certain_end,
        COALESCE(c.secret_ends_at, {FOREVER}) AS secret_end
    FROM tokens_token t JOIN tokens_configuration c ON c.id = t.configuration_id
    WHERE {{which}}
) AS facts"""

# What a search looks through: names, client ID, provider, template, label, account, and the names of its users.
_SEARCHED = """
INSERT INTO tokens_search (token_id, search)
SELECT t.id, c.folded || '
' || lower(t.label) || '
' || lower(COALESCE(t.account, '')){named}
FROM tokens_token t JOIN tokens_configuration c ON c.id = t.configuration_id
WHERE {which}
ON CONFLICT (token_id) DO UPDATE SET search = excluded.search WHERE tokens_search.search <> excluded.search"""


def projecting(which: str) -> list[str]:
    """The statements that project the tokens that meet the condition `which` anew.

    SQLite writes every index that names a column of the SET, changed or not, PostgreSQL all or none of them. So what
    seldom changes is a statement of its own on SQLite, which mostly finds nothing to do.
    """
    is_sqlite = connection.vendor == "sqlite"
    names = ("MAX", "MIN") if is_sqlite else ("GREATEST", "LEAST")
    projected = _PROJECTED.format(which=which, greatest=names[0], least=names[1])
    inserted = ("token_id", *_STAYING, *_MOVING)
    updated = _MOVING if is_sqlite else (*_STAYING, *_MOVING)
    found = [
        f"INSERT INTO tokens_listing ({', '.join(inserted)}, users)"
        f" SELECT {', '.join(inserted)}, {_users('projected.token_id')}"
        f" FROM ({projected}) AS projected WHERE true ON CONFLICT (token_id) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in updated)
    ]
    if is_sqlite:
        found.append(
            f"UPDATE tokens_listing SET {', '.join(f'{name} = projected.{name}' for name in _STAYING)}"
            f" FROM ({projected}) AS projected WHERE tokens_listing.token_id = projected.token_id AND ("
            + " OR ".join(f"tokens_listing.{name} <> projected.{name}" for name in _STAYING)
            + ")"
        )
    return found


def searching(which: str) -> str:
    """The statement that writes anew what searches look through, for the tokens that meet the condition `which`."""
    return _SEARCHED.format(which=which, named="".join(_named(table, column) for table, column in used_in()))


def _named(table: str, column: str) -> str:
    """SQL for the names of a token's users, in lines; always in the same order, so that what didn't change is known."""
    names = f"SELECT lower(name) AS name FROM {table} WHERE {column} = t.id ORDER BY 1"
    lines = joined("name", "\n")
    return f" || COALESCE((SELECT '\n' || {lines} FROM ({names}) AS named), '')"


def _users(token: str) -> str:
    """SQL for how many users a token has, counted."""
    counted = [f"(SELECT COUNT(*) FROM {table} WHERE {table}.{column} = {token})" for table, column in used_in()]
    return " + ".join(counted) or "0"

"""The triggers that keep the listing true.

A trigger writes the row of `tokens_listing` in the same transaction as the token, configuration or consent that it
projects, whoever writes those, and counts a token's users there: nobody has to think of it, and there is no way around
it. They leave before every
migration and come back after it, with all rows projected anew, because SQLite can't change a table of which another
table's trigger speaks.
"""
# ruff: noqa: S608 - this module's own words

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.backends.utils import CursorWrapper

from .listing import projecting, searching
from .users import used_in

_OF_TOKENS = (
    "configuration_id, label, state, access_token, access_sha256, rejected_sha256, refresh_token, expires_at,"
    " refresh_expires_at, due_at, held, account, error_code"
)
_OF_CONFIGURATIONS = (
    "name, client_id, client_secret, secret_held, validity, flow, provider, folded, public_client, refreshable,"
    " notify_token, notify_refresh_token, secret_ends_at"
)
# Table, events, and the tokens that are to be projected anew; `{row}` is NEW or OLD.
_PROJECTED = (
    ("tokens_token", "INSERT", "t.id = {row}.id"),
    ("tokens_token", f"UPDATE OF {_OF_TOKENS}", "t.id = {row}.id"),
    ("tokens_configuration", f"UPDATE OF {_OF_CONFIGURATIONS}", "t.configuration_id = {row}.id"),
    ("tokens_consent", "INSERT", "t.id = {row}.token_id AND {row}.candidate IS NOT NULL"),
    ("tokens_consent", "UPDATE OF candidate, ends_at", "t.id = {row}.token_id"),
    ("tokens_consent", "DELETE", "t.id = {row}.token_id AND {row}.candidate IS NOT NULL"),
)
# The same of what searches look through.
_SEARCHED = (
    ("tokens_token", "INSERT", "t.id = NEW.id"),
    ("tokens_token", "UPDATE OF configuration_id, label, account", "t.id = NEW.id"),
    ("tokens_configuration", "UPDATE OF folded", "t.configuration_id = NEW.id"),
)
_FORGET = [f"DELETE FROM {table} WHERE token_id = OLD.id" for table in ("tokens_listing", "tokens_search")]


@dataclass(frozen=True, slots=True)
class _Trigger:
    """What is done after an event of a table, for each row."""

    table: str
    event: str
    statements: Sequence[str]


def install() -> None:
    """Make the triggers as this version wants them, and the projection anew; nothing where they are so already."""
    if _installed() == _version():
        return
    remove()
    with connection.cursor() as cursor:
        for statement in _statements():
            cursor.execute(statement)
    rebuild()


def remove() -> None:
    """Take the triggers away: SQLite can't change a table that a trigger of another one speaks of."""
    with connection.cursor() as cursor:
        for name in _names(cursor):
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP FUNCTION {name}() CASCADE")
            else:
                cursor.execute(f"DROP TRIGGER {name}")


def rebuild() -> None:
    """Project every token anew."""
    with connection.cursor() as cursor:
        for statement in ("DELETE FROM tokens_listing", *projecting("true")):
            cursor.execute(statement)
        for statement in ("DELETE FROM tokens_search", searching("true")):
            cursor.execute(statement)


def _triggers() -> list[_Trigger]:
    found = [_Trigger("tokens_token", "DELETE", _FORGET)]
    for table, event, which in _PROJECTED:
        row = "OLD" if event == "DELETE" else "NEW"
        found.append(_Trigger(table, event, projecting(which.format(row=row))))
    found += [_Trigger(table, event, [searching(which)]) for table, event, which in _SEARCHED]
    for table, column in used_in():
        old, new = f"OLD.{column}", f"NEW.{column}"
        # Added and taken away, not counted: of two that write at once, neither sees the other's row. The second waits
        # for the first at the count, so what is read after it, for searches, is what both wrote.
        found.append(_Trigger(table, "INSERT", [_users(new, "+ 1"), searching(f"t.id = {new}")]))
        found.append(_Trigger(table, "DELETE", [_users(old, "- 1"), searching(f"t.id = {old}")]))
        moved = [_users(old, "- 1"), _users(new, "+ 1"), searching(f"t.id IN ({old}, {new})")]
        found.append(_Trigger(table, f"UPDATE OF {column}, name", moved))
    return found


def _users(token: str, change: str) -> str:
    return f"UPDATE tokens_listing SET users = users {change} WHERE token_id = {token}"


def _statements() -> list[str]:
    made = []
    for number, trigger in enumerate(_triggers()):
        name, statements = f"listing_{number}_{_version()}", "; ".join(trigger.statements)
        after = f"CREATE TRIGGER {name} AFTER {trigger.event} ON {trigger.table} FOR EACH ROW"
        if connection.vendor != "postgresql":
            made.append(f"{after} BEGIN {statements}; END")
            continue
        # Token rows are locked before the rows of the listing, as by everything else that writes several tokens.
        lock = (
            "PERFORM 1 FROM tokens_token WHERE configuration_id = NEW.id ORDER BY id FOR UPDATE; "
            if trigger.table == "tokens_configuration"
            else ""
        )
        made.append(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $listing$ BEGIN {lock}{statements}; RETURN NULL; END $listing$"
        )
        made.append(f"{after} EXECUTE FUNCTION {name}()")
    return made


def _version() -> str:
    """Changes with what the triggers do, so that another version's triggers are replaced."""
    parts = [f"{each.table} {each.event} {'; '.join(each.statements)}" for each in _triggers()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _installed() -> str:
    """The version that is installed whole, empty where none is."""
    with connection.cursor() as cursor:
        names = _names(cursor)
    versions = {name.rpartition("_")[2] for name in names}
    return versions.pop() if len(versions) == 1 and len(names) == len(_triggers()) else ""


def _names(cursor: CursorWrapper) -> list[str]:
    asked = (
        "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'listing\\_%'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'listing\\_%' ESCAPE '\\'"
    )
    cursor.execute(asked)
    return [str(name) for (name,) in cursor.fetchall()]

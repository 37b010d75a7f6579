"""The triggers that keep the listing true.

A trigger writes the row of `tokens_listing` in the same transaction as the token, configuration or consent that it
projects, whoever writes those: nobody has to think of it, and there is no way around it. They leave before every
migration and come back after it, with all rows projected anew, because SQLite can't change a table of which another
table's trigger speaks.
"""

import hashlib

from django.db import connection
from django.db.backends.utils import CursorWrapper

from .listing import PROJECTION, projection

_OF_TOKENS = (
    "configuration_id, label, state, access_token, access_sha256, rejected_sha256, refresh_token, expires_at,"
    " refresh_expires_at, due_at, held, account, error_code"
)
_OF_CONFIGURATIONS = (
    "name, client_id, client_secret, secret_held, validity, flow, provider, folded, public_client, refreshable,"
    " notify_token, notify_refresh_token, secret_ends_at"
)
# Table, events, and the tokens that are to be projected anew; `{row}` is NEW or OLD.
_WATCHED = (
    ("tokens_token", "INSERT", "t.id = {row}.id"),
    ("tokens_token", f"UPDATE OF {_OF_TOKENS}", "t.id = {row}.id"),
    ("tokens_configuration", f"UPDATE OF {_OF_CONFIGURATIONS}", "t.configuration_id = {row}.id"),
    ("tokens_consent", "INSERT", "t.id = {row}.token_id AND {row}.candidate IS NOT NULL"),
    ("tokens_consent", "UPDATE OF candidate, ends_at", "t.id = {row}.token_id"),
    ("tokens_consent", "DELETE", "t.id = {row}.token_id AND {row}.candidate IS NOT NULL"),
)
_FORGET = "DELETE FROM tokens_listing WHERE token_id = OLD.id"


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
        cursor.execute("DELETE FROM tokens_listing")
        cursor.execute(projection("true"))


def _triggers() -> list[tuple[str, str, str, str]]:
    """Name, table, event and statement of each trigger, the last naming NEW or OLD."""
    found = []
    for number, (table, event, which) in enumerate(_WATCHED, start=1):
        row = "OLD" if event == "DELETE" else "NEW"
        found.append((f"listing_{number}_{_version()}", table, event, projection(which.format(row=row))))
    found.append((f"listing_0_{_version()}", "tokens_token", "DELETE", _FORGET))
    return found


def _statements() -> list[str]:
    if connection.vendor != "postgresql":
        return [
            f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW BEGIN {statement}; END"
            for name, table, event, statement in _triggers()
        ]
    made = []
    for name, table, event, statement in _triggers():
        # Token rows are locked before the rows of the listing, as by everything else that writes several tokens.
        lock = (
            "PERFORM 1 FROM tokens_token WHERE configuration_id = NEW.id ORDER BY id FOR UPDATE; "
            if table == "tokens_configuration"
            else ""
        )
        made.append(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $listing$ BEGIN {lock}{statement}; RETURN NULL; END $listing$"
        )
        made.append(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    return made


def _version() -> str:
    """Changes with the projection, so that another version's triggers are replaced."""
    parts = [PROJECTION, _FORGET, *(" ".join(each) for each in _WATCHED)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _installed() -> str:
    """The version that is installed whole, empty where none is."""
    with connection.cursor() as cursor:
        names = _names(cursor)
    versions = {name.rpartition("_")[2] for name in names}
    return versions.pop() if len(versions) == 1 and len(names) == len(_WATCHED) + 1 else ""


def _names(cursor: CursorWrapper) -> list[str]:
    asked = (
        "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'listing\\_%'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'listing\\_%' ESCAPE '\\'"
    )
    cursor.execute(asked)
    return [str(name) for (name,) in cursor.fetchall()]

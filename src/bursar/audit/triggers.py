"""Rows of the log are never changed or deleted: the database refuses it, whoever asks (SEC-65).

The triggers are made after every migration, as Django makes an altered table anew and loses them with the old one.
"""

from typing import Any

from django.db import connection, transaction

_WORDS = "the audit log is only ever added to"
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{_WORDS}'; END $$"
)
EVENTS = ("UPDATE", "DELETE")


def after_migrate(**_: Any) -> None:
    """Django's post_migrate."""
    install()


def install() -> None:
    """Make the triggers, in place of those that are there."""
    with transaction.atomic(), connection.cursor() as cursor:
        _remove(cursor)
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for event in EVENTS:
            head = f"CREATE TRIGGER audit_{event.lower()} BEFORE {event} ON audit_event"
            if connection.vendor == "postgresql":
                cursor.execute(f"{head} FOR EACH ROW EXECUTE FUNCTION audit_is_kept()")
            else:
                cursor.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END")


def remove() -> None:
    """Take the triggers away; tests do, between which all rows go."""
    with transaction.atomic(), connection.cursor() as cursor:
        _remove(cursor)


def _remove(cursor: Any) -> None:
    on = " ON audit_event" if connection.vendor == "postgresql" else ""
    for event in EVENTS:
        cursor.execute(f"DROP TRIGGER IF EXISTS audit_{event.lower()}{on}")

"""The change log on SQLite: triggers write it in the transaction of each change, so no writer can forget to.

They are made after every migration, because Django makes an altered table anew and loses them with the old one.
"""

from typing import Any

KEPT = 10_000

_LOG = (
    "INSERT INTO handout_change (kind, ref) VALUES ('{kind}', {ref});"
    " DELETE FROM handout_change WHERE id <= (SELECT MAX(id) FROM handout_change) - {kept};"
)
# name -> table, event, condition, kind, ref
_TRIGGERS = {
    "token_updated": (
        "tokens_token",
        "UPDATE OF generation, state, access_token, expires_at, held, rejected_sha256, next_attempt_at, label",
        "",
        "token",
        "NEW.id",
    ),
    "token_deleted": ("tokens_token", "DELETE", "", "token", "OLD.id"),
    "name_added": ("tokens_configuration", "INSERT", "", "names", "''"),
    "name_updated": ("tokens_configuration", "UPDATE OF name, validity", "", "names", "''"),
    "name_deleted": ("tokens_configuration", "DELETE", "", "names", "''"),
    "key_updated": (
        "access_api_key",
        "UPDATE OF name, sha256, allow, verbs, networks, expires_at, revoked_at",
        "",
        "key",
        "OLD.sha256",
    ),
    "key_deleted": ("access_api_key", "DELETE", "", "key", "OLD.sha256"),
    **{
        f"proxies_{event.lower()}": (
            "sysconfig_setting",
            event,
            f"WHEN {'OLD' if event == 'DELETE' else 'NEW'}.name = 'TrustedProxies'",
            "proxies",
            "''",
        )
        for event in ("INSERT", "UPDATE", "DELETE")
    },
}


def statements() -> list[str]:
    """What makes the triggers anew, whatever was there before."""
    made = []
    for name, (table, event, condition, kind, ref) in _TRIGGERS.items():
        body = _LOG.format(kind=kind, ref=ref, kept=KEPT)
        made.append(f"DROP TRIGGER IF EXISTS handout_{name}")
        made.append(f"CREATE TRIGGER handout_{name} AFTER {event} ON {table} {condition} BEGIN {body} END")
    return made


def after_migrate(**kwargs: Any) -> None:
    """Django's post_migrate, once all apps are migrated."""
    from django.db import connections, transaction

    connection = connections[kwargs["using"]]
    if connection.vendor != "sqlite" or (not kwargs.get("plan") and _are_there(connection)):
        return
    with transaction.atomic(using=kwargs["using"]), connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)


def _are_there(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'handout_%%'")
        return bool(cursor.fetchone()[0] == len(_TRIGGERS))

"""Fills the database with as many configurations as a benchmark wants: mostly healthy, some in every other state."""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from bursar.clock import to_micros
from bursar.context import Context
from bursar.ids import new_id
from bursar.keyring import Place, Secret
from bursar.mail.models import MailAccount
from bursar.tokens.configure import new_row
from bursar.tokens.document import read_documents
from bursar.tokens.models import Configuration, Token
from tests.browser.scenes import CODE, CREDENTIALS, GOOGLE, MICROSOFT

FIRMS = ("Kestrel", "Heron", "Falke", "Möwe", "Zaunkönig", "Osprey", "Plover", "Wren", "Adler", "Kiebitz")
DESKS = ("support", "sales", "invoices", "returns", "press", "jobs", "orders", "archive", "events", "legal")


def fill_many(ctx: Context, count: int, now: datetime, seed: int = 1) -> None:
    """Up to `count` configurations with a token each; one in fifty has trouble, one in ten a mail account."""
    dice = random.Random(seed)
    models = [_model(ctx, CODE, GOOGLE), _model(ctx, CODE, MICROSOFT), _model(ctx, CREDENTIALS, MICROSOFT)]
    sealed = ctx.keyring.seal(Place("tokens_token", "0" * 32, "access_token"), Secret("x" * 1200))
    configurations: list[dict[str, Any]] = []
    tokens: list[dict[str, Any]] = []
    accounts: list[tuple[str, str]] = []
    for number in range(Configuration.objects.count(), count):
        model = models[number % 3]
        name = f"{dice.choice(FIRMS)} {dice.choice(DESKS)} {number:06}"
        columns = {field.attname: getattr(model, field.attname) for field in Configuration._meta.fields}
        columns |= {"id": new_id(), "name": name, "folded": f"{name}\n{model.folded}".casefold()}
        configurations.append(columns)
        tokens.append(_token(dice, columns, now, sealed))
        if number % 10 == 0:
            accounts.append((tokens[-1]["id"], f"{name} mail"))
    with transaction.atomic():
        _insert(Configuration._meta.db_table, configurations)
        _insert(Token._meta.db_table, tokens)
    MailAccount.objects.bulk_create((_account(token_id, name, now) for token_id, name in accounts), batch_size=1000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as its autovacuum does within a minute


def _model(ctx: Context, text: str, host: str) -> Configuration:
    [document] = read_documents(text.format(name="Model", host=host, template="").encode(), "bench.yml")
    return new_row(ctx, document, "bench")


def _token(dice: random.Random, columns: dict[str, Any], now: datetime, sealed: bytes) -> dict[str, Any]:
    issued = now - timedelta(minutes=dice.uniform(0, 50))
    expires = issued + timedelta(minutes=60)
    token: dict[str, Any] = {field.attname: None for field in Token._meta.fields}
    token |= {"id": new_id(), "configuration_id": columns["id"], "label": "", "generation": 1, "state": "active"}
    token |= {"access_token": sealed, "access_sha256": "0" * 64, "token_type": "Bearer", "expiry_assumed": False}
    token |= {"issued_at": issued, "expires_at": expires, "due_at": expires - timedelta(minutes=5), "held": False}
    token |= {"failures": 0, "state_since": issued, "refreshed_at": issued}
    if columns["flow"] == "authorization_code":
        token |= {
            "refresh_token": sealed,
            "account": f"mail{dice.randrange(10**6)}@{dice.choice(FIRMS).lower()}.example",
        }
        if dice.random() < 0.3:
            token["refresh_expires_at"] = now + timedelta(days=dice.uniform(1, 120))
    trouble = dice.random()
    if trouble < 0.004:
        token |= {"state": "needs_authorization", "error_code": "invalid_grant", "due_at": None, "failed_at": now}
        token |= {"error_sentence": "The provider ended the refresh token.", "error_action": "Authorize again."}
    elif trouble < 0.006:
        token |= {"state": "misconfigured", "error_code": "invalid_client", "due_at": None, "failed_at": now}
        token |= {"error_sentence": "The provider refuses the client secret.", "error_action": "Enter it again."}
    elif trouble < 0.012:
        token |= {"state": "retrying", "error_code": "temporarily_unavailable", "failed_at": now}
        token |= {"error_sentence": "The provider answers 503.", "next_attempt_at": now + timedelta(minutes=3)}
    elif trouble < 0.02:
        token |= {"state": "no_token", "access_token": None, "access_sha256": None, "refresh_token": None}
        token |= {"issued_at": None, "expires_at": None, "due_at": None, "refresh_expires_at": None}
    elif trouble < 0.03:
        token |= {"due_at": None, "refresh_expires_at": now + timedelta(days=dice.uniform(0, 60))}
    return token


def _account(token_id: str, name: str, now: datetime) -> MailAccount:
    return MailAccount(
        name=name, type="IMAPS", host="imap.example", port=993, login="a@b.example", token_id=token_id,
        deliver="maildir:/var/mail/x", created_at=now,
    )  # fmt: skip


def _insert(table: str, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    sql = "INSERT INTO {} ({}) VALUES ({})".format(
        table, ", ".join(f'"{name}"' for name in names), ", ".join(["%s"] * len(names))
    )
    values = [[to_micros(v) if isinstance(v, datetime) else v for v in row.values()] for row in rows]
    with connection.cursor() as cursor:
        for start in range(0, len(values), 5000):
            cursor.executemany(sql, values[start : start + 5000])

"""Refreshing 10,000 due tokens, durably, beside raw group-committed inserts of the same rows: SQLite and PostgreSQL."""

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.bench.load import Nginx, conditions, fill
from tests.bench.report import section, table
from tests.counterparts import postgres
from tests.counterparts.home import BursarHome
from tests.counterparts.processes import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

TOKENS = 10_000
GROUP = 100
RUN = """
import threading, time
from bursar import app
app.boot()
ctx = app.context()
from bursar.scheduler.worker import Worker
def left():
    def job(cursor):
        cursor.execute("SELECT COUNT(*) FROM tokens_token WHERE due_at <= %s", [int(time.time() * 1e6)])
        return cursor.fetchone()[0]
    return ctx.storage.read(job)
worker = threading.Thread(target=Worker(ctx).run)
begun, used, last = time.perf_counter(), time.process_time(), left()
worker.start()
while left():
    time.sleep(0.1)
wall, processor = time.perf_counter() - begun, time.process_time() - used
ctx.stop.set()
worker.join()
ctx.storage.close()
print("RESULT", wall, processor)
"""


@pytest.fixture
def durable_postgres(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that syncs, unlike that of the tests."""
    synced = postgres.SETTINGS.replace("fsync = off\n", "").replace("full_page_writes = off\n", "")
    monkeypatch.setattr(postgres, "SETTINGS", synced)
    server = postgres.Postgres()
    yield server.fresh()
    server.close()


def test_refresh(tmp_path: Path, durable_postgres: str) -> None:
    nginx = Nginx(tmp_path / "nginx", "")
    rows = []
    for name, url in (("SQLite", ""), ("PostgreSQL", durable_postgres)):
        home = BursarHome(tmp_path / name.lower(), url)
        home.cli("init", check=0)
        home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
        fill(home, "due", nginx.url, 100, TOKENS // 100, 0)
        raw = raw_sqlite(tmp_path / "raw.sqlite3") if not url else raw_postgres(url)
        told = subprocess.run(
            [sys.executable, "-c", RUN], env=home.environ, cwd=REPOSITORY, capture_output=True, text=True, check=True
        ).stdout
        found = re.search(r"RESULT (\S+) (\S+)", told)
        assert found, told
        wall, processor = float(found[1]), float(found[2])
        [(granted,)] = home.sql("SELECT COUNT(*) FROM tokens_attempt WHERE outcome = 'granted'")
        assert granted == TOKENS
        rows.append(
            (
                name,
                f"{TOKENS / wall:,.0f}",
                f"{processor / TOKENS * 1e3:.2f}",
                f"{TOKENS / processor:,.0f}",
                f"{raw:,.0f}",
                f"{TOKENS / wall / raw:.2f}",
            )
        )
    heads = ("database", "refreshed a second", "CPU each, ms", "a second of CPU", "raw inserts a second", "ratio")
    text = f"""{conditions()}

{table(heads, rows)}

{TOKENS:,} due tokens of 100 configurations, one process, a token endpoint on the same machine (nginx); every attempt
and every token is synced to disk. "A second of CPU" is what one core does that the process has for itself. Raw inserts:
the same rows, an attempt and a token, {GROUP} a commit, on one connection. Wanted: 1,000 a second, or half of raw."""
    section("refresh", "Refreshing ahead", text)
    print(text)
    nginx.close()


SEALED = os.urandom(840)
ATTEMPT = ("i" * 32, "t" * 32, 1, "refresh_token", "0" * 64, "w" * 80, 1_700_000_000_000_000, "granted", 200, "")
TOKEN = (
    "i" * 32,
    "c" * 32,
    "box 7",
    2,
    "active",
    SEALED,
    "0" * 64,
    "Bearer",
    SEALED,
    "mail",
    *([1_700_000_000_000_000] * 6),
)


def raw_sqlite(path: Path) -> float:
    """Refreshes' worth of rows a second."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        for table_name, row in (("attempt", ATTEMPT), ("token", TOKEN)):
            columns = ", ".join(f"c{n}" for n in range(len(row)))
            database.execute(f"CREATE TABLE {table_name} (n INTEGER PRIMARY KEY, {columns})")
        begun = time.perf_counter()
        for _ in range(TOKENS // GROUP):
            database.execute("BEGIN IMMEDIATE")
            for table_name, row in (("attempt", ATTEMPT), ("token", TOKEN)):
                marks = ", ".join("?" * len(row))
                names = ", ".join(f"c{n}" for n in range(len(row)))
                database.executemany(f"INSERT INTO {table_name} ({names}) VALUES ({marks})", [row] * GROUP)
            database.execute("COMMIT")
        return TOKENS / (time.perf_counter() - begun)


def raw_postgres(url: str) -> float:
    """The same on the server of `url`."""
    types = {int: "bigint", str: "text", bytes: "bytea"}
    with psycopg.connect(url, autocommit=True) as database:
        for table_name, row in (("raw_attempt", ATTEMPT), ("raw_token", TOKEN)):
            columns = ", ".join(f"c{n} {types[type(value)]}" for n, value in enumerate(row))
            database.execute(f"CREATE TABLE {table_name} (n bigserial PRIMARY KEY, {columns})".encode())
        begun = time.perf_counter()
        for _ in range(TOKENS // GROUP):
            with database.transaction(), database.cursor() as cursor:
                for table_name, row in (("raw_attempt", ATTEMPT), ("raw_token", TOKEN)):
                    marks = ", ".join(["%s"] * len(row))
                    names = ", ".join(f"c{n}" for n in range(len(row)))
                    statement = f"INSERT INTO {table_name} ({names}) VALUES ({marks})"
                    cursor.executemany(statement.encode(), [row] * GROUP)
        return TOKENS / (time.perf_counter() - begun)

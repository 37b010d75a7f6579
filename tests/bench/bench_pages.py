"""What pages cost the server with 100,000 configurations, beside the same with 100: in process, by Django's client.

Each figure is the median of several requests, whole: middleware, queries, template. Nothing is asserted but that the
pages show what they should.
"""

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from bursar import app
from bursar.context import Context
from bursar.mail.models import MailAccount
from bursar.tokens.models import Configuration, Token
from tests.bench.load import conditions
from tests.bench.many import fill_many
from tests.bench.report import section, table
from tests.unit.web_pages import Pages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(1200)]

MANY, FEW, ROUNDS = 100_000, 100, 9
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@pytest.fixture
def pages(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Pages:
    monkeypatch.setattr(app, "_context", ctx)
    cache.clear()
    return Pages(ctx)


@dataclass(frozen=True)
class Spent:
    """Milliseconds a request by the clock, and of this process's CPU, which tells a busy machine from a slow page; and
    the size of the page in bytes."""

    wall: float
    cpu: float
    size: int


def median(client: Client, address: str) -> Spent:
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        response = client.get(address)
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
        assert response.status_code == 200, response.status_code
    return Spent(statistics.median(walls), statistics.median(cpus), len(response.content))


def addresses(count: int) -> dict[str, str]:
    """Every page that lists, counts or chooses among configurations, in each order and at each end."""
    token = Token.objects.order_by("id")[count // 2]
    account = MailAccount.objects.order_by("id")[0]
    shared = Configuration.objects.order_by("id")[count // 2]
    middle, last = count // 100, count // 50
    return {
        "overview": "/tokens",
        "overview, middle page": f"/tokens?page={middle}",
        "overview, last page": f"/tokens?page={last}",
        "valid only, middle page": f"/tokens?valid=1&page={middle}",
        "filter: needs you now": "/tokens?show=now",
        "filter: needs you soon": "/tokens?show=soon",
        "filter: active, middle page": f"/tokens?show=active&page={middle}",
        "filter: with a notice": "/tokens?show=noticed",
        **{
            f"order: {title}{where}": f"/tokens?sort={sort}{query}"
            for sort, title in (
                ("name", "name"),
                ("provider", "provider"),
                ("access", "access token"),
                ("refresh", "refresh token"),
                ("-users", "used by"),
            )
            for where, query in (("", ""), (", middle page", f"&page={middle}"))
        },
        "search, one match": f"/tokens?q={count // 2 - 1:06}",
        "search, two words": "/tokens?q=kestrel+support",
        "search, many match": "/tokens?q=kestrel",
        "search, many match, middle page": f"/tokens?q=kestrel&page={max(1, middle // 6)}",
        "search, most match": "/tokens?q=google",
        "search, most match, middle page": f"/tokens?q=google&page={max(1, middle * 2 // 3)}",
        "search, all match": "/tokens?q=e",
        "search, all match, middle page": f"/tokens?q=e&page={middle}",
        "search, all match, by access token": f"/tokens?q=e&sort=access&page={middle}",
        "search, no match": "/tokens?q=nothing+like+this",
        "parts that renew": "/tokens/rows",
        "token detail": f"/tokens/{token.id}",
        "replace a secret that others share": f"/configurations/{shared.id}/secret",
        "export": "/export",
        "first token": "/first-token",
        "mail accounts": "/mail",
        "mail accounts, search": "/mail?q=kestrel",
        "edit a mail account": f"/mail/{account.id}/edit",
        "add a web service": "/webservices/add",
        "tokens offered to choose from": "/tokens/offered?Token=kestrel",
        "any page's frame": "/settings",
    }


def measured(pages: Pages, count: int) -> dict[str, Spent]:
    fill_many(pages.ctx, count, pages.ctx.clock.now())
    return {what: median(pages.admin, address) for what, address in addresses(count).items()}


def test_pages_stay_fluid(pages: Pages) -> None:
    few = measured(pages, FEW)
    many = measured(pages, MANY)
    name = NAMES[connection.vendor]
    rows = [
        (
            what,
            f"{spent.wall:.0f}",
            f"{spent.cpu:.0f}",
            f"{spent.size / 1000:.0f}",
            f"{few[what].wall:.0f}",
            f"{spent.cpu / few[what].cpu:.2f}",
        )
        for what, spent in many.items()
    ]
    head = ("page", "ms", "of it CPU, ms", "HTML, kB", f"ms with {FEW}", "ratio by CPU")
    found = table(head, rows)
    print(f"\n{name}\n{found}")
    section(
        f"pages-{connection.vendor}",
        f"Pages with {MANY:,} configurations, {name}",
        f"{conditions()}\n\n{found}"
        f"\n\nServer time of a whole request, the median of {ROUNDS} by Django's client in one process; every tenth\n"
        "token has a mail account. CPU is this process's own, without a database server's. Wanted: under 100 ms each.",
    )


def test_the_same_on_postgresql() -> None:
    run = [sys.executable, "-m", "pytest", "--override-ini", "python_files=bench_*.py", "--capture", "no"]
    chosen = [f"{__file__}::{test_pages_stay_fluid.__name__}"]
    subprocess.run([sys.executable, "-m", "tests.counterparts.postgres", *run, *chosen], check=True)

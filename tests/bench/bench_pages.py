"""What pages cost the server with 100,000 configurations, beside the same with 100: in process, by Django's client.

Each figure is the median of several requests, whole: middleware, queries, template. Nothing is asserted but that the
pages show what they should.
"""

import statistics
import time
from dataclasses import dataclass

import pytest
from django.core.cache import cache
from django.test import Client

from bursar import app
from bursar.context import Context
from bursar.tokens.models import Token
from tests.bench.many import fill_many
from tests.unit.web_pages import Pages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MANY, FEW, ROUNDS = 100_000, 100, 9


@pytest.fixture
def pages(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Pages:
    monkeypatch.setattr(app, "_context", ctx)
    cache.clear()
    return Pages(ctx)


@dataclass(frozen=True)
class Spent:
    """Milliseconds a request: by the clock, and of this process's CPU, which tells a busy machine from a slow page."""

    wall: float
    cpu: float


def median(client: Client, address: str) -> Spent:
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        response = client.get(address)
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
        assert response.status_code == 200, response.status_code
    return Spent(statistics.median(walls), statistics.median(cpus))


def measured(pages: Pages, count: int) -> dict[str, Spent]:
    fill_many(pages.ctx, count, pages.ctx.clock.now())
    client = pages.admin
    token = Token.objects.order_by("id").values_list("id", flat=True)[count // 2]
    return {
        "overview": median(client, "/tokens"),
        "overview, middle page": median(client, f"/tokens?page={count // 100}"),
        "filter: needs you now": median(client, "/tokens?show=now"),
        "order: access token": median(client, "/tokens?sort=access"),
        "order: used by": median(client, "/tokens?sort=-users"),
        "search, one match": median(client, f"/tokens?q={count // 2 - 1:06}"),
        "search, many matches": median(client, "/tokens?q=kestrel+support"),
        "search, no match": median(client, "/tokens?q=nothing+like+this"),
        "parts that renew": median(client, "/tokens/rows"),
        "token detail": median(client, f"/tokens/{token}"),
        "any page's frame": median(client, "/settings"),
    }


def test_pages_stay_fluid(pages: Pages) -> None:
    few = measured(pages, FEW)
    many = measured(pages, MANY)
    print(f"\nmilliseconds a page, median of {ROUNDS}, with {MANY:,} configurations and with {FEW}")
    print(f"  {'':24} {'wall':>8} {'cpu':>8} {'wall':>8} {'cpu':>8} {'ratio':>7}")
    for what, spent in many.items():
        one = few[what]
        row = f"{spent.wall:8.1f} {spent.cpu:8.1f} {one.wall:8.1f} {one.cpu:8.1f} {spent.cpu / one.cpu:7.2f}"
        print(f"  {what:24} {row}")

"""The page of one token among 100,000: CPU time of the server by Django's client, beside the same page among ten."""

import statistics
import time
from datetime import timedelta

import pytest
from django.test import Client

from bursar.context import Context
from bursar.tokens.models import Token
from tests.bench.many import fill_many
from tests.browser import past_scene
from tests.unit.conftest import pages
from tests.unit.web_pages import Pages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

assert pages  # the fixture

MANY, FEW, CALLS = 100_000, 10, 30


def eventful(ctx: Context) -> str:
    """A token whose past is as long as pasts get."""
    token = Token.objects.filter(configuration__flow="authorization_code").order_by("id")[0]
    now = ctx.clock.now()
    for number in range(120):
        past_scene.call(token, now - timedelta(minutes=50 * (120 - number)), "granted", 200, timedelta(hours=1))
    for number in range(199):
        past_scene.event(token, "authorized", now - timedelta(hours=number), account="a@b.example", refresh=True)
    return f"/tokens/{token.id}"


def median(client: Client, address: str) -> float:
    taken = []
    for _ in range(CALLS):
        begun = time.process_time()
        assert client.get(address).status_code == 200
        taken.append(time.process_time() - begun)
    return statistics.median(taken) * 1000


def test_the_page_of_one_token(pages: Pages) -> None:
    client, ctx = pages.admin, pages.ctx
    fill_many(ctx, FEW, ctx.clock.now())
    few = median(client, eventful(ctx))
    fill_many(ctx, MANY, ctx.clock.now(), seed=2)
    many = median(client, eventful(ctx))
    print(f"\nA token's page: {many:.0f} ms among {MANY:,}, {few:.0f} ms among {FEW}: {many / few:.2f} times")

"""How much the token life costs: handing out a valid token, and asking a provider for a new one.

Figures are for comparing two states of this repository on one machine; `make bench` prints them, nothing is asserted
but that the work was done.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bursar.context import Context
from bursar.testing import FakeProvider
from bursar.tokens.obtain import obtain
from bursar.tokens.outcome import Refusal
from bursar.tokens.request import request
from bursar.tokens.transfer import import_documents
from tests.integration.documents import as_yaml, credentials_document

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NAME = "Bench"


def configured(ctx: Context, provider: FakeProvider) -> None:
    document = as_yaml(credentials_document(NAME, provider, "client", "secret"))
    import_documents(ctx, document.encode(), "bench.yml", overwrite=False, dry_run=False, by="bench")
    request(ctx, NAME)


def rate(what: str, count: int, callers: int, work: Callable[[int], object]) -> None:
    begun, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(callers) as pool:
        results = list(pool.map(work, range(count)))
    wall, processor = time.perf_counter() - begun, time.process_time() - used
    assert not [result for result in results if isinstance(result, Refusal)]
    print(f"\n{what}, {callers} callers: {count / wall:,.0f} a second, {processor / count * 1e6:,.0f} µs of CPU each")


@pytest.mark.parametrize("callers", [1, 64])
def test_a_valid_token_is_handed_out(ctx: Context, provider: FakeProvider, callers: int) -> None:
    configured(ctx, provider)
    rate("obtain a valid token", 5000, callers, lambda _: obtain(ctx, NAME))
    assert len(provider.token_requests()) == 1


def test_a_new_token_is_requested(ctx: Context, provider: FakeProvider) -> None:
    """The provider runs in the same process, so its share is in the figures."""
    configured(ctx, provider)
    rate("request a new token", 300, 1, lambda _: request(ctx, NAME))
    assert len(provider.token_requests()) == 301

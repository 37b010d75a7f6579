"""The fixtures that the other tests stand on."""

from collections.abc import Callable
from ipaddress import ip_address

import pytest

from bursar.context import Context
from bursar.keyring import Place, Secret
from bursar.testing import FakeClock


@pytest.mark.django_db(transaction=True)
def test_a_context_reads_and_writes_the_test_database_and_admits_loopback(ctx: Context) -> None:
    assert ctx.settings.text("Outbound::AllowedNetworks").startswith("127.0.0.0/8")
    assert ctx.settings.outbound_rules().allowed.admits("localhost", 1234, ip_address("127.0.0.1"))


@pytest.mark.django_db(transaction=True)
def test_a_context_runs_by_the_clock_that_the_test_asks_for(clock: FakeClock, ctx: Context) -> None:
    assert ctx.clock is clock


@pytest.mark.django_db(transaction=True)
def test_two_contexts_share_database_and_key_but_not_their_name(make_context: Callable[..., Context]) -> None:
    one, two = make_context(allowed=""), make_context(allowed="")
    one.settings.set("HttpType", "https", "test", one.clock.now())
    assert two.settings.text("HttpType") == "https"
    place = Place("table", "row", "column")
    assert two.keyring.open(place, one.keyring.seal(place, Secret("x"))) == Secret("x")
    assert one.worker != two.worker

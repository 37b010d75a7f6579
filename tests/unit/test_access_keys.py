"""API keys: what a key may do, and how its row lives."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest

from bursar.access import keys
from bursar.access.key_rules import (
    Rules,
    Verb,
    parse_allow,
    parse_expires,
    parse_from,
    parse_key_name,
    parse_verbs,
)
from bursar.context import Context
from bursar.errors import InvalidInput, NotFound, Refused, Temporary
from bursar.testing import FakeClock

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
READ = frozenset({Verb.READ})


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("mail-*", ["mail-", "mail-a", "mail-a#b"], ["mail", "xmail-a", "Mail-a", "mai-a"]),
        ("Sales inbox", ["Sales inbox"], ["Sales inbox ", "sales inbox", "Sales inbox#a", "", "Sales"]),
        ("a[b]", ["a[b]"], ["ab"]),
        ("a.c", ["a.c"], ["abc"]),
        ("a?c", ["abc", "a/c"], ["ac", "abbc"]),
        ("*", ["", "any/thing#at all", "two\nlines"], []),
        ("Sales#*", ["Sales#a"], ["Sales"]),
    ],
)
def test_a_pattern_matches_whole_names_and_nothing_near_them(pattern: str, yes: list[str], no: list[str]) -> None:
    """SEC-45."""
    rules = Rules((pattern,), READ)
    assert [name for name in yes if not rules.permits(name)] == []
    assert [name for name in no if rules.permits(name)] == []


def test_many_stars_cost_no_more_than_one() -> None:
    assert not Rules(("*" * 400 + "x",), READ).permits("y" * 500)


def test_no_pattern_permits_nothing() -> None:
    """SEC-45: there is no fallback."""
    assert not Rules((), READ).permits("a")
    with pytest.raises(InvalidInput):
        parse_allow([])


@pytest.mark.parametrize("pattern", ["", " a", "a\n", "a\x00", "x" * 501])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput):
        parse_allow([pattern])


def test_a_pattern_of_many_stars_costs_no_more_than_one() -> None:
    rules = Rules(("*a" * 40 + "*b",), READ)
    assert not rules.permits("a" * 400)
    assert rules.permits("a" * 400 + "b")
    assert Rules(("a*b*?*c",), READ).permits("ab-b.-cc")
    assert not Rules(("a*b*?*c",), READ).permits("abc")


def test_addresses() -> None:
    """SEC-45: the same address in its IPv6 form counts as what it is; nonsense counts as nowhere."""
    rules = Rules(("*",), READ, parse_from(["10.0.0.0/8, ::1", "192.0.2.7"]))
    assert all(map(rules.admits, ["10.1.2.3", "::1", "192.0.2.7", "::ffff:10.1.2.3"]))
    assert not any(map(rules.admits, ["11.0.0.1", "192.0.2.8", "", "unknown", "::2"]))
    assert Rules(("*",), READ).admits("anything")
    with pytest.raises(InvalidInput):
        parse_from(["10.0.0.1/8"])


def test_verbs() -> None:
    assert parse_verbs("read, REFRESH") == {Verb.READ, Verb.REFRESH}
    for text in ("", "read,", "write"):
        with pytest.raises(InvalidInput):
            parse_verbs(text)


def test_ends() -> None:
    assert parse_expires("90d", NOW) == NOW + timedelta(days=90)
    assert parse_expires("2h", NOW) == NOW + timedelta(hours=2)
    assert parse_expires("2026-11-25", NOW) == datetime(2026, 11, 26, tzinfo=UTC)
    assert parse_expires("2027-01-01T00:00:00+01:00", NOW) == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert parse_expires("never", NOW) is None
    for text in ("", "d", "0d", "2026-11-24", "soon", "999999w9", "2026-13-01"):
        with pytest.raises(InvalidInput):
            parse_expires(text, NOW)


def test_names() -> None:
    assert parse_key_name("ERP connector") == "ERP connector"
    for name in ("", " a", "a\tb", "x" * 251):
        with pytest.raises(InvalidInput):
            parse_key_name(name)


def test_a_key_is_random_prefixed_and_nowhere_but_in_its_hash(ctx: Context) -> None:
    """SEC-44."""
    made = [keys.new_key(ctx, f"key {n}", Rules(("*",), READ), None, "test") for n in range(20)]
    secrets = {secret.reveal() for _, secret in made}
    assert len(secrets) == 20
    assert all(re.fullmatch(r"bursar_[A-Za-z0-9_-]{43}", secret) for secret in secrets)
    view, secret = made[0]
    row = keys.ApiKey.objects.get(pk=view.id)
    stored = {name: str(value) for name, value in vars(row).items()}
    assert stored["sha256"] == hashlib.sha256(secret.reveal().encode()).hexdigest()
    assert not any(secret.reveal()[12:] in value for value in stored.values())
    assert secret.reveal() not in repr(made)


def test_a_change_writes_what_it_names_and_nothing_that_was_read_before(ctx: Context, clock: FakeClock) -> None:
    """SEC-44: whoever moves a key's end must not give back a right that somebody else has just taken away."""
    view, _ = keys.new_key(ctx, "reader", Rules(("*",), frozenset(Verb)), None, "ada")
    clock.advance(1)
    keys.change_key(ctx, "reader", "bob", verbs=READ)
    changed = keys.change_key(ctx, "reader", "ada", expires_at=clock.now() + timedelta(days=1))
    assert (changed.allow, changed.verbs) == (("*",), ("read",))
    with pytest.raises(Temporary, match="meanwhile"):
        keys.change_key(ctx, "reader", "ada", seen=view.changed_at, rules=keys.rules_of(view))
    assert keys.find_key(ctx, view.id).verbs == ("read",)


def test_a_name_is_free_again_once_its_key_is_revoked(ctx: Context) -> None:
    view, _ = keys.new_key(ctx, "reader", Rules(("a",), READ), None, "ada")
    with pytest.raises(Refused):
        keys.new_key(ctx, "reader", Rules(("a",), READ), None, "ada")
    keys.change_key(ctx, "reader", "ada", rules=Rules(("b", "c"), frozenset(Verb), parse_from(["10.0.0.0/8"])))
    [changed] = keys.list_keys(ctx)
    assert (changed.allow, changed.verbs, changed.networks) == (
        ("b", "c"),
        ("read", "refresh", "manage"),
        ("10.0.0.0/8",),
    )
    assert keys.rules_of(changed).permits("c")
    assert keys.revoke_key(ctx, "reader", "ada").state == "revoked"
    with pytest.raises(NotFound):
        keys.revoke_key(ctx, "reader", "ada")
    again, _ = keys.new_key(ctx, "reader", Rules(("a",), READ), None, "ada")
    assert [key.id for key in keys.list_keys(ctx)] == [again.id]
    assert {key.id for key in keys.list_keys(ctx, revoked=True)} == {view.id, again.id}
    assert keys.find_key(ctx, view.id).state == "revoked"

"""What triggers keep is what is computed anew, and a page is what sorting every row here says, whatever was done."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.db.models import ProtectedError

from bursar.clock import to_micros
from bursar.context import Context
from bursar.mail.models import MailAccount
from bursar.testing import FakeClock
from bursar.tokens import board, causes, coming, matches, ordered, sieve, triggers
from bursar.tokens.board import counts, find, first
from bursar.tokens.listing import FOREVER, Rank
from bursar.tokens.models import Configuration, Listing, Search, Token
from bursar.tokens.wanted import Sort, Wanted
from bursar.webservices.models import WebService
from tests.bench.many import fill_many

SIZE = 7


def kept() -> tuple[list[Any], list[Any]]:
    return sorted(Listing.objects.values_list()), sorted(Search.objects.values_list())


def account(ctx: Context, token: Token, dice: random.Random) -> MailAccount:
    return MailAccount.objects.create(
        name=f"Account {dice.randrange(10**9)}", type="IMAPS", host="imap.example", port=993, login="a@b.example",
        token=token, deliver="maildir:/var/mail/x", created_at=ctx.clock.now(),
    )  # fmt: skip


def operations(ctx: Context, dice: random.Random) -> list[Callable[[], object]]:
    """What may happen to what is listed, each with something chosen anew."""

    def token() -> Token:
        return dice.choice(list(Token.objects.all()))

    def write(**columns: Any) -> None:
        Token.objects.filter(pk=token().pk).update(**columns)

    def any_end() -> Any:
        return dice.choice([None, ctx.clock.now() + timedelta(days=dice.uniform(-1, 100))])

    def use() -> object:
        if dice.random() < 0.7:
            return account(ctx, token(), dice)
        return WebService.objects.create(
            name=f"Service {dice.randrange(10**9)}", document="{}", token=token(), created_at=ctx.clock.now()
        )

    def move() -> None:
        for model in (MailAccount, WebService):
            row = model.objects.order_by("?").first()
            if row is not None:
                model.objects.filter(pk=row.pk).update(token=dice.choice([None, token()]))

    def rename() -> None:
        name = f"Renamed {dice.randrange(10**6)}"
        Configuration.objects.filter(pk=token().configuration_id).update(name=name, folded=name.casefold())

    def call_otherwise() -> None:
        for model in (MailAccount, WebService):
            row = model.objects.order_by("?").first()
            if row is not None:
                model.objects.filter(pk=row.pk).update(name=f"Otherwise {dice.randrange(10**9)}")

    def delete() -> None:
        try:
            token().delete()
        except ProtectedError:
            MailAccount.objects.order_by("?")[:1].get().delete()

    return [
        use, use, use, move, rename, call_otherwise, delete,
        lambda: write(expires_at=any_end(), due_at=any_end(), refresh_expires_at=any_end()),
        lambda: write(state=dice.choice(["active", "no_token", "retrying", "misconfigured"]), error_code=None),
        lambda: write(account=dice.choice([None, "New@Example.org"]), label=f"l{dice.randrange(10**6)}"),
        lambda: Configuration.objects.filter(pk=token().configuration_id).update(
            validity=dice.choice(["valid", "invalid"])
        ),
    ]  # fmt: skip


def test_what_triggers_keep_is_what_is_computed_anew(ctx: Context, clock: FakeClock) -> None:
    dice = random.Random(3)
    fill_many(ctx, 30, clock.now())
    chosen = operations(ctx, dice)
    for _ in range(150):
        dice.choice(chosen)()
    found = kept()
    assert max(row[-1] for row in found[0]) > 1, "some tokens have several users"
    triggers.rebuild()
    assert kept() == found


def test_users_who_come_and_go_at_once_are_all_counted(ctx: Context, clock: FakeClock) -> None:
    fill_many(ctx, 1, clock.now())
    token = Token.objects.get()
    begin = Barrier(3)

    def come_and_go(seed: int) -> None:
        dice = random.Random(seed)
        begin.wait()
        for number in range(12):
            row = account(ctx, token, dice)
            if number % 3 == 0:
                row.delete()
            else:
                Token.objects.filter(pk=token.pk).update(expires_at=clock.now() + timedelta(minutes=number))
        connection.close()

    threads = [Thread(target=come_and_go, args=(seed,)) for seed in (10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Listing.objects.get().users == MailAccount.objects.count() == 25  # one of `fill_many`, eight of each thread
    found = kept()
    names = MailAccount.objects.values_list("name", flat=True)
    assert all(name.casefold() in Search.objects.get().search for name in names)
    triggers.rebuild()
    assert kept() == found


WANTED = [
    *(Wanted(ranks=ranks, sort=sort, descending=down)
      for ranks in (frozenset[Rank](), frozenset(Rank) - {Rank.OFF}, *(frozenset((rank,)) for rank in Rank))
      for sort in Sort for down in ((False, True) if sort else (False,))),
    Wanted(noticed=True), Wanted(noticed=True, sort=Sort.NAME), Wanted(noticed=True, words=("e",)),
    *(Wanted(words=words, ranks=ranks, sort=sort, descending=sort is Sort.USERS)
      for words in (("kestrel",), ("e",), ("o", "support"), ("nothing",), ("mail",), ("otherwise",),
                    ("otherwise", "kestrel"), ("model",), ("%",), ("_",))
      for ranks in (frozenset[Rank](), frozenset((Rank.NOW,)), frozenset((Rank.OK,)), frozenset(Rank) - {Rank.OFF})
      for sort in (Sort.URGENCY, Sort.USERS, Sort.NAME)),
]  # fmt: skip


@pytest.mark.parametrize("bounds", [(3_000, 5_000), (3, 3)], ids=["as few", "as many"])
def test_each_page_is_what_sorting_every_row_gives(
    ctx: Context, clock: FakeClock, bounds: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether found first and then sorted, or taken out of an index as it stands."""
    monkeypatch.setattr(board, "FEW", bounds[0])
    monkeypatch.setattr(sieve, "FEW", bounds[0])
    monkeypatch.setattr(ordered, "SORTED", bounds[1])
    if bounds[0] == 3:  # as of very many: of which half the ids are asked for, and what is read holds seldom enough
        monkeypatch.setattr(matches, "SAMPLE", 3)
        monkeypatch.setattr(sieve, "SPARE", 0)
    dice = random.Random(5)
    fill_many(ctx, 60, clock.now())
    chosen = operations(ctx, dice)
    for _ in range(120):
        dice.choice(chosen)()
    now = clock.now()
    known = counts(ctx, now)
    assert known.ranks == Counter(rank(row, to_micros(now)) for row in Listing.objects.all())
    assert len(+known.ranks) > 3, "several ranks"
    for wanted in WANTED:
        right = oracle(wanted, to_micros(now))
        if wanted.sort is Sort.NAME:
            assert list(first(ctx, wanted, SIZE, now)) == right[:SIZE], wanted
        pages = max(1, -(-len(right) // SIZE))
        for page in range(1, pages + 2):
            shown = min(page, pages)
            found = find(ctx, wanted, page, SIZE, now, known)
            assert (found.count, found.page) == (len(right), shown), wanted
            assert list(found.token_ids) == right[(shown - 1) * SIZE : shown * SIZE], wanted


def test_of_very_many_notices_those_are_shown_that_come_first(
    ctx: Context, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causes, "GROUPED", 0)
    dice = random.Random(7)
    fill_many(ctx, 60, clock.now())
    Configuration.objects.update(notify_token=True, notify_refresh_token=True)
    chosen = operations(ctx, dice)
    for _ in range(150):
        dice.choice(chosen)()
    told = oracle(Wanted(noticed=True), to_micros(clock.now()))
    ranks = {row.token_id: rank(row, to_micros(clock.now())) for row in Listing.objects.all()}
    acting = [token_id for token_id in told if ranks[token_id] is not Rank.START]
    for most in (1, 5, 100):
        found = causes.causes(ctx, clock.now(), most)
        assert [each.token_id for each in found.shown] == acting[:most]
    assert len({ranks[token_id] for token_id in acting}) > 1, "several ranks"
    assert (found.tokens, found.beginning) == (len(told), len(told) - len(acting))
    assert len(found.beginnings) == min(2, found.beginning)


def test_very_many_ends_are_counted_by_slot_as_few_are_grouped(
    ctx: Context, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_many(ctx, 60, clock.now())
    begin = clock.now()
    for number, row in enumerate(Listing.objects.order_by("name")):
        # Some exactly where a slot ends.
        at = begin + timedelta(hours=12) * number + timedelta(microseconds=number % 3 - 1)
        Listing.objects.filter(pk=row.pk).update(end_at=to_micros(at), now_at=0 if number % 7 == 0 else FOREVER)
    grouped = coming.ends_by_slot(ctx, begin, timedelta(days=20), 40)
    assert sum(slot.count for slot in grouped) == 40
    assert any(slot.urgent for slot in grouped)
    assert not all(slot.urgent for slot in grouped)
    monkeypatch.setattr(coming, "GROUPED", 0)
    assert coming.ends_by_slot(ctx, begin, timedelta(days=20), 40) == grouped


def rank(row: Listing, micros: int) -> Rank:
    if row.candidate_until > micros or row.now_at <= micros:
        return Rank.NOW
    return Rank.SOON if row.soon_at <= micros else Rank(row.base)


def oracle(wanted: Wanted, micros: int) -> list[str]:
    """The ids that are wanted, in order, by looking at every row."""
    searched = {
        row.id: "\n".join((row.configuration.folded, row.label, row.account or "")).casefold()
        for row in Token.objects.select_related("configuration")
    }
    for model in (MailAccount, WebService):
        for token_id, name in model.objects.exclude(token=None).values_list("token_id", "name"):
            searched[token_id] += f"\n{name.casefold()}"
    rows = [
        row
        for row in Listing.objects.all()
        if (not wanted.ranks or rank(row, micros) in wanted.ranks)
        and (not wanted.noticed or row.notice_at <= micros or row.candidate_until > micros)
        and all(word in searched[row.token_id] for word in wanted.words)
    ]

    def key(row: Listing) -> tuple[Any, ...]:
        end = (row.name, row.label)
        match wanted.sort:
            case Sort.URGENCY:
                urgent = row.urgent_at if rank(row, micros) is Rank.NOW else 0
                return (rank(row, micros), urgent, *end)
            case Sort.NAME:
                return end
            case Sort.PROVIDER:
                return (row.provider, *end)
            case Sort.ACCESS:
                return (row.access_ends_at, *end)
            case Sort.REFRESH:
                return (row.refresh_ends_at, *end)
            case Sort.USERS:
                return (row.users, *end)

    return [row.token_id for row in sorted(rows, key=key, reverse=wanted.descending)]

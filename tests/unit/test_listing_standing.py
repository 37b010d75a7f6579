"""The listing says in SQL what `standing` says in words: for generated rows, at several moments, on both databases."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bursar.clock import to_micros
from bursar.context import Context
from bursar.ids import new_id
from bursar.testing import FakeClock
from bursar.tokens import triggers
from bursar.tokens.board import counts, find, now_count
from bursar.tokens.causes import causes
from bursar.tokens.listing import Rank, rank_at
from bursar.tokens.models import Configuration, Consent, Listing, Token
from bursar.tokens.overview import list_tokens
from bursar.tokens.wanted import Wanted
from bursar.web.standing import Level, standing
from tests.browser.scenes import CODE, CREDENTIALS
from tests.unit.life_scene import Scene

NOW = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
INSTANTS = ("expires_at", "refresh_expires_at", "due_at", "secret", "candidate")
ENDS = st.one_of(st.none(), st.timedeltas(timedelta(days=-2), timedelta(days=70)))
CODES = ["refresh_token_missing", "scope_less", "invalid_grant", "invalid_client", "temporarily_unavailable"]


@st.composite
def tokens(draw: st.DrawFn) -> dict[str, Any]:
    """Columns of a token and its configuration, as they may meet."""
    rarely = st.integers(0, 9).map(lambda number: number == 0)
    return {
        "flow": draw(st.sampled_from(["code", "code", "cc"])),
        "validity": "invalid" if draw(rarely) else "valid",
        "secret_stored": not draw(rarely),
        "secret_held": draw(rarely),
        "state": draw(
            st.sampled_from(
                ["active"] * 6 + ["no_token", "revoked", "retrying", "retrying", "misconfigured", "needs_authorization"]
            )
        ),
        "held": draw(rarely),
        "access": not draw(rarely),
        "rejected": draw(rarely),
        "refresh": draw(st.booleans()),
        "error": draw(st.one_of(st.none(), st.none(), st.sampled_from(CODES))),
        **{name: draw(ENDS) for name in INSTANTS[:-1]},
        "candidate": draw(ENDS) if draw(rarely) else None,
    }


def critical(cases: list[dict[str, Any]]) -> list[timedelta]:
    """The moments at which something may turn: every end, a day before it and thirty, and a tick to each side."""
    found = {timedelta(0)}
    for case in cases:
        for name in INSTANTS:
            if case[name] is not None:
                at = case[name]
                if name == "secret":  # ends when its day begins
                    at = datetime.combine((NOW + at).date(), time(), UTC) - NOW
                found |= {at - before + tick for before in (0 * DAY, DAY, 30 * DAY) for tick in (-TICK, 0 * TICK, TICK)}
    return sorted(found)


def written(ctx: Context, case: dict[str, Any], number: int) -> str:
    """One token as generated, in the database, by plain rows: the triggers have to do the rest."""
    from bursar.tokens.transfer import import_documents

    name = f"Generated {number:03}"
    text = (CODE if case["flow"] == "code" else CREDENTIALS).format(name=name, host="sso.example", template="")
    if case["secret"] is not None:
        day = (NOW + case["secret"]).date()
        text = text.replace("    Scope:", f"    ClientSecretExpires: {day}\n    Scope:", 1)
    import_documents(ctx, text.encode(), "t.yml", overwrite=False, dry_run=False, by="t")
    configuration = Configuration.objects.get(name=name)
    token = Token.objects.get(configuration=configuration)
    if not case["secret_stored"]:
        Configuration.objects.filter(pk=configuration.pk).update(client_secret=None)
    Configuration.objects.filter(pk=configuration.pk).update(validity=case["validity"], secret_held=case["secret_held"])
    instants = {
        key: None if case[key] is None else NOW + case[key] for key in ("expires_at", "refresh_expires_at", "due_at")
    }
    Token.objects.filter(pk=token.pk).update(
        state=case["state"],
        held=case["held"],
        access_token=b"x" if case["access"] else None,
        access_sha256="0" * 64 if case["access"] else None,
        rejected_sha256="0" * 64 if case["rejected"] else None,
        refresh_token=b"x" if case["refresh"] else None,
        error_code=case["error"],
        **instants,
    )
    if case["candidate"] is not None:
        Consent.objects.create(
            id=new_id(),
            token_id=token.pk,
            configuration_generation=1,
            begun_at=NOW,
            ends_at=NOW + case["candidate"],
            candidate=b"x",
            candidate_account="other@example.org",
        )
    return token.pk


@pytest.fixture
def fast_scene(ctx: Context, clock: FakeClock) -> Context:
    clock.jump((NOW - clock.now()).total_seconds())
    return ctx


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=st.lists(tokens(), min_size=3, max_size=3))
def test_sql_and_words_agree_about_every_token_at_every_moment(
    fast_scene: Context, clock: FakeClock, cases: list[dict[str, Any]]
) -> None:
    ctx = fast_scene
    Configuration.objects.all().delete()
    clock.jump((NOW - clock.now()).total_seconds())
    ids = [written(ctx, case, number) for number, case in enumerate(cases)]
    for moment in critical(cases):
        clock.jump((NOW + moment - clock.now()).total_seconds())
        now = clock.now()
        said = {view.id: standing(view, now).level for view in list_tokens(ctx)}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT token_id, {rank_at(to_micros(now))} FROM tokens_listing")
            listed = {token_id: Rank(rank) for token_id, rank in cursor.fetchall()}
        for token_id, case in zip(ids, cases, strict=True):
            assert listed[token_id] == Rank[said[token_id].name], (moment, case)
    known = counts(ctx, now)
    assert known.total == len(ids)
    assert now_count(ctx, now) == known.ranks[Rank.NOW] == list(said.values()).count(Level.NOW)
    in_order = find(ctx, Wanted(), 1, 50, now, known).token_ids
    assert [Rank[said[token_id].name] for token_id in in_order] == sorted(listed.values())


def columns() -> list[tuple[Any, ...]]:
    return sorted(Listing.objects.values_list())


def test_a_rebuild_changes_nothing_that_the_triggers_wrote(scene: Scene) -> None:
    """By every use case of a life: they know nothing of the listing."""
    scene.add()
    scene.add_credentials()
    scene.authorize()
    scene.change("Validity", "invalid", "ERP connector")
    scene.change("Name", "Sales", "Sales inbox")
    kept = columns()
    assert list(Listing.objects.values_list("name", flat=True).order_by("name")) == [
        "ERP connector",
        "Sales",
    ]
    triggers.rebuild()
    assert columns() == kept


def test_the_listing_forgets_a_deleted_token_and_triggers_survive_a_migration(scene: Scene) -> None:
    scene.add()
    triggers.remove()
    scene.add_credentials()
    assert Listing.objects.count() == 1
    triggers.install()
    assert Listing.objects.count() == 2
    Configuration.objects.all().delete()
    assert Listing.objects.count() == 0


def test_one_cause_in_many_tokens_is_counted_once(scene: Scene) -> None:
    scene.add_credentials()
    configuration = Configuration.objects.get()
    for label in ("a", "b", "c"):
        Token.objects.create(id=new_id(), configuration=configuration, label=label)
    Token.objects.update(state="misconfigured", error_code="invalid_client")
    found = causes(scene.ctx, scene.clock.now(), 10)
    assert [cause.count for cause in found.shown] == [4]
    assert found.tokens == 4

"""Many rows in one statement, on every database."""

import pytest
from django.db import connection

from bursar.bulk import insert_many, update_many
from bursar.context import Context
from bursar.ids import new_id
from bursar.tokens.models import Configuration, Token

ATTEMPT = ("id", "token_id", "generation", "grant", "worker", "asker", "by", "started_at")


@pytest.fixture
def token(ctx: Context) -> Token:
    now = ctx.clock.now()
    configuration = Configuration.objects.create(name="a", document="{}", created_at=now, changed_at=now)
    return Token.objects.create(configuration=configuration)


def attempts(token: Token, count: int) -> list[str]:
    ids = sorted(new_id() for _ in range(count))
    rows = [(each, token.id, n, "refresh_token", "w", "", "", n) for n, each in enumerate(ids)]
    with connection.cursor() as cursor:
        insert_many(cursor, "tokens_attempt", ATTEMPT, rows)
    return ids


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, 3, 300])
def test_each_row_gets_its_own_values(token: Token, count: int) -> None:
    ids = attempts(token, count)
    rows = [(None if n % 2 else f"said {n}", None, n, each, n) for n, each in enumerate(ids)]
    columns = ("answer", "outcome", "finished_at")
    with connection.cursor() as cursor:
        assert update_many(cursor, "tokens_attempt", columns, ("id", "generation"), rows) == count
    kept = list(token.attempts.order_by("id").values_list("answer", "outcome"))
    assert kept == [(None if n % 2 else f"said {n}", None) for n in range(count)]


@pytest.mark.django_db
def test_rows_that_moved_are_told_by_the_count(token: Token) -> None:
    """SEC-27: who compares and swaps learns of it."""
    ids = attempts(token, 4)
    rows = [("late", each, n if n != 2 else 99) for n, each in enumerate(ids)]
    with connection.cursor() as cursor:
        assert update_many(cursor, "tokens_attempt", ("outcome",), ("id", "generation"), rows) == 3
    assert token.attempts.filter(outcome="late").count() == 3

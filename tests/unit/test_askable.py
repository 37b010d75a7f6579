"""What no database takes as a question is asked of none: unknown names are the answer, not a surprise."""

import pytest

from bursar.askable import askable, is_askable
from bursar.context import Context
from bursar.errors import NotFound
from bursar.tokens.obtain import find
from bursar.tokens.outcome import Refusal


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "half \udfff"])
def test_a_nul_and_half_a_character_are_left_out(text: str) -> None:
    assert not is_askable(text)
    assert is_askable(askable(text))
    assert askable(f"{text} Post 😀") == askable(text) + " Post 😀"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["a\0", "\ud800"])
def test_they_name_nothing(ctx: Context, name: str) -> None:
    from bursar.access import keys

    assert isinstance(find(ctx, name), Refusal)
    with pytest.raises(NotFound):
        keys.find_key(ctx, askable(name))

"""What a run over several accounts comes to as an exit code."""

import pytest

from bursar.errors import BursarError, PersonMustAct, Refused, Temporary
from bursar.mail.result import Result, exit_code
from bursar.outbound import OutboundRefused

PERSON, HELD = PersonMustAct("Authorize."), Refused("It is held.", code="held")
BUSY, DOWN = Temporary("Another run.", code="account_busy"), Temporary("No answer.")
PLAIN, INSIDE = OutboundRefused("Not encrypted.", code="plaintext_refused"), OutboundRefused("Not public.")


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], 0),
        ([None, None], 0),
        ([None, BUSY], 5),
        ([DOWN, None], 5),
        ([DOWN, PERSON, None], 4),
        ([HELD], 4),
        ([HELD, DOWN], 4),
        ([PLAIN, None], 6),
        ([PLAIN, INSIDE], 6),
        ([PLAIN, DOWN], 4),
        ([PLAIN, HELD], 4),
    ],
)
def test_four_if_any_needs_a_person_else_five_if_any_failed_else_none(
    errors: list[BursarError | None], code: int
) -> None:
    """Six is the code of the rule about addresses, where nothing but that went wrong."""
    assert exit_code([Result(f"account {n}", error=error) for n, error in enumerate(errors)]) == code

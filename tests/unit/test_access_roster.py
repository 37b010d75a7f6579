"""What becomes of people: roles, ends, invitations; an administrator always stays."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from bursar.access import invitations, roster
from bursar.access.models import Invitation, Person
from bursar.access.people import add_person
from bursar.context import Context
from bursar.errors import BursarError, InvalidInput, NotFound, Refused
from bursar.testing import FakeClock

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a long enough sentence"
JANA, TOM = "jana@kestrel.example", "tom@kestrel.example"


def admins(*emails: str) -> None:
    for email in emails:
        add_person(email, Person.ADMIN, PASSWORD)


@pytest.mark.parametrize("end", [roster.disable, roster.delete, lambda email: roster.set_role(email, "auditor")])
def test_the_last_administrator_stays(end: "object") -> None:
    """SEC-42: a disabled administrator doesn't count."""
    admins(JANA, TOM)
    roster.disable(TOM)
    with pytest.raises(Refused) as refused:
        end(JANA)  # type: ignore[operator]
    assert refused.value.code == "last_administrator"
    roster.enable(TOM)
    end(JANA)  # type: ignore[operator]
    assert not Person.objects.filter(email=JANA, role=Person.ADMIN, is_active=True).exists()


def test_two_administrators_who_end_each_other_at_once_leave_one() -> None:
    """SEC-42"""
    admins(JANA, TOM)

    def end(email: str) -> bool:
        try:
            return roster.set_role(email, "auditor")
        except BursarError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(end, (JANA, TOM))) == [False, True]
    assert Person.objects.filter(role=Person.ADMIN).count() == 1


def test_ended_sessions_don_t_come_back_with_the_account() -> None:
    """SEC-38: what was signed before is worth nothing, after enabling too."""
    admins(JANA, TOM)
    seen = {roster.find_person(JANA).get_session_auth_hash()}
    for change in (roster.end_sessions, roster.disable, roster.end_sessions):
        change(JANA)
        seen.add(roster.find_person(JANA).get_session_auth_hash())
    roster.enable(JANA)
    assert len(seen) == 4
    assert roster.find_person(TOM).get_session_auth_hash() not in seen


def test_nobody_of_that_address_is_said() -> None:
    with pytest.raises(NotFound, match="Nobody signs in as eve"):
        roster.set_role("eve@evil.example", "admin")
    with pytest.raises(InvalidInput, match="admin or auditor"):
        roster.set_role(JANA, "owner")


# -- invitations ----------------------------------------------------------------------------------------------------


def test_an_invitation_is_used_once_and_stored_hashed(ctx: Context) -> None:
    """SEC-36, SEC-37"""
    token = invitations.invite(ctx, "Ada@Kestrel.example", "auditor", JANA, "Ada")
    assert token not in repr(Invitation.objects.values().get())
    with pytest.raises(InvalidInput, match="too short"):
        invitations.redeem(ctx, token, "Ada", "short")
    with pytest.raises(InvalidInput, match="Enter your name"):
        invitations.redeem(ctx, token, " ", PASSWORD)
    person = invitations.redeem(ctx, token, "Ada Byron", PASSWORD)
    assert (person.email, person.role, person.name) == ("ada@kestrel.example", "auditor", "Ada Byron")
    assert person.check_password(PASSWORD)
    with pytest.raises(Refused) as used:
        invitations.redeem(ctx, token, "Eve", PASSWORD)
    assert used.value.code == "invitation_closed"


def test_an_invitation_ends_after_three_days_with_a_newer_one_and_with_its_maker(
    clock: FakeClock, ctx: Context
) -> None:
    """SEC-36, SEC-42: an invitation that never expires outlives who made it."""
    admins(JANA, TOM)
    first = invitations.invite(ctx, "ada@kestrel.example", "admin", JANA)
    second = invitations.invite(ctx, "ada@kestrel.example", "auditor", JANA)
    assert invitations.open_invitation(ctx, first) is None
    assert [each.role for each in invitations.pending(ctx)] == ["auditor"]
    roster.set_role(JANA, "auditor")
    assert invitations.open_invitation(ctx, second) is None
    third = invitations.invite(ctx, "ada@kestrel.example", "auditor", TOM)
    clock.advance(3 * 86_400 - 1)
    assert invitations.open_invitation(ctx, third) is not None
    clock.advance(1)
    assert invitations.open_invitation(ctx, third) is None
    assert invitations.pending(ctx) == []
    fourth = invitations.invite(ctx, "ada@kestrel.example", "auditor", TOM)
    assert invitations.withdraw("Ada@kestrel.example")
    assert not invitations.withdraw("ada@kestrel.example")
    assert invitations.open_invitation(ctx, fourth) is None


def test_an_address_that_is_taken_or_none_is_refused(ctx: Context) -> None:
    admins(JANA)
    with pytest.raises(Refused, match="is there already"):
        invitations.invite(ctx, JANA.upper(), "auditor", TOM)
    with pytest.raises(InvalidInput, match=r"not an e-mail address.*The role is"):
        invitations.invite(ctx, "jana", "owner", TOM)


def test_a_password_link_sets_a_new_password_and_ends_sessions(ctx: Context) -> None:
    """SEC-38"""
    admins(JANA, TOM)
    before = roster.find_person(TOM).get_session_auth_hash()
    token = invitations.password_link(ctx, TOM, JANA)
    assert invitations.pending(ctx) == []
    with pytest.raises(InvalidInput, match="too common"):
        invitations.redeem(ctx, token, "", "password1234")
    invitations.redeem(ctx, token, "", "quite another sentence")
    after = roster.find_person(TOM)
    assert after.check_password("quite another sentence")
    assert after.get_session_auth_hash() != before
    stale = invitations.password_link(ctx, TOM, JANA)
    roster.disable(TOM)
    with pytest.raises(Refused):
        invitations.redeem(ctx, stale, "", PASSWORD)
    with pytest.raises(Refused, match="may not sign in"):
        invitations.password_link(ctx, TOM, JANA)

"""What has ended is gone within a minute, and nothing else is."""

import pytest
from django.contrib.sessions.models import Session

from bursar.access import invitations
from bursar.access.models import Invitation
from bursar.context import Context
from bursar.scheduler.housekeeping import Housekeeping
from bursar.testing import FakeClock
from bursar.tokens import uploads
from bursar.tokens.models import Upload
from tests.unit.document_samples import as_yaml, entry

pytestmark = pytest.mark.django_db(transaction=True)


def test_uploads_invitations_and_sessions_go_when_they_have_ended(clock: FakeClock, ctx: Context) -> None:
    """SEC-35: the sealed file with its client secrets too, though nobody asks for it any more."""
    keeper = Housekeeping(ctx)
    uploads.receive(ctx, as_yaml(entry("A")), "f.yml", person="jana", overwrite=False)
    invitations.invite(ctx, "ada@kestrel.example", "auditor", "jana")
    for name, seconds in (("short", 600), ("long", 86_400 * 9)):
        clock.advance(seconds)
        Session.objects.create(session_key=name, session_data="", expire_date=ctx.clock.now())
        clock.jump(-seconds)
    assert keeper.tidy()
    assert not keeper.tidy()
    assert (Upload.objects.count(), Invitation.objects.count(), Session.objects.count()) == (1, 1, 2)
    clock.advance(1800)
    assert keeper.tidy()
    assert (Upload.objects.count(), Invitation.objects.count()) == (0, 1)
    assert [each.session_key for each in Session.objects.all()] == ["long"]
    clock.advance(3 * 86_400)
    keeper.tidy()
    assert Invitation.objects.count() == 0

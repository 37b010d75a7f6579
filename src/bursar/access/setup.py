"""The one-time link with which the first administrator sets a password (SEC-36)."""

import hashlib

from django.db.utils import IntegrityError

from ..clock import Clock, SystemClock, to_micros
from ..context import Context
from ..errors import Refused
from .models import Person, SetupLink
from .one_at_a_time import one_at_a_time
from .people import add_person

TOKEN_BYTES = 32
_CLOCK = SystemClock()


def is_needed() -> bool:
    """Whether there is nobody yet who could sign in."""
    return not Person.objects.exists()


def new_setup_link(ctx: Context) -> str:
    """A new token for `<base>/setup/<token>`. Only its hash is stored. Raises Refused once there is anybody."""
    if not is_needed():
        raise Refused("There is an administrator already.", code="setup_done", action="Sign in.")
    token = ctx.randomness.token(TOKEN_BYTES)
    SetupLink.objects.create(token_sha256=_hashed(token), created_at=to_micros(ctx.clock.now()))
    return token


def is_open(token: str) -> bool:
    """Whether this token still lets somebody become the first administrator."""
    return SetupLink.objects.filter(token_sha256=_hashed(token), used_at=None).exists() and is_needed()


def redeem(token: str, email: str, password: str, name: str, clock: Clock = _CLOCK) -> Person:
    """Make the first administrator. Of any number of callers at once, with this link or another, one succeeds.

    Raises Refused (`setup_link`) where the link was never valid or is used, InvalidInput for a bad address or
    password; the link stays good after the latter.
    """
    try:
        with one_at_a_time():
            if not is_open(token):
                raise _closed()
            person = add_person(email, Person.ADMIN, password, name)
            SetupLink.objects.filter(used_at=None).update(used_at=to_micros(clock.now()))
            return person
    except IntegrityError:
        raise _closed() from None


def _closed() -> Refused:
    return Refused(
        "This link is not valid, or it has been used.",
        code="setup_link",
        action="Restart `bursar serve` for a new one, or add an administrator with `bursar people add`.",
    )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""What a consumer of tokens would send where nobody has confirmed it, as a question in its form (SEC-62)."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from ...tokens.edit import Moves
from ..step_up import needs_password
from .moved import Question, question


def open_question(request: HttpRequest, moves: Moves, *, new: bool = False) -> Question | None:
    """The question that is still open. Who adds one within minutes of giving the password has said yes by it."""
    if new and not needs_password(request):
        return None
    return question(moves, request, what_of(moves))


def what_of(moves: Moves) -> str:
    """What of the consumer it is about."""
    if moves.secret and moves.tokens:
        return _("the token and the stored secrets")
    return _("the stored secrets") if moves.secret else _("the token")

"""A change of where secrets are sent, in a form (SEC-62, SEC-43): shown before it is saved, and said yes to."""

from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...tokens.edit import Moves
from ..step_up import stepped_up
from .specs import LABELS, Text

CONFIRM, HOLD = "confirm", "hold"


@dataclass(frozen=True, slots=True)
class Question:
    """What the page asks: each address with where it was, what would be held, and the answer so far."""

    rows: tuple[tuple[Text, str, str], ...]
    what: str  # "the client secret and 2 tokens"; empty where nothing is stored that would be held
    digest: str
    answer: str
    refused: bool  # it was answered, but for the password


def question(moves: Moves, request: HttpRequest, what: str | None = None) -> Question | None:
    """The question that is still open; None where nothing moves, or a person has said yes to exactly this.

    `what` names what would be held, where it is no secret of a configuration.
    Saying it takes the password, unless it was confirmed just now. Raises BadRequest for an answer that can't be.
    """
    if not moves:
        return None
    answer = request.POST.get("moved", "")
    if answer not in ("", CONFIRM, HOLD):
        raise BadRequest
    answered = bool(answer) and request.POST.get("moves") == moves.digest
    if answered and stepped_up(request):
        return None
    request.audit_asked = True  # type: ignore[attr-defined]
    rows = tuple((LABELS.get(each.path, each.path), each.before, each.after) for each in moves.moved)
    return Question(rows, _held(moves) if what is None else what, moves.digest, answer or CONFIRM, answered)


def confirmed(request: HttpRequest) -> bool:
    """Whether nothing is to stay held."""
    return request.POST.get("moved") == CONFIRM


def _held(moves: Moves) -> str:
    tokens = ngettext("one token", "%(count)d tokens", moves.tokens) % {"count": moves.tokens} if moves.tokens else ""
    if moves.secret and tokens:
        return _("the client secret and %(tokens)s") % {"tokens": tokens}
    return _("the client secret") if moves.secret else tokens

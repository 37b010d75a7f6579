"""A web service gets the message as JSON, by one of its invokers; the delivery id is the idempotency key.

What passes by itself is tried again in later runs, with the message still on its server; what the service refuses for
good, or what can't be made of the message, goes to quarantine; what concerns every message alike ends the run.
"""

from django.db.backends.utils import CursorWrapper

from ...context import Context
from ...errors import BursarError, InvalidInput, Temporary
from ...webservices.call import Attempt, Outcome, call
from ...webservices.models import WebService
from ...webservices.services import find
from .destination import Failure, Parcel
from .message_json import as_json
from .one_by_one import Closed
from .spec import InvokerSpec

ORIGIN = "mail"
_OF_THIS_MESSAGE = frozenset(
    ("service_refused", "condition_failed", "answer_unreadable", "mapping_failed", "answer_too_large")
)


class Invoker:
    """Calls the invoker of `spec`."""

    def __init__(self, ctx: Context, spec: InvokerSpec) -> None:
        self._ctx = ctx
        self._spec = spec

    def prepare(self) -> None:
        """Nothing has to be there."""

    def hand(self, parcel: Parcel) -> Failure | None:
        data = as_json(parcel.id, parcel.recipient, parcel.body)
        try:
            outcome = call(self._ctx, self._service(), self._spec.invoker, data, Attempt(ORIGIN, parcel.id))
        except InvalidInput as problem:
            return Failure(_reason(problem), permanent=True)
        except BursarError as problem:
            raise Closed(_reason(problem)) from None
        return self._judged(outcome)

    def close(self) -> None:
        """Nothing is kept open."""

    def _judged(self, outcome: Outcome) -> Failure | None:
        error = outcome.error
        if error is None:
            return None
        if error.code in _OF_THIS_MESSAGE:
            return Failure(_reason(error), permanent=True)
        if isinstance(error, Temporary):
            return Failure(_reason(error), blocked=True, doubtful=outcome.status is None)
        raise Closed(_reason(error))

    def _service(self) -> WebService:
        def read(_: CursorWrapper) -> WebService:
            return find(self._spec.service)

        return self._ctx.storage.read(read)


def _reason(problem: BursarError) -> str:
    return problem.sentence.rstrip(".")

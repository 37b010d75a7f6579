"""What asking for a token can end in: a token, or a refusal that says what has to happen. Both are values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..errors import BursarError, NotFound, PersonMustAct, Refused, Temporary
from ..keyring import Secret


class RefusalKind(StrEnum):
    """Who can change a refusal; each maps to one exit code and one HTTP status (`errors`)."""

    PERSON = "person"
    TEMPORARY = "temporary"
    REFUSED = "refused"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Refusal:
    """No token, and why: a stable `code`, one sentence, the next step; `retry_after` in seconds where it is known.

    `token_id` is set where a person's own authorization of that token came to nothing, so that it can be begun again.
    """

    kind: RefusalKind
    code: str
    sentence: str
    action: str = ""
    retry_after: float | None = None
    token_id: str = field(default="", compare=False)

    def as_error(self) -> BursarError:
        """The same as an exception, for the edge where a command or page ends."""
        match self.kind:
            case RefusalKind.PERSON:
                return PersonMustAct(self.sentence, code=self.code, action=self.action)
            case RefusalKind.TEMPORARY:
                return Temporary(self.sentence, code=self.code, action=self.action, retry_after=self.retry_after)
            case RefusalKind.REFUSED:
                return Refused(self.sentence, code=self.code, action=self.action)
            case RefusalKind.NOT_FOUND:
                return NotFound(self.sentence, code=self.code, action=self.action)


@dataclass(frozen=True, slots=True)
class Obtained:
    """A usable access token. No refresh token is ever part of it."""

    access_token: Secret
    token_type: str
    expires_at: datetime
    scope: str | None
    account: str | None
    sha256: str
    token_id: str = ""

    def expires_in(self, now: datetime) -> int:
        """Whole seconds of life left, never negative."""
        return max(0, int((self.expires_at - now).total_seconds()))


@dataclass(frozen=True, slots=True)
class Consented:
    """A consent was finished and its token is stored; `warning` says what is amiss with it (SEC-14, SEC-20)."""

    name: str
    account: str | None
    expires_at: datetime
    warning: str | None


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """Another account signed in than before (SEC-13): its token waits under `consent_id`, the old one stays in use."""

    consent_id: str
    name: str
    before: str
    now: str


def quoted(name: str) -> str:
    """A name as one word for the shell, so that a printed command can be copied."""
    return "'" + name.replace("'", "'\\''") + "'"

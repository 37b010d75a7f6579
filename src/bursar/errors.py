"""The one error tree. Each error has a stable code and a sentence for the administrator.

    BursarError                exit 1   something Bursar did not expect
    ├── InvalidInput           exit 2   usage, or a document that breaks a rule
    ├── NotFound               exit 3   no such thing
    ├── PersonMustAct          exit 4   only a person can go on; `action` says how
    ├── Temporary              exit 5   try again; `retry_after` says when, where it is known
    └── Refused                exit 6   in use, held, not valid, key missing, address not admitted

Expected refusals inside the token life are values (`tokens.outcome.Refusal`); they become one of these
only at the edge, where a command or a page has to end.
"""


class BursarError(Exception):
    """A failure with a stable `code` and one `sentence` an administrator can act on.

    `action` is the next step in one imperative sentence, empty where the sentence says it already.
    """

    default_code = "unexpected"
    exit_code = 1
    http_status = 500

    def __init__(self, sentence: str, *, code: str | None = None, action: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.default_code
        self.action = action

    def __str__(self) -> str:
        return f"{self.sentence} {self.action}".rstrip()


class InvalidInput(BursarError):
    """What was given breaks a rule; nothing was changed."""

    default_code = "invalid_input"
    exit_code = 2
    http_status = 422


class NotFound(BursarError):
    """There is no such thing, or the caller may not know of it."""

    default_code = "not_found"
    exit_code = 3
    http_status = 404


class PersonMustAct(BursarError):
    """Bursar has stopped asking: only a person can change the outcome."""

    default_code = "person_must_act"
    exit_code = 4
    http_status = 409


class Temporary(BursarError):
    """Trouble that passes by itself. `retry_after` is in seconds, None where unknown."""

    default_code = "temporary"
    exit_code = 5
    http_status = 503

    def __init__(
        self, sentence: str, *, code: str | None = None, action: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(sentence, code=code, action=action)
        self.retry_after = retry_after


class Refused(BursarError):
    """A rule of Bursar's own forbids it until something else is changed."""

    default_code = "refused"
    exit_code = 6
    http_status = 409


def changed_meanwhile(name: str) -> Temporary:
    """The refusal of a change that was made against something older than what is there."""
    return Temporary(
        f'"{name}" was changed by somebody else meanwhile.',
        code="changed_meanwhile",
        action="Look at what it is now, then change it again.",
    )

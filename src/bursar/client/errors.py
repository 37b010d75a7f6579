"""What asking Bursar for a token can end in, besides a token."""


class BursarError(Exception):
    """`code` is stable, `sentence` is for a person, `action` is the next step (empty where there is none)."""

    def __init__(self, sentence: str, *, code: str, action: str = "") -> None:
        super().__init__(f"{sentence} {action}".rstrip())
        self.sentence = sentence
        self.code = code
        self.action = action


class NotPermitted(BursarError):
    """The key is not valid, lacks a right, or there is no such name for it (401, 403, 404)."""


class PersonMustAct(BursarError):
    """No token until a person does something (409): `code` is authorization_required, misconfigured,
    configuration_invalid, held or revoked."""


class Temporary(BursarError):
    """No token just now, or Bursar can't be reached (503); `retry_after` in seconds, None where unknown."""

    def __init__(self, sentence: str, *, code: str, action: str = "", retry_after: float | None = None) -> None:
        super().__init__(sentence, code=code, action=action)
        self.retry_after = retry_after

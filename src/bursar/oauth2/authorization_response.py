"""The provider's answer by way of the browser, judged as data (RFC 6749 §4.1.2, §4.1.2.1; SEC-11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..keyring import Secret
from .redact import redact_text

MOST_PARAMETERS = 50
LONGEST_VALUE = 16 * 1024
LONGEST_ERROR = 200
DESCRIPTION = "error_description"


@dataclass(frozen=True, slots=True)
class Approved:
    """The person agreed; `code` is to be exchanged once. `iss` is RFC 9207's issuer, None where absent."""

    code: Secret
    iss: str | None


@dataclass(frozen=True, slots=True)
class Declined:
    """The provider answered with an error, cut to 1,000 characters without control characters."""

    error: str
    description: str
    iss: str | None


@dataclass(frozen=True, slots=True)
class CallbackRefused:
    """The answer breaks a rule, so nothing in it is used."""

    code: str
    sentence: str


def read_callback(
    parameters: Sequence[tuple[str, str]], mapping: Mapping[str, str]
) -> Approved | Declined | CallbackRefused:
    """Read the callback's query. `mapping` says which member carries the code; `code` does where it is silent.

    No parameter may come twice (§3.1): of two codes or two issuers nobody could say which one counts.
    """
    names = [name for name, _ in parameters]
    description_name = _member(mapping, "ErrorDescription", DESCRIPTION)
    if len(names) > MOST_PARAMETERS or any(
        len(value) > LONGEST_VALUE for name, value in parameters if name not in (DESCRIPTION, description_name)
    ):
        return CallbackRefused("callback_too_long", "The provider's answer is longer than any that can be right.")
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        return CallbackRefused("parameter_doubled", f"The provider's answer has {redact_text(doubled[0][:50])} twice.")
    found = dict(parameters)
    iss = found.get("iss")
    if iss is not None and not (0 < len(iss) <= 2048 and iss.isprintable()):
        return CallbackRefused("issuer_invalid", "The answer names its issuer in a way that no issuer is named.")
    error = found.get(_member(mapping, "ErrorMessage", "error")) or found.get("error")
    if error:
        description = found.get(description_name) or found.get(DESCRIPTION, "")
        return Declined(redact_text(error)[:LONGEST_ERROR], redact_text(description), iss)
    code = found.get(_member(mapping, "AuthorizationCode", "code")) or found.get("code")
    if not code or not code.isascii() or not code.isprintable():
        return CallbackRefused("code_missing", "The provider's answer carries neither a code nor an error.")
    return Approved(Secret(code), iss)


def _member(mapping: Mapping[str, str], meaning: str, usual: str) -> str:
    return next((name for name, means in mapping.items() if means == meaning), usual)

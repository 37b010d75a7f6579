"""A provider's error in plain words: who did what, and what a person does about it. Pure.

The provider's own meaning of an error (`known_errors`) comes before RFC 6749's (§4.1.2.1, §5.2), then the status.
"""

import re
from dataclasses import dataclass

from .known_errors import AUTHORIZE, MICROSOFT, words_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sentence that says what happened, one that says what to do."""

    sentence: str
    action: str


_STANDARD = {
    "invalid_grant": ("{p} refuses the refresh token: it was revoked or has ended.", AUTHORIZE),
    "invalid_client": (
        "{p} refuses the client ID or the client secret.",
        "Enter the client secret again, or correct the client ID.",
    ),
    "unauthorized_client": (
        "{p} doesn't let this application use this flow.",
        "Allow the flow in the application's registration.",
    ),
    "invalid_scope": ("{p} refuses the scope.", "Correct the scope."),
    "unsupported_grant_type": ("{p} doesn't offer this flow at this address.", "Check the token URL."),
    "invalid_request": (
        "{p} finds the request malformed.",
        "Check the addresses and parameters against the provider's page.",
    ),
    "access_denied": ("The person, or a policy at {p}, declined.", "Authorize again and accept what is asked."),
    "interaction_required": ("{p} wants the person to sign in again.", AUTHORIZE),
    "login_required": ("{p} wants the person to sign in again.", AUTHORIZE),
    "consent_required": ("{p} wants the person's consent again.", AUTHORIZE),
    "redirect_uri_mismatch": (
        "The redirect URI isn't registered at {p}.",
        "Add the redirect URI to the application there.",
    ),
    "org_internal": (
        "{p} admits only people of the application's own organisation.",
        "Sign in with an address of that organisation.",
    ),
    "temporarily_unavailable": ("{p} is temporarily unavailable.", ""),
    "server_error": ("{p} reports trouble of its own.", ""),
}
# Where no answer came, by the codes of `bursar.outbound`.
_NO_ANSWER = {
    "network_failed": ("{p} can't be reached.", ""),
    "timeout": ("{p} didn't answer in time.", ""),
    "tls_failed": ("{p} can't be reached over TLS that Bursar trusts.", "Check the provider's certificate."),
    "answer_too_large": ("{p} answered with more than Bursar reads.", "Check that the token URL is the right one."),
}
_CODE = re.compile(r"AADSTS(\d{4,7})")


def explain(provider: str, error: str, description: str, status: int) -> Explanation:
    """What the error answer of `provider` (its name or host) means. `status` is 0 where no answer came."""
    found = _CODE.search(description)
    words = MICROSOFT.get(int(found[1])) if found else words_of(provider, error, description)
    words = words or _STANDARD.get(error)
    if words is None and "unsupported_token_type" in error:
        words = ("{p} can't revoke this kind of token.", "")
    if words is None:
        words = _by_status(error, status)
    sentence, action = words
    return Explanation(sentence.format(p=provider), action.replace("{p}", provider))


def _by_status(error: str, status: int) -> tuple[str, str]:
    safe = error.replace("{", "(").replace("}", ")")
    if status == 0:
        if error in _NO_ANSWER:
            return _NO_ANSWER[error]
        return "{p} can't be reached" + (f" ({safe})" if safe else "") + ".", ""
    if status in (408, 425, 429) or status >= 500:
        return f"{{p}} answers {status}.", ""
    if 200 <= status < 300:
        if safe:
            return f"{{p}} answered with an error Bursar doesn't know: {safe}.", "Read the provider's own words."
        return "{p} answered without a usable token.", "Check that the token URL is the right one."
    if 300 <= status < 400:
        return (
            f"{{p}} redirects the token URL (status {status}), and tokens are never sent on.",
            "Enter the final address as token URL.",
        )
    if status in (404, 405):
        return f"{{p}} offers no token endpoint at this address (status {status}).", "Check the token URL."
    if status in (401, 403):
        return f"{{p}} refuses the client ID or the client secret (status {status}).", "Enter the client secret again."
    if safe:
        return f"{{p}} refused: {safe} (status {status}).", "Read the provider's own words."
    return f"{{p}} refused the request without saying why (status {status}).", AUTHORIZE

"""From a provider's answer to what is stored: dates, warnings, verdicts in plain words."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ..clock import Randomness
from ..oauth2.token_endpoint import ErrorAnswer, TokenAnswer, Verdict
from ..providers.explain import Explanation, explain
from . import timing
from .facts import Facts
from .hindrance import authorization_required
from .life import Failure, Grown
from .outcome import Refusal, RefusalKind
from .rows import TokenRow

STATES = {
    Verdict.NEEDS_AUTHORIZATION: "needs_authorization",
    Verdict.MISCONFIGURED: "misconfigured",
    Verdict.RETRYING: "retrying",
}
# The provider refused the client, not this one authorization: every token of the configuration would fail (SEC-19).
CLIENT_ERRORS = frozenset({"invalid_client", "unauthorized_client"})
# A provider that names neither an end nor a refresh token, in a document that takes such tokens to live for years.
ENDLESS = 365 * 86_400.0


def grown(
    row: TokenRow,
    facts: Facts,
    answer: TokenAnswer,
    asked_at: datetime,
    randomness: Randomness,
    identity: Mapping[str, str | None] | None = None,
) -> Grown:
    """The material of a success. Its life counts from before the request was sent (SEC-21)."""
    options = facts.document.options
    lifetime, assumed = timing.lifetime_of(answer.expires_in, options.assumed_lifetime)
    expires_at = asked_at + timedelta(seconds=lifetime)
    refresh_expires_at = None
    if answer.refresh_expires_in is not None and answer.refresh_expires_in > 0:  # 0 is Keycloak's word for no end
        refresh_expires_at = asked_at + timedelta(seconds=min(answer.refresh_expires_in, timing.LONGEST_LIFETIME))
    # A consent replaces the whole authorization, so its scope is as asked; a refresh leaves what was granted.
    scope = answer.scope or (row.scope if identity is None and row.scope else facts.document.scope)
    renewable = row.c_flow == "client_credentials" or answer.refresh_token is not None or row.refresh_token is not None
    due_at = None
    if renewable:
        due_at = timing.refresh_at(asked_at, expires_at, options.refresh_margin, randomness.uniform(0, 1))
    return Grown(
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        scope=scope,
        issued_at=asked_at,
        expires_at=expires_at,
        expiry_assumed=assumed,
        refresh_expires_at=refresh_expires_at,
        due_at=due_at,
        identity=dict(identity or {}),
        warning=_warning(facts, scope, renewable or (assumed and lifetime >= ENDLESS)),
        useless=_useless(row, facts, answer, asked_at, randomness),
    )


def _useless(row: TokenRow, facts: Facts, answer: TokenAnswer, now: datetime, randomness: Randomness) -> Failure | None:
    """A provider that gives the refused token again is asked again later, not by everybody who needs a token."""
    if answer.access_token.sha256() != row.rejected_sha256:
        return None
    delay = timing.retry_delay(row.failures + 1, None, randomness.uniform(0, 1))
    return Failure(
        "retrying",
        "token_refused_again",
        f"{facts.provider} gave the very token again that a server had refused.",
        "",
        "",
        now + timedelta(seconds=delay),
    )


def failure(row: TokenRow, facts: Facts, answer: ErrorAnswer, now: datetime, randomness: Randomness) -> Failure:
    """The verdict of an error answer, with the time of the next attempt where trying again can help."""
    words = explain(facts.provider, answer.error, answer.description, answer.status)
    if row.c_flow == "client_credentials" and answer.error == "invalid_grant":
        # No refresh token and no person is behind this grant, whatever the provider's words suggest.
        words = Explanation(
            f"{facts.provider} refuses to give this application a token.",
            "Check what the application is allowed there.",
        )
    next_attempt_at = None
    if answer.verdict is Verdict.RETRYING:
        delay = timing.retry_delay(row.failures + 1, answer.retry_after, randomness.uniform(0, 1))
        next_attempt_at = now + timedelta(seconds=delay)
    code = answer.error if answer.error.isidentifier() else STATES[answer.verdict]
    return Failure(STATES[answer.verdict], code, words.sentence, words.action, answer.answer, next_attempt_at)


def refusal(row: TokenRow, verdict: Failure, now: datetime) -> Refusal:
    """A fresh verdict as the refusal that the caller gets."""
    match verdict.state:
        case "retrying":
            wait = (verdict.next_attempt_at - now).total_seconds() if verdict.next_attempt_at else None
            again = "" if wait is None else f"Bursar tries again in {wait:.0f} s."
            return Refusal(RefusalKind.TEMPORARY, verdict.code, verdict.sentence, again, wait)
        case "needs_authorization" if row.c_flow != "client_credentials":
            return authorization_required(row, verdict.sentence)
        case _:
            return Refusal(RefusalKind.PERSON, verdict.code, verdict.sentence, verdict.action)


def _warning(facts: Facts, granted: str | None, lasting: bool) -> tuple[str, str, str] | None:
    if not lasting and facts.plan("TokenByRefreshToken") is not None:
        return (
            "refresh_token_missing",
            f"{facts.provider} gave no refresh token, so access ends with this token.",
            "Allow offline access at the provider, then authorize again.",
        )
    wanted = set((facts.document.scope or "").replace(",", " ").split())  # Zoho and Slack separate by commas
    lost = wanted - set((granted or "").split())
    # `.default` stands for whatever the application may do, and offline_access is never part of an answer's scope.
    lost = {scope for scope in lost if not scope.endswith(".default") and scope != "offline_access"}
    if granted and lost:
        return (
            "scope_reduced",
            f"{facts.provider} granted less than was asked for: {' '.join(sorted(lost))} is missing.",
            "Allow it in the application's registration, then authorize again.",
        )
    return None

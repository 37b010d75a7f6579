"""The callback: what the provider sent back is judged, consumed exactly once, exchanged, and stored.

    known? ─► this person's, this session's? ─► in time, unchanged? ─► consumed ─► issuer ─► error? ─► code ─► exchange

Up to "consumed" nothing changes, so that a stranger who opens somebody's callback can't spoil it (SEC-7).
After it the consent is used up whatever happens (SEC-8), and the code reaches one token endpoint or none (SEC-10).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context
from ..errors import Refused
from ..grants import GrantKind, fetch_userinfo, run_grant
from ..keyring import Place, SealBroken, Secret
from ..oauth2.authorization_response import CallbackRefused, Declined, read_callback
from ..oauth2.id_token import Identity, IdTokenRefused, read_id_token
from ..oauth2.token_endpoint import ErrorAnswer, TokenAnswer, Verdict
from ..providers.explain import explain
from . import answer as answers
from . import life
from .asker import person as by_person
from .authorize import TABLE, sha256
from .candidate import consented, set_aside
from .commit import commit_surely
from .facts import Facts, facts_of
from .hindrance import held
from .history import ACCOUNT_WAITS, AUTHORIZED, CONSENT_FAILED, note
from .outcome import AccountChanged, Consented, Refusal, RefusalKind
from .revocations import queue_late
from .rows import TokenRow, read_row, wait_for_row

LONGEST_STATE = 512
MOST_PARAMETERS = 50
AGAIN = "Start again from the token overview."


@dataclass(frozen=True, slots=True)
class _Pending:
    id: str
    token_id: str
    configuration_generation: int
    verifier: bytes | None
    nonce_sha256: str | None
    redirect_uri: str
    person: str
    session_sha256: str
    ends_at: int


def finish(
    ctx: Context, parameters: Sequence[tuple[str, str]], person: str, session: str
) -> Consented | AccountChanged | Refusal:
    """Judge the callback's query and exchange its code. `parameters` are all pairs, doubled ones included.

    A refusal's code `session_mismatch` or `state_unknown` means that nothing was consumed.
    """
    pending = _find(ctx, parameters)
    if pending is None:
        return _no("state_unknown", "This answer of a provider belongs to no authorization that Bursar started.")
    if pending.person != person or pending.session_sha256 != sha256(session):
        return _no(
            "session_mismatch",
            "This authorization was started in another browser session, or by somebody else.",
            "Finish it in the browser and under the host name where it was started, or start again here.",
        )
    now = ctx.clock.now()
    if not ctx.storage.write(lambda cursor: _consume(cursor, pending.id, now)):
        used = _no("already_used", "This answer of the provider was used already.")
        return replace(used, token_id=pending.token_id)
    row = ctx.storage.read(lambda cursor: read_row(cursor, pending.token_id))
    if row is None:
        return Refusal(RefusalKind.NOT_FOUND, "configuration_not_found", "The token configuration is gone.")
    outcome = _consumed(ctx, row, pending, parameters, now)
    if isinstance(outcome, Refusal):
        why = {"code": outcome.code, "sentence": outcome.sentence}
        ctx.storage.write(lambda cursor: note(cursor, row.c_id, row.id, CONSENT_FAILED, person, ctx.clock.now(), **why))
        return replace(outcome, token_id=row.id)
    return outcome


def _consumed(
    ctx: Context, row: TokenRow, pending: _Pending, parameters: Sequence[tuple[str, str]], now: datetime
) -> Consented | AccountChanged | Refusal:
    if to_micros(now) >= pending.ends_at:
        return _no("consent_expired", "The authorization took longer than ten minutes.")
    if row.c_generation != pending.configuration_generation or row.c_validity != "valid":
        return _no("configuration_changed", f'The configuration "{row.c_name}" was changed meanwhile.')
    if row.c_secret_held:
        return held(row)
    return _judge(ctx, row, pending, parameters)


def _no(code: str, sentence: str, action: str = AGAIN) -> Refusal:
    return Refusal(RefusalKind.PERSON, code, sentence, action)


def _find(ctx: Context, parameters: Sequence[tuple[str, str]]) -> _Pending | None:
    """The consent whose state is among the values; which member carries it is the document's business."""
    values = {sha256(v) for _, v in parameters[:MOST_PARAMETERS] if 0 < len(v) <= LONGEST_STATE and "\x00" not in v}
    if not values:
        return None
    marks = ", ".join(["%s"] * len(values))

    def read(cursor: CursorWrapper) -> _Pending | None:
        cursor.execute(
            "SELECT id, token_id, configuration_generation, verifier, nonce_sha256, redirect_uri, person,"  # noqa: S608
            f" session_sha256, ends_at FROM {TABLE} WHERE state_sha256 IN ({marks})",
            list(values),
        )
        found = cursor.fetchone()
        return None if found is None else _Pending(*found)

    return ctx.storage.read(read)


def _consume(cursor: CursorWrapper, consent_id: str, now: datetime) -> bool:
    cursor.execute(
        f"UPDATE {TABLE} SET finished_at = %s WHERE id = %s AND finished_at IS NULL",  # noqa: S608
        [to_micros(now), consent_id],
    )
    return bool(cursor.rowcount == 1)


def _judge(
    ctx: Context, row: TokenRow, pending: _Pending, parameters: Sequence[tuple[str, str]]
) -> Consented | AccountChanged | Refusal:
    facts = facts_of(row)
    plan = facts.plan("AuthorizationCode")
    response = read_callback(parameters, {} if plan is None else plan.mapping)
    if isinstance(response, CallbackRefused):
        return _no(response.code, response.sentence)
    wrong_issuer = _issuer_refusal(row, facts, response.iss)
    if wrong_issuer is not None:
        return wrong_issuer
    if isinstance(response, Declined):
        words = explain(facts.provider, response.error, response.description, 400)
        description = response.description.removesuffix(".")
        said = f' The provider says: "{description}".' if description else ""
        return _no(response.error or "declined", words.sentence + said, words.action or AGAIN)
    return _exchange(ctx, row, facts, pending, response.code, response.iss)


def _issuer_refusal(row: TokenRow, facts: Facts, iss: str | None) -> Refusal | None:
    """RFC 9207 §2.4: a present issuer must be the configured and the pinned one; a pinned one must be present."""
    configured = facts.document.options.issuer
    if iss is None and row.c_pinned_issuer is not None:
        return _no("issuer_missing", f"The answer doesn't name its issuer, as {row.c_pinned_issuer} always does.")
    if iss is not None and any(known not in (None, iss) for known in (configured, row.c_pinned_issuer)):
        expected = configured or row.c_pinned_issuer
        return _no("issuer_mismatch", f"The answer comes from {iss[:200]}, not from {expected}.")
    return None


def _exchange(
    ctx: Context, row: TokenRow, facts: Facts, pending: _Pending, code: Secret, iss: str | None
) -> Consented | AccountChanged | Refusal:
    plan = facts.plan("TokenByAuthorizationCode")
    if plan is None:
        return _no("request_missing", "The document has no TokenByAuthorizationCode request.", "Add it.")
    try:
        secret = row.open_client_secret(ctx.keyring)
        extra = {}
        if pending.verifier is not None:
            verifier = ctx.keyring.open(Place(TABLE, pending.id, "verifier"), bytes(pending.verifier))
            extra["code_verifier"] = verifier.reveal()
    except SealBroken:
        return _no("secret_unreadable", "A stored secret doesn't open: it was changed or moved in the database.")
    asked_at = ctx.clock.now()
    timeout = ctx.settings.outbound_rules().timeout
    kind, asker = GrantKind.AUTHORIZATION_CODE, by_person(pending.person)
    attempt = ctx.storage.write(
        lambda cursor: life.begin_attempt(cursor, row, kind.value, None, ctx.worker, asker, asked_at)
    )
    values: dict[str, str | Secret] = {
        **facts.sources(),
        "AuthorizationCode": code,
        "RedirectURL": pending.redirect_uri,
    }
    try:
        outcome = run_grant(kind, plan, facts.client(secret), values, ctx.door, extra=extra, timeout=timeout)
    except Refused as refused:
        _note_failure(ctx, row, attempt, "not_sent", 0, refused.sentence)
        return Refusal(RefusalKind.REFUSED, refused.code, refused.sentence, refused.action)
    if isinstance(outcome, ErrorAnswer):
        return _exchange_failed(ctx, row, facts, outcome, attempt)
    identity = _identity(ctx, facts, pending, outcome.answer, iss)
    if isinstance(identity, Refusal):
        _note_failure(ctx, row, attempt, "misconfigured", 200, identity.sentence)
        return identity
    return _store(ctx, row, facts, pending, outcome.answer, asked_at, identity, iss, attempt)


def _identity(
    ctx: Context, facts: Facts, pending: _Pending, token: TokenAnswer, iss: str | None
) -> Identity | Refusal | None:
    """Who signed in, where the provider says so: by ID token, else by userinfo. None where it doesn't (SEC-13)."""
    document = facts.document
    try:
        if token.id_token is not None:
            return read_id_token(
                token.id_token,
                document.client_id or "",
                document.options.issuer or iss,
                now=ctx.clock.now(),
                nonce_sha256=pending.nonce_sha256,
            )
        if document.options.userinfo_url is not None:
            timeout = ctx.settings.outbound_rules().timeout
            return fetch_userinfo(document.options.userinfo_url, token.access_token, ctx.door, timeout=timeout)
    except IdTokenRefused as refused:
        return _no("id_token_refused", f"{facts.provider} sent an ID token that Bursar doesn't accept: {refused}")
    except Refused as refused:
        return Refusal(RefusalKind.REFUSED, refused.code, refused.sentence, refused.action)
    return None


def _exchange_failed(ctx: Context, row: TokenRow, facts: Facts, error: ErrorAnswer, attempt: str) -> Refusal:
    """A code is good once, so nothing is tried again. A token that is still in use is left alone."""
    verdict = answers.failure(row, facts, error, ctx.clock.now(), ctx.randomness)
    if error.verdict is not Verdict.MISCONFIGURED:
        # invalid_grant is about the code here, not about a refresh token: the sentence must not blame that one.
        sentence = (
            f"{facts.provider} refuses the authorization code: it is used or too old."
            if error.error == "invalid_grant"
            else verdict.sentence
        )
        action = "Authorize again."
        verdict = replace(verdict, state="needs_authorization", sentence=sentence, action=action, next_attempt_at=None)

    def settle(cursor: CursorWrapper) -> None:
        now = ctx.clock.now()
        life.end_attempt(cursor, row, attempt, verdict.state, now, error.status, error.answer)
        life.update(
            cursor,
            "id = %s AND generation = %s AND access_token IS NULL AND refresh_token IS NULL AND state <> 'revoked'",
            [row.id, row.generation],
            state=verdict.state,
            error_code=verdict.code,
            error_sentence=verdict.sentence,
            error_action=verdict.action,
            error_answer=verdict.answer,
            failed_at=now,
            state_since=now,
        )

    ctx.storage.write(settle)
    kind = RefusalKind.TEMPORARY if error.verdict is Verdict.RETRYING else RefusalKind.PERSON
    return Refusal(kind, verdict.code, verdict.sentence, verdict.action or AGAIN, error.retry_after)


def _note_failure(ctx: Context, row: TokenRow, attempt: str, outcome: str, status: int, text: str) -> None:
    ctx.storage.write(lambda cursor: life.end_attempt(cursor, row, attempt, outcome, ctx.clock.now(), status, text))


def _store(
    ctx: Context,
    row: TokenRow,
    facts: Facts,
    pending: _Pending,
    token: TokenAnswer,
    asked_at: datetime,
    identity: Identity | None,
    iss: str | None,
    attempt: str,
) -> Consented | AccountChanged | Refusal:
    columns: dict[str, str | None] = {"issuer": None, "subject": None, "account": None}
    if identity is not None:
        columns = {"issuer": identity.issuer, "subject": identity.subject, "account": identity.account}
    material = answers.grown(row, facts, token, asked_at, ctx.randomness, columns)

    def settle(cursor: CursorWrapper) -> Consented | AccountChanged | Refusal:
        now = ctx.clock.now()
        # A refresh may have moved the generation since: a consent is newer than any of them, so it goes on top.
        wait_for_row(cursor, row.id)
        fresh = read_row(cursor, row.id)
        if fresh is None or fresh.c_generation != pending.configuration_generation:
            life.end_attempt(cursor, row, attempt, "stale", now, 200, "")
            return _no("configuration_changed", f'The configuration "{row.c_name}" was changed meanwhile.')
        if fresh.state == "revoked" and fresh.generation != row.generation:
            queue_late(cursor, ctx, fresh, material, now)
            life.end_attempt(cursor, row, attempt, "stale", now, 200, "")
            return _no("revoked", f'The token "{row.reference}" was revoked while the provider was answering.')
        if iss is not None:
            cursor.execute(
                "UPDATE tokens_configuration SET pinned_issuer = %s WHERE id = %s AND pinned_issuer IS NULL",
                [iss, row.c_id],
            )
        if _is_other_account(fresh, identity):
            assert identity is not None
            life.end_attempt(cursor, row, attempt, "held", now, 200, "")
            note(cursor, row.c_id, row.id, ACCOUNT_WAITS, pending.person, now, account=identity.account)
            return set_aside(cursor, ctx, fresh, pending.id, material, identity, now)
        if not life.store(cursor, ctx.keyring, fresh, material, now):
            life.end_attempt(cursor, row, attempt, "stale", now, 200, "")
            return _no("configuration_changed", f'The token "{row.reference}" was changed in this very moment.')
        life.end_attempt(cursor, row, attempt, "granted", now, 200, "", material.expires_at)
        detail = {
            "account": identity.account if identity else None,
            "scope": token.scope,
            "refresh": token.refresh_token is not None,
        }
        note(cursor, row.c_id, row.id, AUTHORIZED, pending.person, now, **detail)
        return consented(fresh, material)

    return commit_surely(ctx, settle)


def _is_other_account(row: TokenRow, identity: Identity | None) -> bool:
    """Judged while there is a token that would be replaced; after a revocation anybody may sign in anew."""
    if identity is None or row.subject is None or (row.access_token is None and row.refresh_token is None):
        return False
    same_issuer = row.issuer is None or identity.issuer is None or row.issuer == identity.issuer
    return not (same_issuer and row.subject == identity.subject)

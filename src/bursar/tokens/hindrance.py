"""What stands in the way of asking the provider for a new access token. Reads a row, decides, changes nothing."""

from datetime import datetime

from .facts import Facts, missing
from .outcome import Refusal, RefusalKind, quoted
from .rows import TokenRow


def barred(row: TokenRow) -> Refusal | None:
    """Why nothing of this token is handed out, however long it still lives: not valid, held, or revoked."""
    if row.c_validity != "valid":
        return Refusal(
            RefusalKind.REFUSED,
            "configuration_invalid",
            f'The configuration "{row.c_name}" is {row.c_validity}.',
            f"Make it valid: `bursar config set {quoted(row.c_name)} Validity=valid`.",
        )
    if row.held:
        return held(row)
    if row.state == "revoked":
        verb = "request" if row.c_flow == "client_credentials" else "authorize"
        return Refusal(
            RefusalKind.PERSON,
            "revoked",
            f'The token "{row.reference}" was revoked.',
            f"To use it again: `bursar token {verb} {quoted(row.reference)}`.",
        )
    return None


def held(row: TokenRow) -> Refusal:
    """Where secrets are sent was changed, and nobody has confirmed it yet (SEC-62)."""
    return Refusal(
        RefusalKind.REFUSED,
        "held",
        f'"{row.c_name}" was changed in where it sends its secrets, so Bursar holds them back.',
        f"Check the addresses (`bursar config show {quoted(row.c_name)}`), then `bursar config confirm"
        f" {quoted(row.c_name)}`.",
    )


def hindrance(row: TokenRow, facts: Facts, now: datetime, *, by_person: bool) -> Refusal | None:
    """Why a new access token can't be had now; None where the provider may be asked.

    A person's request overrides back-off and earlier verdicts, and for client credentials a revocation and a held
    token (which such a request doesn't send); it never sends what is held.
    """
    client_credentials = row.c_flow == "client_credentials"
    bar = barred(row)
    if bar is not None and not (by_person and client_credentials and bar.code in ("revoked", "held")):
        return bar
    lacking = missing(row, facts)
    if lacking is not None:
        return lacking
    if row.c_secret_held:
        return held(row)
    if not client_credentials:
        refusal = _refresh_hindrance(row, facts, now)
        if refusal is not None:
            return refusal
    return None if by_person else _standing_verdict(row, now)


def _refresh_hindrance(row: TokenRow, facts: Facts, now: datetime) -> Refusal | None:
    if row.refresh_token is None or facts.plan("TokenByRefreshToken") is None:
        if row.issued_at is None:
            return authorization_required(row, f'"{row.reference}" was never authorized.')
        if row.error_code is not None and row.state == "needs_authorization":
            return authorization_required(row, row.error_sentence or "")
        return authorization_required(row, f'There is no refresh token for "{row.reference}".')
    if row.refresh_expires_at is not None and row.refresh_expires_at <= now:
        return authorization_required(row, f'The refresh token of "{row.reference}" has ended.')
    return None


def _standing_verdict(row: TokenRow, now: datetime) -> Refusal | None:
    match row.state:
        case "needs_authorization":
            return authorization_required(row, row.error_sentence or "")
        case "misconfigured":
            return Refusal(
                RefusalKind.PERSON, row.error_code or "misconfigured", row.error_sentence or "", row.error_action or ""
            )
        case "retrying" if row.next_attempt_at and row.next_attempt_at > now and row.error_code != "address_refused":
            wait = (row.next_attempt_at - now).total_seconds()
            return Refusal(
                RefusalKind.TEMPORARY,
                row.error_code or "retrying",
                row.error_sentence or "",
                f"Bursar tries again in {wait:.0f} s.",
                wait,
            )
        case _:
            return None


def authorization_required(row: TokenRow, sentence: str) -> Refusal:
    """Only a person who signs in at the provider can go on."""
    return Refusal(
        RefusalKind.PERSON,
        "authorization_required",
        sentence,
        f"Authorize: `bursar token authorize {quoted(row.reference)}`.",
    )

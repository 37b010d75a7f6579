"""Gives two of the scene's tokens a past: three months of refreshes, trouble nobody noticed, and a password change."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from bursar.clock import to_micros
from bursar.context import Context
from bursar.ids import new_id
from bursar.keyring import Place, Secret

ANSWER = (
    '{"error": "invalid_grant", "error_description": "AADSTS50173: The provided grant has expired due to it being'
    ' revoked, a fresh auth token is needed. The user might have changed or reset their password.", "trace_id":'
    ' "(removed)"}'
)


def jwt(now: datetime, **claims: Any) -> str:
    """An access token as Microsoft makes them, signed by nobody."""
    header = {"typ": "JWT", "alg": "RS256", "kid": "7f3a91c4"}
    issued = int((now - timedelta(minutes=214)).timestamp())
    payload = {
        "aud": "https://outlook.office.com",
        "iss": "https://sts.windows.net/3f0c7a52-20aa-47c3-9f55-0e6c1d7a2b94/",
        "iat": issued,
        "exp": issued + 3600,
        "scp": "IMAP.AccessAsUser.All SMTP.Send",
        "upn": "sales@kestrel.example",
        **claims,
    }
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, payload)]
    return ".".join([*parts, "cnry-signature"])


def fill(ctx: Context, now: datetime) -> None:
    """After the scene `fill`: the pasts of "Sales inbox" (broken) and "Accounting" (healthy)."""
    from bursar.tokens.models import Configuration, Token

    minutes, days = (lambda count: timedelta(minutes=count)), (lambda count: timedelta(days=count))
    broken = Token.objects.get(configuration__name="Sales inbox", label="")
    healthy = Token.objects.get(configuration__name="Accounting", label="")
    ended = broken.expires_at or now
    broken.access_token = ctx.keyring.seal(Place("tokens_token", broken.id, "access_token"), Secret(jwt(now)))
    broken.scope = "https://mail.example/IMAP"
    broken.failed_at = broken.state_since = ended - minutes(38)
    broken.save()
    Configuration.objects.filter(pk=broken.configuration_id).update(
        created_at=now - days(86), created_by="jana@kestrel.example", template="microsoft-exchange"
    )
    event(broken, "authorized", now - days(86) + minutes(3), account="sales@kestrel.example", refresh=True)
    event(broken, "changed", now - days(12), what=["ClientSecret", "ClientSecretExpires"])
    _run(broken, now - days(86), ended - minutes(24 * 60), 1990)
    for hour in range(24, 0, -1):
        call(broken, ended - minutes(60 * hour), "granted", 200, minutes(60))
    for quarter in range(4):
        call(
            broken, now - days(3) + minutes(3 * quarter), "retrying", 503, answer='{"error": "temporarily_unavailable"}'
        )
    call(broken, ended - minutes(38), "needs_authorization", 400, answer=ANSWER)
    event(healthy, "authorized", now - days(2), account="accounting@kestrel.example", refresh=True)
    issued = healthy.issued_at or now
    for hour in range(22, 0, -1):
        if hour not in (9, 10):
            call(healthy, issued - minutes(60 * hour), "granted", 200, minutes(60))
    call(healthy, issued, "granted", 200, minutes(60), asker="person", by="jana@kestrel.example")


def event(token: Any, kind: str, at: datetime, **detail: Any) -> None:
    """Something that Jana did."""
    from bursar.tokens.models import Event

    by = "jana@kestrel.example"
    Event.objects.create(
        configuration_id=token.configuration_id, token=token, kind=kind, by=by, at=at, detail=json.dumps(detail)
    )


def _run(token: Any, begins: datetime, ends: datetime, count: int) -> None:
    from bursar.tokens.models import Event

    detail = {"grant": "refresh_token", "outcome": "granted", "status": 200, "asker": "scheduler"}
    detail["expires_at"] = to_micros(ends)
    Event.objects.create(
        configuration_id=token.configuration_id,
        token=token,
        kind="calls",
        at=begins,
        until=ends - timedelta(hours=1),
        count=count,
        detail=json.dumps(detail),
    )


def call(
    token: Any,
    at: datetime,
    outcome: str,
    status: int,
    life: timedelta | None = None,
    *,
    answer: str = "",
    asker: str = "scheduler",
    by: str = "",
) -> None:
    """A call to the token endpoint that is over."""
    from bursar.tokens.models import Attempt

    Attempt.objects.create(
        id=new_id(),
        token=token,
        generation=1,
        grant="refresh_token",
        worker="scene",
        asker=asker,
        by=by,
        started_at=at,
        finished_at=at,
        outcome=outcome,
        status=status,
        answer=answer,
        expires_at=None if life is None else at + life,
    )

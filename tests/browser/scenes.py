"""Fills a home with a small company's tokens, one in every state, by the same use cases and rows as in earnest.

Run as a program, it takes a scene's name and works in `$BURSAR_HOME`, as its own process: the server that runs
beside it sees the changes as it would those of the command line.
"""

import sys
from datetime import datetime, timedelta
from typing import Any

from bursar import app
from bursar.context import Context
from bursar.keyring import Place, Secret
from tests.browser import later_scene, past_scene

CODE = """
- Name: {name}
  Config:
    AuthFlow: AuthorizationCode
    ClientID: b81d4f6e-20aa-47c3-9f55-0e6c1d7a2b94
    ClientSecret: cnry-client-secret
    Scope: https://mail.example/IMAP offline_access
{template}    Notifications: {{NotifyOnExpiredToken: 0, NotifyOnExpiredRefreshToken: 1}}
    Requests:
      AuthorizationCode:
        Request:
          URL: https://{host}/authorize
          Parameters: {{response_type: code}}
          AutofilledParametersMapping: {{client_id: ClientID, scope: Scope, redirect_uri: RedirectURL, state: State}}
        Response: {{ParametersMapping: {{code: AuthorizationCode, state: State}}}}
      TokenByAuthorizationCode:
        Request:
          URL: https://{host}/token
          Parameters: {{grant_type: authorization_code}}
          AutofilledParametersMapping:
            client_id: ClientID
            client_secret: ClientSecret
            code: AuthorizationCode
            redirect_uri: RedirectURL
        Response:
          ParametersMapping: {{access_token: Token, expires_in: TokenExpirationDate, refresh_token: RefreshToken}}
      TokenByRefreshToken:
        Request:
          URL: https://{host}/token
          Parameters: {{grant_type: refresh_token}}
          AutofilledParametersMapping: {{client_id: ClientID, client_secret: ClientSecret, refresh_token: RefreshToken}}
        Response:
          ParametersMapping: {{access_token: Token, expires_in: TokenExpirationDate, refresh_token: RefreshToken}}
"""
CREDENTIALS = """
- Name: {name}
  Config:
    AuthFlow: ClientCredentials
    ClientID: 5b0e7a1c-77c2-4a40-8d0a-93b1f7e6c2d5
    ClientSecret: cnry-client-secret
    Scope: https://outlook.office365.com/.default
{template}    Requests:
      TokenByClientCredentials:
        Request:
          URL: https://{host}/token
          Parameters: {{grant_type: client_credentials}}
          AutofilledParametersMapping: {{client_id: ClientID, client_secret: ClientSecret, scope: Scope}}
        Response: {{ParametersMapping: {{access_token: Token, expires_in: TokenExpirationDate}}}}
"""
MICROSOFT, GOOGLE = "login.microsoftonline.com", "accounts.google.com"
TEMPLATES = {
    (MICROSOFT, "code"): "microsoft-exchange",
    (MICROSOFT, "cc"): "microsoft-exchange-app",
    (GOOGLE, "code"): "google-mail",
}


def fill(ctx: Context, now: datetime) -> None:
    """The overview's picture: every state once, and a healthy rest."""
    minutes, days = (lambda count: timedelta(minutes=count)), (lambda count: timedelta(days=count))
    _token(
        ctx,
        "Sales inbox",
        MICROSOFT,
        now - minutes(154),
        60,
        state="needs_authorization",
        failed_at=now - minutes(192),
        error=("invalid_grant", "The password was changed, so Microsoft ended the refresh token.", "Authorize again."),
        account="sales@kestrel.example",
        users=2,
    )
    _token(
        ctx,
        "Helpdesk mailboxes",
        MICROSOFT,
        now - minutes(11),
        60,
        flow="cc",
        state="misconfigured",
        failed_at=now,
        error=(
            "invalid_client",
            "Microsoft refuses the client secret.",
            "Enter the secret again: the column Value of the application's secrets, not the Secret ID.",
        ),
        users=38,
    )
    _token(
        ctx,
        "Returns desk",
        GOOGLE,
        now - minutes(30),
        60,
        refresh=False,
        error=(
            "refresh_token_missing",
            "Google gave no refresh token, so access ends with this token.",
            "Authorize again.",
        ),
        users=1,
    )
    _token(
        ctx, "Press office", GOOGLE, now - minutes(22), 60, refresh_days=0.78, due_at=None, users=1
    )  # Google ends sign-ins of an app in "Testing" after seven days
    _token(ctx, "ERP connector", "sso.kestrel.example", now - minutes(20), 240, flow="cc", secret_days=9, users=1)
    _token(ctx, "Ticket archive", GOOGLE, None, 0)
    _token(ctx, "Applications", MICROSOFT, now - minutes(15), 60, held=True, users=1)
    _token(
        ctx,
        "Invoices",
        "api.fastmail.com",
        now - minutes(28),
        60,
        state="retrying",
        next_attempt_at=now + minutes(4),
        error=("temporarily_unavailable", "Fastmail answers 503.", ""),
        users=1,
    )
    for name, host, age, life in (
        ("Accounting", GOOGLE, 43, 60),
        ("Newsletter replies", "oauth.yandex.com", 20_000, 300_000),
        ("Support", GOOGLE, 24, 60),
    ):
        _token(ctx, name, host, now - minutes(age), life, users=1)
    _token(ctx, "Helpdesk robot", MICROSOFT, now - minutes(8), 60, refresh_days=89, users=1)
    _token(ctx, "Shared mailboxes Munich", MICROSOFT, now - minutes(2), 60, flow="cc", secret_days=56, users=12)
    _token(ctx, "Webshop orders", "shop.kestrel.example", now - minutes(51), 60, flow="cc", users=2)
    _token(ctx, "Old newsletter", "api.login.yahoo.com", now - days(40), 60, validity="invalid", state="revoked")
    _token(
        ctx, "Warehouse scanner", "oauth.yandex.com", now - days(20), 230_000, validity="invalid-temporarily", users=1
    )


def _token(
    ctx: Context,
    name: str,
    host: str,
    issued: datetime | None,
    life: float,
    *,
    flow: str = "code",
    state: str = "",
    validity: str = "valid",
    error: tuple[str, str, str] | None = None,
    refresh: bool = True,
    refresh_days: float | None = None,
    secret_days: int | None = None,
    held: bool = False,
    users: int = 0,
    **columns: Any,
) -> None:
    from bursar.tokens import transfer
    from bursar.tokens.models import Configuration, Token

    text = (CODE if flow == "code" else CREDENTIALS).format(
        name=name,
        host=host,
        template=f"    TemplateName: {TEMPLATES[host, flow]}\n" if (host, flow) in TEMPLATES else "",
    )
    if secret_days is not None:
        day = (ctx.clock.now() + timedelta(days=secret_days)).date()
        text = text.replace("    Scope:", f"    ClientSecretExpires: {day}\n    Scope:")
    transfer.import_documents(ctx, text.encode(), "scene.yml", overwrite=False, dry_run=False, by="scene")
    configuration = Configuration.objects.get(name=name)
    token = Token.objects.get(configuration=configuration, label="")
    values: dict[str, Any] = {"state": state or ("active" if issued else "no_token"), "held": held, **columns}
    if issued is not None:
        expires = issued + timedelta(minutes=life)
        place = Place("tokens_token", token.id, "access_token")
        values |= {"access_token": ctx.keyring.seal(place, Secret("cnry-access-token")), "access_sha256": "0" * 64}
        values |= {"issued_at": issued, "expires_at": expires, "state_since": issued}
        values.setdefault("due_at", expires - timedelta(minutes=min(5.0, life / 10)))
        if flow == "code" and refresh:
            place = Place("tokens_token", token.id, "refresh_token")
            values["refresh_token"] = ctx.keyring.seal(place, Secret("cnry-refresh-token"))
        if refresh_days is not None:
            values["refresh_expires_at"] = ctx.clock.now() + timedelta(days=refresh_days)
    if error is not None:
        values |= dict(zip(("error_code", "error_sentence", "error_action"), error, strict=True))
    Token.objects.filter(pk=token.pk).update(**values)
    Configuration.objects.filter(pk=configuration.pk).update(validity=validity)
    _accounts(ctx, name, token.id, users)


def _accounts(ctx: Context, name: str, token_id: str, count: int) -> None:
    """Mail accounts that use the token, so that the pages can say who does."""
    from bursar.mail.models import MailAccount

    for number in range(count):
        MailAccount.objects.create(
            name=f"{name} {number + 1}",
            type="IMAPS",
            host="imap.kestrel.example",
            port=993,
            login="mail@kestrel.example",
            token_id=token_id,
            deliver="maildir:/var/mail/kestrel",
            created_at=ctx.clock.now(),
        )


def main() -> None:
    """`python scenes.py fill`."""
    app.boot()
    ctx = app.context()
    {"fill": fill, "past": past_scene.fill, "later": later_scene.fill}[sys.argv[1]](ctx, ctx.clock.now())
    ctx.storage.close()


if __name__ == "__main__":
    main()

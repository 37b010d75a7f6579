"""Fills the home of the environment with tokens, past the use cases.

valid COUNT OF                            OF configurations, mail-000000 and so on, the first COUNT with a token
due URL CONFIGURATIONS LABELS A_SECOND    tokens to be refreshed at URL: all due now (0), or so many each second
"""

import sys
from datetime import timedelta
from typing import Any

from bursar import app


class Endpoints:
    """The addresses of a provider."""

    def __init__(self, url: str) -> None:
        self.authorization_url, self.token_url, self.revocation_url = f"{url}/auth", f"{url}/token", f"{url}/revoke"


def valid(ctx: Any, count: int, of: int) -> None:
    from bursar.ids import new_id
    from bursar.keyring import Place, Secret
    from bursar.tokens.models import Configuration, Token

    now = ctx.clock.now()
    configurations, tokens = [], []
    for number in range(of):
        c_id, t_id = new_id(), new_id()
        configurations.append(
            Configuration(
                id=c_id,
                name=f"mail-{number:06d}",
                document="{}",
                validity="valid",
                flow="client_credentials",
                client_id="x",
                created_at=now,
                changed_at=now,
            )
        )
        held: dict[str, Any] = {}
        if number < count:
            secret = Secret(f"token-{number:06d}-" + "x" * 800)
            held = {
                "state": "active",
                "generation": 1,
                "scope": "mail",
                "issued_at": now,
                "state_since": now,
                "expires_at": now + timedelta(hours=2),
                "access_sha256": secret.sha256(),
                "access_token": ctx.keyring.seal(Place("tokens_token", t_id, "access_token"), secret),
            }
        tokens.append(Token(id=t_id, configuration_id=c_id, **held))
    Configuration.objects.bulk_create(configurations, batch_size=1000)
    Token.objects.bulk_create(tokens, batch_size=1000)


def due(ctx: Any, url: str, configurations: int, labels: int, a_second: int) -> None:
    from bursar.ids import new_id
    from bursar.keyring import Place, Secret
    from bursar.tokens.models import Configuration, Token
    from bursar.tokens.transfer import import_documents
    from tests.integration.documents import as_yaml, consent_document

    documents = [consent_document(f"due {n}", Endpoints(url), "client", "secret") for n in range(configurations)]  # type: ignore[arg-type]
    import_documents(ctx, as_yaml(*documents).encode(), "bench.yml", overwrite=False, dry_run=False, by="bench")
    now = ctx.clock.now()
    tokens = []
    for configuration in Configuration.objects.filter(name__startswith="due "):
        for label in range(labels):
            t_id = new_id()
            wait = len(tokens) / a_second if a_second else -60
            sealed = {
                column: ctx.keyring.seal(Place("tokens_token", t_id, column), Secret("s" * 800))
                for column in ("access_token", "refresh_token")
            }
            tokens.append(
                Token(
                    id=t_id,
                    configuration=configuration,
                    label=f"box {label}",
                    state="active",
                    generation=1,
                    scope="mail",
                    issued_at=now - timedelta(hours=1),
                    expires_at=now + timedelta(minutes=30),
                    due_at=now + timedelta(seconds=wait),
                    state_since=now,
                    access_sha256="0" * 64,
                    **sealed,
                )
            )
    Token.objects.bulk_create(tokens, batch_size=500)


if __name__ == "__main__":
    app.boot()
    context = app.context()
    what, *rest = sys.argv[1:]
    if what == "valid":
        valid(context, int(rest[0]), int(rest[1]))
    else:
        due(context, rest[0], *map(int, rest[1:]))
    context.storage.close()

"""One client secret in several configurations: whoever changes it may change it in all of them, or in none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from ..columns import Beginning
from ..context import Context
from ..errors import Refused
from ..keyring import Secret
from .configure import Change, changed_meanwhile, rewrite_all, writing
from .document import TokenConfigurationDocument, assigned, document_of
from .edit import by_id
from .models import Configuration

TOKEN_REQUESTS = ("TokenByAuthorizationCode", "TokenByRefreshToken", "TokenByClientCredentials")
COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Sharing:
    """Another configuration of the same client. A client ID means something at its own provider alone, so only those
    of the same `server` surely have the same secret; one that is held sends nothing to an address nobody confirmed."""

    row: Configuration
    server: str
    same_server: bool
    held: bool


def sharing_count(row: Configuration) -> int:
    """How many other configurations have the client ID of `row`; COUNTED + 1 for all that are more than COUNTED, which
    PostgreSQL would have to read one by one."""
    return max(0, _of_client(row.client_id).order_by()[: COUNTED + 2].count() - 1) if row.client_id else 0


def sharing(row: Configuration, most: int = 500) -> list[Sharing]:
    """The configurations that have the client ID of `row`, by name, without itself; `most` of them at most."""
    if not row.client_id:
        return []
    own = server_of(document_of(row))
    found = []
    for other in _of_client(row.client_id).exclude(pk=row.pk)[:most]:
        server = server_of(document_of(other))
        found.append(Sharing(other, server, server == own, other.secret_held))
    return found


def _of_client(client_id: str) -> QuerySet[Configuration]:
    """By the index on how a client ID begins, which is all of one that is shorter."""
    begun = Configuration.objects.alias(begins=Beginning("client_id")).filter(begins=client_id[: Beginning.LENGTH])
    return begun if len(client_id) < Beginning.LENGTH else begun.filter(client_id=client_id)


def server_of(document: TokenConfigurationDocument) -> str:
    """Every host, with its port where that isn't 443, to which the client secret is sent; empty for nowhere."""
    urls = [document.requests[kind].url for kind in TOKEN_REQUESTS if kind in document.requests]
    hosts = {url.host if url.port == 443 else f"{url.host}:{url.port}" for url in urls}
    return ", ".join(sorted(hosts))


def replace_secret(
    ctx: Context, rows: Sequence[Configuration], secret: Secret, expires: date | None, by: str
) -> list[Change]:
    """Store `secret` and the day on which it ends in all of `rows`, or in none.

    Each must be as it was read. Raises Temporary (`changed_meanwhile`) where one isn't, Refused where one but the
    first is held: its addresses are to be confirmed before a secret goes there.
    """
    day = expires.isoformat() if expires else ""
    wanted: list[tuple[Configuration, TokenConfigurationDocument, Secret | None]] = []
    with writing():
        for row in sorted(rows, key=lambda each: each.id):
            now = by_id(row.id)
            if now.generation != row.generation:
                raise changed_meanwhile()
            if now.secret_held and row.id != rows[0].id:
                raise Refused(
                    f'"{now.name}" is held until somebody confirms where it sends its secret.',
                    code="secret_held",
                    action="Confirm its addresses first, or leave it out.",
                )
            wanted.append((now, assigned(document_of(now), [("ClientSecretExpires", day)]), secret))
        done = {change.configuration.id: change for change in rewrite_all(ctx, wanted, by)}
    return [done[row.id] for row in rows]

"""Where a service sends what proves who calls, and what is held until a person has said so (SEC-62).

A token, or a secret that is stored, goes to one place: the origin, by the authority and proxy that a person confirmed.
A change that would send it elsewhere is stored, and the service is held: it calls nothing, and nothing is erased.
Hosts that a download may be redirected to get nothing of it (SEC-50), so admitting one holds nothing.
"""

from ..tokens.edit import Moves
from ..tokens.elsewhere import moves_between
from .models import WebService
from .service import Authentication, Service, origin_of

Place = tuple[tuple[str, str, int], str, str]


def place_of(service: Service) -> Place:
    """Origin, authority and proxy."""
    return origin_of(service.base_url), service.ca, service.proxy


def moves(
    row: WebService | None, before: Service | None, after: Service, token_id: str | None, given: tuple[bool, bool]
) -> Moves:
    """What `after` would send where nobody has said yes to; empty where nothing is held.

    `row` and `before` are the service as it is, None for a new one; `given` says whether a password and a private key
    come with the change: what a person enters for a place may go there.
    """
    moved = before is None or place_of(before) != place_of(after)
    token = token_id is not None and (moved or row is None or row.token_id != token_id)
    token = token and not _confirmed(row, token_id, after)
    basic, certified = after.authentication is Authentication.BASIC, bool(after.client_certificate)
    kept = row is not None and (
        (basic and row.password is not None and not given[0])
        or (certified and row.client_key is not None and not given[1])
    )
    named = _named(before) if before is not None else {}
    return moves_between(named, _named(after), "BaseURL", secret=kept and moved, token=token)


def stays_held(row: WebService, after: Service, given: tuple[bool, bool]) -> bool:
    """Whether what is held already stays so: there is still something to send that nobody entered anew."""
    basic, certified = after.authentication is Authentication.BASIC, bool(after.client_certificate)
    return row.held and bool(after.token or (basic and not given[0]) or (certified and not given[1]))


def _confirmed(row: WebService | None, token_id: str | None, after: Service) -> bool:
    """Whether another service sends this token to this place already, with a person's yes."""
    from .services import service_of

    others = WebService.objects.select_related("token__configuration").filter(token_id=token_id, held=False)
    others = others if row is None else others.exclude(id=row.id)
    return any(place_of(service_of(other)) == place_of(after) for other in others)


def _named(service: Service) -> dict[str, str]:
    return {"BaseURL": service.base_url, "CA": service.ca, "Proxy": service.proxy, "Token": service.token}

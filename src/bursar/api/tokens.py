"""Tokens: their states, and what an administrator does to them. The tokens themselves come from the hand-out."""

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from ..app import context
from ..askable import askable
from ..context import Context
from ..errors import NotFound
from ..handout.usage import uses_of
from ..tokens import board
from ..tokens.authorize import ticket
from ..tokens.detail import TokenDetail, detail_of
from ..tokens.listing import Rank
from ..tokens.outcome import Refusal
from ..tokens.overview import TokenView, view_of, views_of
from ..tokens.refresh import refresh
from ..tokens.request import request as request_token
from ..tokens.revoke import revoke
from ..tokens.rows import TokenRow
from ..tokens.scopes import compared
from ..tokens.stretches import stretches_of
from ..tokens.wanted import Sort, Wanted
from .auth import Manager, manager_of
from .paging import Limit, Offset, part
from .shapes import tokens as shapes
from .shapes.uses import UseOut

router = Router(tags=["Tokens"])
_INSIDE = (("header", "header", ()), ("payload", "payload", ()), ("cut", "cut", False), ("closed", "why", None))


@router.get("", response=shapes.TokenPage)
def list_tokens(
    request: HttpRequest,
    limit: Limit = 50,
    offset: Offset = 0,
    search: Annotated[str, Query(max_length=200)] = "",
    needs_person: bool = False,
    show: shapes.Show | None = None,
    sort: shapes.Sort = "urgency",
    descending: bool = False,
) -> Any:
    """By urgency: what needs a person now comes first, and `needs_person` leaves out the rest. `show` are those that
    need a person now or soon, were never obtained (start), are being retried (busy), work (ok), or aren't valid (off),
    and those with a notice.
    """
    ctx, manager = context(), manager_of(request)
    now = ctx.clock.now()
    words = tuple(word.casefold() for word in askable(search).split())
    noticed = show == "noticed"
    shown_ranks = {Rank.NOW} if needs_person else {Rank[show.upper()]} if show and not noticed else set()
    by = Sort("" if sort == "urgency" else sort)
    wanted = Wanted(ranks=frozenset(shown_ranks), noticed=noticed, words=words, sort=by, descending=descending)
    counts = board.counts(ctx, now)
    if manager.rules.permits_all:
        ids, total = _window(ctx, wanted, offset, limit, counts)
    else:
        every, _ = _window(ctx, wanted, 0, max(1, counts.total), counts)
        names = board.references(ctx)
        allowed = [token_id for token_id in every if manager.may_see(names.get(token_id, ""))]
        ids, total = allowed[offset : offset + limit], len(allowed)
    return part(request, views_of(ctx, ids), total, limit, offset, shown)


@router.get("/{token_id}/state", response=shapes.Token)
def read_token(request: HttpRequest, token_id: str) -> Any:
    """One token's state; never the token."""
    return shown(_found(manager_of(request), token_id))


@router.get("/{token_id}/detail", response=shapes.TokenDetail)
def read_detail(request: HttpRequest, token_id: str) -> Any:
    """The state, and what else is known: the secret's facts, scopes asked for and granted, what the token says of
    itself."""
    view, detail = _detail(request, token_id)
    inside = detail.inside
    return (
        shown(view)
        | {
            "client_id": detail.client_id,
            "secret": detail.secret,
            "scopes": compared(detail.requested, view.scope if view.has_access_token else None),
            "inside": inside and {name: getattr(inside, at, default) for name, at, default in _INSIDE},
            "siblings": detail.siblings,
            "siblings_count": detail.siblings_count,
            "overdue_since": detail.overdue_since,
        }
        | asdict(detail.origin)
    )


@router.get("/{token_id}/past", response=shapes.Past)
def read_past(request: HttpRequest, token_id: str) -> Any:
    """Its calls to the provider, what people did to it and its configuration, and when there was a valid one."""
    _, detail = _detail(request, token_id)
    return {
        "calls": detail.calls[::-1],
        "events": detail.events[::-1],
        "valid": stretches_of(detail)[::-1],
    }


@router.get("/{token_id}/uses", response=list[UseOut])
def list_uses(request: HttpRequest, token_id: str) -> Any:
    """Where the token is used, who used it last first."""
    return uses_of(_found(manager_of(request), token_id).id)


@router.post("/{token_id}/authorize", response=shapes.Ticket)
def authorize(request: HttpRequest, token_id: str) -> Any:
    """A link for a person: an authorization-code flow needs one."""
    manager = manager_of(request)
    ctx = context()
    text = ticket(ctx, _found(manager, token_id).reference, manager.by)
    return {"url": f"{ctx.settings.base_url()}/authorize/{text}"}


@router.post("/{token_id}/request", response=shapes.Token)
def request_by_credentials(request: HttpRequest, token_id: str) -> Any:
    """A new token by client credentials."""
    manager = manager_of(request)
    return _after(manager, token_id, request_token(context(), _found(manager, token_id).reference, manager.by))


@router.post("/{token_id}/refresh-now", response=shapes.Token)
def refresh_now(request: HttpRequest, token_id: str) -> Any:
    """A new token by the refresh token, whatever life the present one has left."""
    manager = manager_of(request)
    return _after(manager, token_id, refresh(context(), _found(manager, token_id).reference, manager.by))


@router.post("/{token_id}/revoke", response=shapes.Token)
def revoke_token(request: HttpRequest, token_id: str) -> Any:
    """Forget the token here and tell the provider."""
    manager = manager_of(request)
    return _after(manager, token_id, revoke(context(), _found(manager, token_id).reference, manager.by))


def _window(ctx: Context, wanted: Wanted, first: int, size: int, known: board.Counts) -> tuple[list[str], int]:
    """`size` ids from the `first` on (from 0), put together from pages of that size; and how many fit in all."""
    now = ctx.clock.now()
    number, skipped = divmod(first, size)
    page = board.find(ctx, wanted, number + 1, size, now, known)
    if first >= page.count:
        return [], page.count
    ids = list(page.token_ids[skipped:])
    if skipped and (number + 1) * size < page.count:
        ids += board.find(ctx, wanted, number + 2, size, now, known).token_ids[:skipped]
    return ids, page.count


def _found(manager: Manager, token_id: str) -> TokenView:
    view = view_of(context(), askable(token_id))
    if view is None or not manager.may_see(view.reference):
        raise _no_token()
    return view


def _detail(request: HttpRequest, token_id: str) -> tuple[TokenView, TokenDetail]:
    detail = detail_of(context(), _found(manager_of(request), token_id).id)
    if detail is None:
        raise _no_token()
    return detail.view, detail


def _no_token() -> NotFound:
    return NotFound("There is no such token.", code="token_not_found")


def _after(manager: Manager, token_id: str, outcome: TokenRow | Refusal) -> dict[str, Any]:
    if isinstance(outcome, Refusal):
        raise outcome.as_error()
    return shown(_found(manager, token_id))


def shown(view: TokenView) -> dict[str, Any]:
    """The token as `read_token` answers it."""
    names = shapes.Token.model_fields.keys() - {"state", "error", "other_account"}
    error = view.error
    return {name: getattr(view, name) for name in names} | {
        "state": view.state.word,
        "other_account": view.candidate and view.candidate[1],
        "error": error and {"code": error.code, "sentence": error.sentence, "action": error.action},
    }

"""API keys: list, make, change, revoke."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from ..access import keys
from ..access.key_rules import Rules, parse_allow, parse_expires, parse_from, parse_verbs
from ..app import context
from ..askable import askable
from ..errors import InvalidInput
from ..handout.usage import uses_by
from .auth import manager_of
from .shapes import keys as shapes
from .shapes.uses import UseOut
from .tags import check, in_one_step, names_tag, tagged

router = Router(tags=["API keys"])


@router.get("", response=list[shapes.Key])
def list_keys(request: HttpRequest, revoked: bool = False) -> Any:
    """By name; with `revoked` those too."""
    manager_of(request).check_all()
    return [_shown(each) for each in keys.list_keys(context(), revoked=revoked)]


@router.post("", response={201: shapes.NewKeyOut})
def new_key(request: HttpRequest, response: HttpResponse, body: shapes.NewKey) -> Any:
    """Make a key. `key` in the answer is its only sight."""
    manager = manager_of(request)
    manager.check_all()
    ctx = context()
    rules = Rules(
        parse_allow(body.allow or ()),
        parse_verbs(",".join(body.verbs or ("read", "refresh"))),
        parse_from(body.networks or ()),
    )
    ends = parse_expires(body.expires or "never", ctx.clock.now())
    view, secret = keys.new_key(ctx, body.name, rules, ends, manager.by)
    response["Location"] = f"/api/v1/keys/{view.id}"
    return Status(201, _shown(view) | {"key": secret.reveal()})


@router.get("/{key_id}", response={200: shapes.Key, 304: None})
def read_key(request: HttpRequest, response: HttpResponse, key_id: str) -> Any:
    """One key, revoked or not."""
    return tagged(request, response, _shown(_found(request, key_id)))


@router.get("/{key_id}/uses", response=list[UseOut])
def list_uses(request: HttpRequest, key_id: str) -> Any:
    """What the key was handed, the last first; at most 500 tokens."""
    return uses_by("key", _found(request, key_id).id, 500)


@router.patch("/{key_id}", response=shapes.Key)
def change_key(request: HttpRequest, response: HttpResponse, key_id: str, body: shapes.KeyRights) -> Any:
    """Only what is given is changed; it counts from the next request on."""
    view = _found(request, key_id)
    check(request, _shown(view))
    ctx = context()
    changes: dict[str, Any] = {}
    if body.allow is not None:
        changes["allow"] = parse_allow(body.allow)
    if body.verbs is not None:
        changes["verbs"] = parse_verbs(",".join(body.verbs))
    if body.networks is not None:
        changes["networks"] = parse_from(body.networks)
    if body.expires is not None:
        changes["expires_at"] = parse_expires(body.expires, ctx.clock.now())
    seen = view.changed_at if names_tag(request) else None
    with in_one_step(request):
        changed = keys.change_key(ctx, _live(view), manager_of(request).by, seen=seen, **changes)
    return tagged(request, response, _shown(changed))


@router.delete("/{key_id}", response=shapes.Key)
def revoke_key(request: HttpRequest, response: HttpResponse, key_id: str) -> Any:
    """Revoke it; it is kept in the list of revoked ones."""
    view = _found(request, key_id)
    check(request, _shown(view))
    seen = view.changed_at if names_tag(request) else None
    with in_one_step(request):
        revoked = keys.revoke_key(context(), _live(view), manager_of(request).by, seen=seen)
    return tagged(request, response, _shown(revoked))


def _found(request: HttpRequest, key_id: str) -> keys.KeyView:
    manager_of(request).check_all()
    return keys.find_key(context(), askable(key_id))


def _live(view: keys.KeyView) -> str:
    if view.state == "revoked":
        raise InvalidInput(f'The key "{view.name}" is revoked for good.', code="key_revoked", action="Make a new one.")
    return view.name


def _shown(view: keys.KeyView) -> dict[str, Any]:
    return {name: getattr(view, name) for name in shapes.Key.model_fields}

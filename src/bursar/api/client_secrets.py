"""Replacing a client secret in every configuration that shares it: in all of them, or in none."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from ..app import context
from ..errors import InvalidInput
from ..tokens.configure import check_secret
from ..tokens.shared_secret import replace_secret, sharing
from .auth import manager_of
from .configurations import found
from .shapes import client_secrets as shapes

router = Router(tags=["Token configurations"])


@router.get("/{configuration_id}/sharing", response=list[shapes.Sharing])
def list_sharing(request: HttpRequest, configuration_id: str) -> Any:
    """The other configurations of the same client ID, by name; at most 500."""
    manager = manager_of(request)
    others = sharing(found(manager, configuration_id))
    return [
        {
            "id": each.row.id,
            "name": each.row.name,
            "server": each.server,
            "same_server": each.same_server,
            "held": each.held,
        }
        for each in others
        if manager.may_see(each.row.name)
    ]


@router.post("/{configuration_id}/secret", response=shapes.Stored)
def store_secret(request: HttpRequest, configuration_id: str, body: shapes.NewSecret) -> Any:
    """Store a secret and its last day here and in those of `also`, which must have the same client ID."""
    manager = manager_of(request)
    row = found(manager, configuration_id)
    others = [found(manager, key) for key in dict.fromkeys(body.also) if key != row.id]
    if any(other.client_id != row.client_id for other in others):
        raise InvalidInput("Only configurations of the same client ID share a secret.", code="client_differs")
    rows = [row, *others]
    replace_secret(context(), rows, check_secret(body.client_secret), body.expires, manager.by)
    return {"configurations": [each.id for each in rows]}

"""Configurations from what an issuer says of itself, and the comparison with what it says today (SEC-53)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from ..app import context
from ..errors import Refused
from ..oauth2.vocabulary import Flow
from ..tokens import discover
from ..tokens.configure import check_secret
from ..tokens.discover import Found
from . import configurations
from .auth import manager_of
from .shapes import discovery as shapes
from .shapes.configurations import Configuration
from .tags import tagged

router = Router(tags=["Token configurations"])


@router.post("/discover", response=shapes.Discovered)
def look(request: HttpRequest, body: shapes.Issuer) -> Any:
    """Ask an issuer what it says of itself, as `bursar config discover`. Nothing is stored."""
    del request
    return _shown(_asked(body))


@router.post("/discover/add", response={201: Configuration})
def add(request: HttpRequest, response: HttpResponse, body: shapes.AddDiscovered) -> Any:
    """Ask once more, and add what was found where it still is what was looked at."""
    manager = manager_of(request)
    manager.check(body.name)
    found = _asked(body)
    if found.seen != body.seen:
        raise _says_other_things()
    discover.check_hosts(found, agreed=body.other_hosts)
    secret = check_secret(body.client_secret) if body.client_secret else None
    row = discover.add_found(context(), found, body.name, list(body.set.items()), secret, manager.by)
    return configurations.made(request, response, row)


@router.post("/{configuration_id}/recheck", response=shapes.Rechecked)
def recheck(request: HttpRequest, configuration_id: str) -> Any:
    """Ask the configuration's issuer again, and say what differs. Nothing is changed."""
    row = configurations.found(manager_of(request), configuration_id)
    differences = discover.recheck(context(), row.name)
    return {"differences": differences, "seen": discover.seen_differences(differences)}


@router.post("/{configuration_id}/recheck/apply", response=Configuration)
def apply(request: HttpRequest, response: HttpResponse, configuration_id: str, body: shapes.Accept) -> Any:
    """Ask once more, and take over what the provider says where that still is what was looked at. What is stored is
    held until a person confirms the new addresses."""
    manager = manager_of(request)
    row = configurations.found(manager, configuration_id)
    ctx = context()
    differences = discover.recheck(ctx, row.name)
    if discover.seen_differences(differences) != body.seen:
        raise _says_other_things()
    change = discover.apply(ctx, row.name, differences, manager.by)
    return tagged(request, response, configurations.whole(change.configuration))


def _asked(body: shapes.Issuer) -> Found:
    return discover.look(context(), body.issuer, tenant=body.tenant, flow=Flow(body.flow) if body.flow else None)


def _says_other_things() -> Refused:
    return Refused(
        "Provider and configuration differ in other ways than when you looked, so nothing was done.",
        code="metadata_changed",
        action="Look again, and send the new `seen`.",
    )


def _shown(found: Found) -> dict[str, Any]:
    return discover.plain(found) | {"elsewhere": found.other_hosts, "seen": found.seen}

"""A configuration from what an issuer says of itself, and the comparison with what it says today (SEC-53).

Metadata is read when a person asks for it and at no other time: what was found stands in the document, and a later
change reaches it only by `apply`, which holds token and secret as any change of where they are sent does (SEC-62).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..context import Context
from ..errors import InvalidInput, Refused, Temporary
from ..keyring import Secret
from ..oauth2.metadata import Metadata
from ..oauth2.vocabulary import Flow
from ..providers.discovery import discover
from ..providers.proposal import Proposal, fingerprint, flows_of, known_templates, propose
from . import configure
from .document import document_of, from_tree
from .document.assignments import Assignment
from .models import Configuration


@dataclass(frozen=True, slots=True)
class Found:
    """What a person is shown before anything is added. `seen` proves later that it is still the same."""

    metadata: Metadata
    proposal: Proposal
    flows: tuple[Flow, ...]
    templates: tuple[str, ...]  # slugs that know this provider already
    seen: str

    @property
    def other_hosts(self) -> list[str]:
        """Hosts that are not the issuer's own, to which what belongs to it would be sent."""
        return sorted({url.host for url in self.metadata.elsewhere().values()})


@dataclass(frozen=True, slots=True)
class Difference:
    """A value of the document that the provider's metadata no longer agrees with; empty where there is none."""

    path: str
    ours: str
    theirs: str


def look(ctx: Context, issuer: str, *, tenant: str = "", flow: Flow | None = None) -> Found:
    """Ask the issuer and propose a configuration; nothing is stored. Raises what `discover` and `propose` raise."""
    found = discover(ctx.door, issuer, tenant=tenant)
    slugs = tuple(template.slug for template in known_templates(found))
    return Found(found, propose(found, flow), tuple(flows_of(found)), slugs, fingerprint(found))


def add_found(
    ctx: Context, found: Found, name: str, assignments: Sequence[Assignment], secret: Secret | None, by: str
) -> Configuration:
    """Add what was found, with `assignments` on top. Raises InvalidInput that names the path and the rule, and Refused
    where the name is taken."""
    document = from_tree(name, found.proposal.tree, assignments)
    return configure.add(ctx, replace(document, client_secret=secret) if secret else document, by)


def check_seen(found: Found, seen: str) -> None:
    """Raises Temporary (`metadata_changed`) where the provider says other things than the person was shown."""
    if found.seen != seen:
        raise Temporary(
            "The provider says other things of itself than a moment ago, so nothing was added.",
            code="metadata_changed",
            action="Look at what it says now, then add it.",
        )


def check_hosts(found: Found, *, agreed: bool) -> None:
    """Raises Refused (`other_hosts`) where what belongs to the issuer would go to other hosts, unless agreed."""
    if found.other_hosts and not agreed:
        raise Refused(
            f"What belongs to {found.metadata.issuer} would be sent to {', '.join(found.other_hosts)}.",
            code="other_hosts",
            action="Compare the addresses with the provider's documentation, then say that they may be used.",
        )


def plain(found: Found) -> dict[str, Any]:
    """What was found as plain values, for programs."""
    return {
        "issuer": found.metadata.issuer,
        "endpoints": {name: str(url) for name, url in found.metadata.endpoints().items()},
        "flow": found.proposal.flow.value,
        "flows": [flow.value for flow in found.flows],
        "client_authentication": found.proposal.authentication.value,
        "pkce": found.proposal.tree.get("PKCE", "S256"),
        "scope": found.proposal.scope,
        "notes": found.proposal.notes,
        "templates": found.templates,
        "config": found.proposal.tree,
    }


def recheck(ctx: Context, name: str) -> list[Difference]:
    """Ask the document's issuer again and compare; nothing is changed. Raises InvalidInput (`issuer_missing`)."""
    document = document_of(configure.find(name))
    if document.options.issuer is None:
        raise InvalidInput(
            f'"{name}" names no issuer, so there is nobody to ask.',
            code="issuer_missing",
            action=f"Enter it: `bursar config set '{name}' Issuer=https://…`.",
        )
    found = discover(ctx.door, document.options.issuer)
    ours, theirs = document.tree(), _wanted(found, document.flow)
    return [
        Difference(path, value, theirs[path])
        for path, value in {path: _at(ours, path) for path in theirs}.items()
        if value and value != theirs[path]
    ]


def apply(ctx: Context, name: str, differences: Sequence[Difference], by: str) -> configure.Change:
    """Take over what the provider says now. What is stored is held until a person confirms the new addresses."""
    return configure.change(ctx, name, [(each.path, each.theirs) for each in differences], None, by)


def _wanted(found: Metadata, flow: Flow) -> dict[str, str]:
    """Every path of a document that metadata has a say in, with what it says; empty where it is silent."""
    token = str(found.token_endpoint)
    paths = {
        "RevocationURL": str(found.revocation_endpoint or ""),
        "UserinfoURL": str(found.userinfo_endpoint or ""),
    }
    if flow is Flow.CLIENT_CREDENTIALS:
        return paths | {"Requests.TokenByClientCredentials.Request.URL": token}
    return paths | {
        "Requests.AuthorizationCode.Request.URL": str(found.authorization_endpoint or ""),
        "Requests.TokenByAuthorizationCode.Request.URL": token,
        "Requests.TokenByRefreshToken.Request.URL": token,
    }


def _at(tree: object, path: str) -> str:
    for step in path.split("."):
        tree = tree.get(step) if isinstance(tree, dict) else None
    return str(tree or "")


def seen_differences(differences: Sequence[Difference]) -> str:
    """What a person was shown, so that nothing else is taken over in its place."""
    shown = [[each.path, each.ours, each.theirs] for each in differences]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()

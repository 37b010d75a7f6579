"""Editing as pages do it: look, change, look at what the change would hold, and save it against what was looked at."""

import json
from dataclasses import dataclass
from hashlib import sha256

from ..context import Context
from ..errors import NotFound
from ..keyring import Secret
from .configure import Change, changed_meanwhile, confirm, rewrite, sends_elsewhere, writing
from .document import TokenConfigurationDocument, document_of
from .models import Configuration, Token


@dataclass(frozen=True, slots=True)
class Move:
    """One destination that a change names anew: its path, where it was (empty: nowhere), where it would be."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Moves:
    """What a change would send elsewhere, and what of the stored is held for it: the secret, so many tokens."""

    moved: tuple[Move, ...]
    secret: bool
    tokens: int

    def __bool__(self) -> bool:
        return bool(self.moved)

    @property
    def digest(self) -> str:
        """Names exactly this: what a person was shown is what a yes is about."""
        shown = [[each.path, each.before, each.after] for each in self.moved]
        return sha256(json.dumps([shown, self.secret, self.tokens]).encode()).hexdigest()

    @property
    def holds(self) -> bool:
        """Whether anything would be held at all."""
        return self.secret or self.tokens > 0


def by_id(configuration_id: str) -> Configuration:
    """The configuration of that id. Raises NotFound (`configuration_not_found`)."""
    found = Configuration.objects.filter(pk=configuration_id).first()
    if found is None:
        raise NotFound(
            "There is no such token configuration any more.",
            code="configuration_not_found",
            action="Look at the overview: somebody may have deleted it.",
        )
    return found


def moves(row: Configuration, document: TokenConfigurationDocument, secret: Secret | None) -> Moves:
    """What saving `document` over `row` would send elsewhere, and what it would hold (SEC-62). Nothing is changed."""
    before = document_of(row)
    if not sends_elsewhere(before, document):
        return Moves((), False, 0)
    known, wanted = before.destinations(), document.destinations()
    moved = tuple(
        Move(path, known.get(path, ""), where) for path, where in wanted.items() if known.get(path, "") != where
    )
    tokens = Token.objects.filter(configuration=row).exclude(access_token=None, refresh_token=None).count()
    return Moves(moved, row.client_secret is not None and not secret, tokens)


def save(
    ctx: Context,
    row: Configuration,
    document: TokenConfigurationDocument,
    secret: Secret | None,
    by: str,
    *,
    release: bool = False,
) -> Change:
    """Save `document` over what was read as `row`; `secret` None keeps the stored one.

    With `release` a person has confirmed where it sends secrets, so nothing stays held. Raises Temporary
    (`changed_meanwhile`) where somebody changed the configuration since `row` was read, Refused for a name.
    """
    with writing():
        found = by_id(row.id)
        if found.generation != row.generation:
            raise changed_meanwhile()
        change = rewrite(ctx, found, document, secret, by)
        if not (release and change.held):
            return change
        return confirm(ctx, change.configuration.name, by, seen=change.configuration.generation)

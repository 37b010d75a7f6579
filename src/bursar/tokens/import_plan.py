"""What an import would do, entry by entry, without doing any of it: the dry run that a person reads.

It only reads, so it holds nobody up. `transfer` does the work and is asked afterwards whether it came to the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q

from ..context import Context
from ..keyring import SealBroken, Secret
from .configure import secret_of, sends_elsewhere
from .differences import Difference, differences
from .document import TokenConfigurationDocument, document_of
from .labels import refuse_ambiguous_name
from .models import Configuration, Token

ADDED, OVERWRITTEN, UNCHANGED, SKIPPED = "added", "overwritten", "unchanged", "skipped"
OUTCOMES = (ADDED, OVERWRITTEN, UNCHANGED, SKIPPED)
_BATCH = 500  # as in `transfer`


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """One configuration of the file. `held` is what would be held of it: "token", "secret".

    `secret` says what happens to the client secret: "new", "replaced", "kept" or "none"; never what it is.
    """

    name: str
    outcome: str
    secret: str
    held: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()


def plan_import(
    ctx: Context, documents: Sequence[TokenConfigurationDocument], *, overwrite: bool
) -> list[PlannedEntry]:
    """The entries in the order of the file. Raises Refused where a name can't be had, as the import would."""
    return [
        entry
        for start in range(0, len(documents), _BATCH)
        for entry in _plan(ctx, documents[start : start + _BATCH], overwrite)
    ]


def _plan(ctx: Context, documents: Sequence[TokenConfigurationDocument], overwrite: bool) -> Iterator[PlannedEntry]:
    rows = {row.name: row for row in Configuration.objects.filter(name__in=[each.name for each in documents])}
    holding = _with_material(ctx, [row.id for row in rows.values()])
    for document in documents:
        row = rows.get(document.name)
        if row is None:
            refuse_ambiguous_name(document.name)
            yield PlannedEntry(document.name, ADDED, "new" if document.client_secret else "none")
            continue
        before = document_of(row)
        secret = _secret(ctx, row, document.client_secret)
        found = tuple(differences(before, document))
        if not overwrite:
            yield PlannedEntry(document.name, SKIPPED, secret, (), found)
            continue
        changes = (
            before.source != document.source or before.validity != document.validity or secret in ("new", "replaced")
        )
        held: list[str] = []
        if sends_elsewhere(before, document):
            held += ["token"] if row.id in holding else []
            held += ["secret"] if row.client_secret is not None and not document.client_secret else []
        yield PlannedEntry(document.name, OVERWRITTEN if changes else UNCHANGED, secret, tuple(held), found)


def _secret(ctx: Context, row: Configuration, given: Secret | None) -> str:
    if not given:
        return "kept" if row.client_secret is not None else "none"
    if row.client_secret is None:
        return "new"
    try:
        same = secret_of(ctx, row) == given and not row.secret_held
    except SealBroken:
        same = False
    return "kept" if same else "replaced"


def _with_material(ctx: Context, ids: Sequence[str]) -> set[str]:
    """The configurations with a token that a change of destination would hold, or that is held already."""
    material = Q(access_token__isnull=False) | Q(refresh_token__isnull=False) | Q(lease_until__gt=ctx.clock.now())
    tokens = Token.objects.filter(material | Q(held=True), configuration_id__in=ids)
    return set(tokens.values_list("configuration_id", flat=True))

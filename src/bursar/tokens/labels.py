"""References: `NAME` is a configuration's own token, `NAME#LABEL` a further one of the same configuration."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from ..askable import askable
from ..context import Context
from ..errors import InvalidInput, NotFound, Refused
from ..ids import new_id
from .models import Configuration, Token
from .obtain import find
from .outcome import Refusal
from .rows import TokenRow

LONGEST_LABEL = 250


@dataclass(frozen=True, slots=True)
class Resolved:
    """The rows that a reference names."""

    configuration_id: str
    token_id: str


def resolve(ctx: Context, reference: str, *, create: bool = False) -> Resolved:
    """The rows behind `reference`: as a whole name first, else split at the last `#`.

    With `create` a missing label of an existing configuration is made. Raises NotFound; InvalidInput for a label
    that can't be one; Refused (`reference_ambiguous`) where the new `NAME#LABEL` would also be read as a name.
    """
    del ctx  # labels are rows of the ORM; the signature is that of every use case
    reference = askable(reference)
    whole = Token.objects.filter(configuration__name=reference, label="").first()
    if whole is not None:
        return Resolved(whole.configuration_id, whole.id)
    name, hash_mark, label = reference.rpartition("#")
    configuration = Configuration.objects.filter(name=name).first() if hash_mark and label else None
    if configuration is None:
        raise no_configuration(reference)
    token = Token.objects.filter(configuration=configuration, label=label).first()
    if token is None and create:
        token = _create(configuration, check_label(label))
    if token is None:
        raise NotFound(
            f'"{name}" has no token labelled "{label}".',
            code="label_not_found",
            action=f"`bursar token authorize '{reference}'` makes it.",
        )
    return Resolved(configuration.id, token.id)


def no_configuration(reference: str) -> NotFound:
    """The refusal of a reference whose configuration isn't there."""
    return NotFound(
        f'There is no token configuration "{reference}".',
        code="configuration_not_found",
        action="`bursar config list` shows the names.",
    )


def add_label(configuration: Configuration, label: str) -> Token:
    """A further token under the configuration, nothing obtained yet.

    Raises InvalidInput (`label_invalid`), Refused where the label is there already (`label_taken`), or where
    `NAME#LABEL` is the name of another configuration, which would hide it (`reference_ambiguous`).
    """
    reference = f"{configuration.name}#{check_label(label)}"
    if Configuration.objects.filter(name=reference).exists():
        raise Refused(
            f'There is a token configuration called "{reference}", which would hide the label.',
            code="reference_ambiguous",
            action="Choose another label.",
        )
    if Token.objects.filter(configuration=configuration, label=label).exists():
        raise Refused(
            f'"{configuration.name}" has the label "{label}" already.',
            code="label_taken",
            action="Choose another label.",
        )
    return _create(configuration, label)


def base_of_missing_label(ctx: Context, reference: str) -> TokenRow | None:
    """The configuration's own token where `reference` is a NAME#LABEL whose label isn't there yet; else None."""
    if not isinstance(find(ctx, reference), Refusal):
        return None
    base = find(ctx, reference.rpartition("#")[0])
    return None if isinstance(base, Refusal) else base


def check_label(label: str) -> str:
    """The label itself. Raises InvalidInput where it holds `#` or control characters, or is too long."""
    if "#" in label or label != label.strip() or not 0 < len(label) <= LONGEST_LABEL or not label.isprintable():
        raise InvalidInput(
            "A label has 1 to 250 printable characters, no # and no blanks at its ends.", code="label_invalid"
        )
    return label


def refuse_ambiguous_name(name: str) -> None:
    """Raises Refused where a configuration called `name` would hide an existing `NAME#LABEL`. For `configure`."""
    base, hash_mark, label = name.rpartition("#")
    if hash_mark and label and Token.objects.filter(configuration__name=base, label=label).exists():
        raise Refused(
            f'"{name}" already names the token "{label}" of "{base}".',
            code="reference_ambiguous",
            action="Choose another name.",
        )


def _create(configuration: Configuration, label: str) -> Token:
    try:
        with transaction.atomic():
            return Token.objects.create(id=new_id(), configuration=configuration, label=label)
    except IntegrityError:  # another process made it in this very moment
        return Token.objects.get(configuration=configuration, label=label)

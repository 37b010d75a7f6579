"""Where an account sends its token, and what is held until a person has said yes to that (SEC-62).

A token goes to the mail servers that its provider is known for, and to a place that a person has confirmed for its
configuration. An account that would send it elsewhere is stored and held: it logs in nowhere. A password isn't held,
it is refused: it has to be entered again for another server (`change`).
"""

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from ..askable import askable
from ..context import Context
from ..errors import PersonMustAct
from ..tokens import elsewhere
from ..tokens.edit import Moves
from ..tokens.models import Configuration
from .account import AccountType
from .models import MailAccount

if TYPE_CHECKING:
    from .accounts import NewAccount

Place = tuple[str, int, str, bool]


def place_of(host: str, port: int, ca_file: str, kind: AccountType) -> Place:
    """Server, port, own authority, and whether it is spoken to without encryption."""
    return host.lower().rstrip("."), port, ca_file, kind.is_plain


def configuration_of(reference: str) -> Configuration | None:
    """The configuration whose token a reference names."""
    reference = askable(reference)
    found = Configuration.objects.filter(name=reference).first()
    return found or Configuration.objects.filter(name=reference.rpartition("#")[0]).first()


def moves(row: MailAccount | None, new: "NewAccount") -> Moves:
    """What storing the completed `new` would hold; empty where nothing is. `row` is the account as it is."""
    if new.token is None or _goes_on(row, new) or _confirmed(row, new):
        return Moves((), False, 0)
    before = {} if row is None else _facts(row.host, row.port, row.ca_file, row.type, _reference(row))
    wanted = _facts(new.host or "", new.port or 0, new.ca_file, str(new.type), new.token)
    return elsewhere.moves_between(before, wanted, "Host", secret=False, token=True)


def is_held(row: MailAccount | None, new: "NewAccount") -> bool:
    """Whether the account is held once `new` is stored. What is held already stays so wherever nobody has said yes."""
    if new.token is None or (_goes_on(row, new) and not (row is not None and row.held)):
        return False
    return not _confirmed(row, new)


def confirm(ctx: Context, row: MailAccount, by: str, *, seen: int) -> list[MailAccount]:
    """A person confirms that the token may go where the account sends it now, and so those `alike`, which are returned.

    `seen` is the generation that the person looked at. Raises Temporary (`changed_meanwhile`).
    """
    with transaction.atomic():
        elsewhere.release(ctx, row, by, seen=seen)
        others = alike(row)
        for other in others:
            elsewhere.release(ctx, other, by, seen=other.generation)
    return others


def alike(row: MailAccount) -> list[MailAccount]:
    """The other held accounts that send a token of the same configuration to the same place, by name."""
    there = MailAccount.objects.filter(_at(_place_of(row)), token__configuration_id=_configuration_id(row))
    return list(there.filter(held=True).exclude(id=row.id))


def refusal(name: str, host: str, port: int) -> PersonMustAct:
    """What an account that is held says, wherever it would log in."""
    return PersonMustAct(
        f'The mail account "{name}" is held: nobody has confirmed yet that its token may go to {host}:{port}.',
        code="account_held",
        action=f"Compare {host} with what you know from the provider, and confirm it on the account's page, or by "
        f"`bursar mail confirm '{name}'`.",
    )


def _goes_on(row: MailAccount | None, new: "NewAccount") -> bool:
    """Whether the account sends a token of the same configuration to the same place already."""
    if row is None or row.token is None or _place_of(row) != _place(new):
        return False
    return row.token.configuration_id == getattr(configuration_of(new.token or ""), "id", None)


def _confirmed(row: MailAccount | None, new: "NewAccount") -> bool:
    """Whether the provider is known for this server, or another account sends it a token of this configuration."""
    from .accounts import template_servers

    configuration = configuration_of(new.token or "")
    if configuration is None:
        return False
    host, port, ca_file, plain = after = _place(new)
    assert new.type is not None
    for server in template_servers(configuration.template):
        usual = port in (server.port, new.type.default_port)
        if not plain and not ca_file and host == server.host.lower() and usual:
            return True
    others = MailAccount.objects.filter(_at(after), token__configuration=configuration, held=False)
    return (others if row is None else others.exclude(id=row.id)).exists()


def _at(place: Place) -> Q:
    """The accounts at this place."""
    host, port, ca_file, plain = place
    there = Q(host__iexact=host) | Q(host__iexact=f"{host}.")
    kinds = [str(kind) for kind in AccountType if kind.is_plain == plain]
    return there & Q(port=port, ca_file=ca_file, type__in=kinds)


def _place(new: "NewAccount") -> Place:
    assert new.host is not None
    assert new.port is not None
    assert new.type is not None
    return place_of(new.host, new.port, new.ca_file, new.type)


def _place_of(row: MailAccount) -> Place:
    return place_of(row.host, row.port, row.ca_file, AccountType(row.type))


def _configuration_id(row: MailAccount | None) -> str | None:
    return row.token.configuration_id if row is not None and row.token is not None else None


def _reference(row: MailAccount) -> str:
    from .accounts import reference_of

    return reference_of(row)


def _facts(host: str, port: int, ca_file: str, kind: str, token: str) -> dict[str, str]:
    return {"Host": host, "Port": str(port), "CA": ca_file, "Type": kind, "Token": token}

"""Mail accounts as YAML: a list of mappings, one an account. Passwords are in it only where that is asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from ..context import Context
from ..errors import InvalidInput
from ..exchange import HIDDEN, ImportResult, Stored, import_all, mappings, written
from ..keyring import Secret
from ..tokens.differences import Difference, between
from ..tokens.document.nodes import Mapping as MappingNode
from ..tokens.document.nodes import Node, Scalar
from ..tokens.document.scalars import is_null
from ..tokens.import_plan import ADDED, OVERWRITTEN, SKIPPED, UNCHANGED
from .account import AccountType, interval_text, parse_interval
from .accounts import NewAccount, add, find, password_of, recipients_of, reference_of
from .change import change
from .models import MailAccount

KEYS = {
    "Name": str,
    "Type": str,
    "Host": str,
    "Port": int,
    "Login": str,
    "Token": str,
    "Password": str,
    "Folder": str,
    "CA": str,
    "After": str,
    "Trusted": bool,
    "Deliver": str,
    "ByRecipient": dict,
    "Interval": str,
    "Validity": str,
    "Comment": str,
}


def export_accounts(ctx: Context, names: Sequence[str] | None, *, with_passwords: bool) -> str:
    """The YAML of the named accounts, or of all. Raises NotFound."""
    everything = MailAccount.objects.select_related("token__configuration")
    rows = list(everything.all()) if names is None else [find(name) for name in dict.fromkeys(names)]
    return written([_entry(ctx, row, with_passwords) for row in rows])


def import_accounts(
    ctx: Context, data: bytes, file: str, *, overwrite: bool, dry_run: bool, by: str, release: bool = False
) -> ImportResult:
    """Import a file: all of it or nothing. Existing names are skipped, or with `overwrite` replaced; an overwritten
    account keeps its password where the file has none. `dry_run` does everything and takes it back. What the import
    would hold is named in the result; `release` is a person's yes to where it all goes, so that nothing is.

    Raises InvalidInput that names the entry, NotFound and Refused; nothing is changed then.
    """
    found = [_mapping(node, file) for node in mappings(data, file)]
    return import_all(found, file, lambda entry: _store(ctx, _account(entry), overwrite, by, release), dry_run=dry_run)


def _store(ctx: Context, new: NewAccount, overwrite: bool, by: str, release: bool) -> Stored:
    row = MailAccount.objects.select_related("token__configuration").filter(name=new.name).first()
    if row is None:
        row = add(ctx, new, by, release=release)
        return Stored(new.name, ADDED, tuple(_where(ctx, row) if row.held else ()), row.held)
    if not overwrite:
        return Stored(new.name, SKIPPED)
    before = _entry(ctx, row, False)
    with transaction.atomic():
        changed = change(ctx, row, new, by, release=release)
        places = between(before, _entry(ctx, changed, False))
        places += [Difference("Password", None, HIDDEN)] if new.password is not None else []
        if not places:
            transaction.set_rollback(True)
    return Stored(new.name, OVERWRITTEN if places else UNCHANGED, tuple(places), bool(places) and changed.held)


def _where(ctx: Context, row: MailAccount) -> list[Difference]:
    """Where a new account would send its token: what a person is to compare."""
    entry = _entry(ctx, row, False)
    return between({}, {key: str(entry[key]) for key in ("Host", "Port", "CA", "Token") if key in entry})


def _entry(ctx: Context, row: MailAccount, with_passwords: bool) -> dict[str, Any]:
    password = password_of(ctx, row) if with_passwords else None
    found: dict[str, Any] = {
        "Name": row.name,
        "Type": row.type,
        "Host": row.host,
        "Port": row.port,
        "Login": row.login,
        "Token": reference_of(row) or None,
        "Password": password.reveal() if password else None,
        "Folder": row.folder or None,
        "CA": row.ca_file or None,
        "After": row.after,
        "Trusted": row.trusted,
        "Deliver": row.deliver,
        "ByRecipient": recipients_of(row) or None,
        "Interval": interval_text(row.interval),
        "Validity": row.validity,
        "Comment": row.comment or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _mapping(node: MappingNode, file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, child in node.items.items():
        wanted = KEYS.get(key)
        if wanted is None:
            raise InvalidInput(
                f"{file}: line {child.line}: {key} is not known here.",
                code="key_unknown",
                action=f"Keys are {', '.join(KEYS)}.",
            )
        if isinstance(child, Scalar) and is_null(child):
            continue
        value = _value(child, wanted)
        if value is None:
            raise InvalidInput(f"{file}: line {child.line}: {key} has the wrong kind of value.", code="value_invalid")
        found[key] = value
    return found


def _value(node: Node, wanted: type) -> Any:
    """The node as what its key wants; None where it is something else."""
    if wanted is dict:
        if not isinstance(node, MappingNode) or not all(isinstance(child, Scalar) for child in node.items.values()):
            return None
        return {address: child.text for address, child in node.items.items() if isinstance(child, Scalar)}
    if not isinstance(node, Scalar):
        return None
    if wanted is bool:
        return {"true": True, "false": False}.get(node.text.lower())
    if wanted is int:
        return int(node.text) if node.text.isascii() and node.text.isdigit() and len(node.text) < 10 else None
    return node.text


def _account(entry: Mapping[str, Any]) -> NewAccount:
    for key in ("Name", "Login", "Deliver"):
        if key not in entry:
            raise InvalidInput(f"{key} is missing.", code="key_missing")
    kind = entry.get("Type")
    if kind is not None and kind not in list(AccountType):
        raise InvalidInput(f'Type "{kind}" is not known.', action=f"Use one of {', '.join(AccountType)}.")
    return NewAccount(
        name=entry["Name"],
        login=entry["Login"],
        deliver=entry["Deliver"],
        type=AccountType(kind) if kind else None,
        host=entry.get("Host"),
        port=entry.get("Port"),
        token=entry.get("Token"),
        password=Secret(entry["Password"]) if "Password" in entry else None,
        folder=entry.get("Folder"),
        ca_file=entry.get("CA", ""),
        after=entry.get("After", "delete"),
        trusted=entry.get("Trusted", False),
        recipients=entry.get("ByRecipient", {}),
        validity=entry.get("Validity", "valid"),
        comment=entry.get("Comment", ""),
        interval=parse_interval(entry.get("Interval", "5m")),
    )

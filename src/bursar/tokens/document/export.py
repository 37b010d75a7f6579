"""Back to YAML: sorted, stable, block style, with nothing in it that another reader would stumble over."""

from collections.abc import Iterable
from typing import Any

import yaml

from ...keyring import Secret
from .model import TokenConfigurationDocument

_NO_FOLDING = 1 << 30


class _Dumper(yaml.CSafeDumper):
    """Writes each value in full where it stands: no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class asks per value
        return True


START = "---\n"  # what a file begins with


def write_documents(documents: Iterable[tuple[TokenConfigurationDocument, Secret | None]]) -> str:
    """The YAML of documents, each with the secret that is to stand in it (None: ClientSecret stays null).

    Sorted by name, keys sorted, UTF-8 as it is. Creation and change dates are left out, though the format has them:
    two systems with the same configurations then export the same text.
    """
    ordered = sorted(documents, key=lambda pair: pair[0].name)
    entries = [entry(document, secret) for document, secret in ordered]
    return dumped(entries, sort_keys=True, explicit_start=True)


def dumped(value: Any, *, sort_keys: bool = False, explicit_start: bool = False) -> str:
    """Plain values as YAML in block style, nothing folded, UTF-8 as it is."""
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=sort_keys,
        allow_unicode=True,
        width=_NO_FOLDING,
        explicit_start=explicit_start,
    )
    return text


def entry(document: TokenConfigurationDocument, secret: Secret | None) -> dict[str, Any]:
    """One entry as plain values."""
    tree = document.tree()
    if secret is not None:
        tree["ClientSecret"] = secret.reveal()
    return {"Name": document.name, "Config": tree, "ValidID": document.validity.valid_id}

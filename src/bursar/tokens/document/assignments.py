"""`PATH=VALUE ...` carried out on a document, or on a provider's template: the same rules for both."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InvalidInput
from ...providers import Template, template_of
from .model import TokenConfigurationDocument, Validity
from .parse import document_of_tree
from .paths import assign

Assignment = tuple[str, str]


def assigned(document: TokenConfigurationDocument, assignments: Sequence[Assignment]) -> TokenConfigurationDocument:
    """The document with the assignments made. Raises InvalidInput that names the path and the rule.

    A changed placeholder of the template it came from is carried into the values that still are as the template
    made them; those edited since stay (and an address assigned in the same call wins).
    """
    name, validity, rest = _entry_fields(document.name, document.validity, assignments)
    tree = document.tree()
    template = template_of(document.template_name)
    given = {path: value for path, value in rest if template and template.placeholder(path)}
    if template and given:
        _carry(template, tree, given)
    for path, value in rest:
        if path not in given:
            assign(tree, path, value)
    return document_of_tree(name, validity, tree)


def from_template(
    template: Template, name: str, assignments: Sequence[Assignment], sources: Mapping[str, str]
) -> TokenConfigurationDocument:
    """A new document. `sources` fills the placeholders that nobody is asked for, such as the practice provider's port.

    Raises InvalidInput (`placeholder_missing`) that names what has to be given.
    """
    name, validity, rest = _entry_fields(name, Validity.VALID, assignments)
    values = {p.name: sources[p.source] for p in template.placeholders if p.source is not None and p.source in sources}
    values |= {path: value for path, value in rest if value and template.placeholder(path)}
    tree = template.tree(values)
    for path, value in rest:
        if template.placeholder(path) is None:
            assign(tree, path, value)
    if missing := template.missing(tree):
        wanted = ", ".join(f"{p.name} ({p.label})" for p in missing)
        raise InvalidInput(
            f"The template {template.slug} needs {wanted}.",
            code="placeholder_missing",
            action=f"Add {' '.join(f'--set {p.name}={p.example}' for p in missing)} with your own values.",
        )
    return document_of_tree(name, validity, tree)


def from_tree(name: str, tree: Mapping[str, Any], assignments: Sequence[Assignment]) -> TokenConfigurationDocument:
    """A new document from a `Config` tree with the assignments made on it. Raises InvalidInput as `assigned` does."""
    name, validity, rest = _entry_fields(name, Validity.VALID, assignments)
    made = copy.deepcopy(dict(tree))
    for path, value in rest:
        assign(made, path, value)
    return document_of_tree(name, validity, made)


def _entry_fields(
    name: str, validity: Validity, assignments: Sequence[Assignment]
) -> tuple[str, Validity, list[Assignment]]:
    rest: list[Assignment] = []
    for path, value in assignments:
        if any("\ud800" <= c <= "\udfff" or c == "\0" for c in path + value):
            raise InvalidInput(f"{path!a}: is not text", code="value_invalid")
        if path == "Name":
            name = value
        elif path == "Validity":
            if value not in list(Validity):
                raise InvalidInput("Validity: must be valid, invalid or invalid-temporarily", code="value_invalid")
            validity = Validity(value)
        else:
            rest.append((path, value))
    return name, validity, rest


def _carry(template: Template, tree: dict[str, Any], given: dict[str, str]) -> None:
    """Replace what the template made of the old values by what it makes of the new ones."""
    old = {p.name: str(tree[p.name]) for p in template.placeholders if tree.get(p.name) is not None}
    for name, value in given.items():
        if not value:
            raise InvalidInput(f"{name}: must not be empty", code="value_invalid")
    made, wanted = template.tree(old), template.tree(old | given)
    _replace(tree, made, wanted)
    tree.update(given)


def _replace(tree: dict[str, Any], made: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for key, before in made.items():
        if isinstance(before, Mapping):
            below = tree.get(key)
            if isinstance(below, dict):
                _replace(below, before, wanted[key])
        elif before != wanted[key] and tree.get(key) == before:
            tree[key] = wanted[key]

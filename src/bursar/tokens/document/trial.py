"""Assignments tried out: a document, or every rule that they break, each with the path that breaks it.

A command stops at the first wrong value; a form shows all of them at once, each beside its field.
"""

from collections.abc import Mapping, Sequence

from ...errors import InvalidInput
from ...providers import Template
from .assignments import Assignment, assigned, from_template
from .model import TokenConfigurationDocument, Validity
from .parse import document_of_tree
from .violations import DocumentInvalid, Problem

Tried = TokenConfigurationDocument | tuple[Problem, ...]


def try_assigned(document: TokenConfigurationDocument, assignments: Sequence[Assignment]) -> Tried:
    """The document with the assignments made, or what is wrong with each of them."""
    problems: list[Problem] = []
    for path, value in assignments:
        try:
            assigned(document, [(path, value)])
        except InvalidInput as refused:
            problems += problems_of(path, refused)
    if problems:
        return tuple(problems)
    try:
        return assigned(document, assignments)
    except InvalidInput as refused:  # each is right by itself, and they don't go together
        return tuple(problems_of("", refused))


def try_template(template: Template, name: str, assignments: Sequence[Assignment], sources: Mapping[str, str]) -> Tried:
    """A new document from a template, or what is wrong. Placeholders that are missing or wrong don't hide the rest:
    their examples stand in while the other values are looked at."""
    values = {p.name: sources[p.source] for p in template.placeholders if p.source is not None and p.source in sources}
    values |= {p.name: p.example for p in template.placeholders if p.default is None and p.name not in values}
    given = {path: value for path, value in assignments if value and template.placeholder(path)}
    problems: list[Problem] = []
    for placeholder in template.placeholders:
        value = given.get(placeholder.name, "")
        if value:
            try:
                document_of_tree("draft", Validity.VALID, template.tree(values | {placeholder.name: value}))
            except InvalidInput as refused:
                problems += problems_of(placeholder.name, refused)[:1]
            else:
                values[placeholder.name] = value
        elif placeholder.default is None and placeholder.source is None:
            problems.append(Problem(placeholder.name, "is missing"))
    draft = document_of_tree("draft", Validity.VALID, template.tree(values))
    rest = [(path, value) for path, value in assignments if template.placeholder(path) is None]
    tried = try_assigned(draft, [("Name", name), *rest])
    if isinstance(tried, tuple):
        problems += tried
    if problems:
        return tuple(problems)
    return from_template(template, name, assignments, sources)


def problems_of(path: str, refused: InvalidInput) -> list[Problem]:
    """What is wrong, said of `path` where one is given: the value that was tried is to blame."""
    if isinstance(refused, DocumentInvalid):
        return [Problem(path or each.path.removeprefix("Config."), each.rule) for each in refused.problems]
    return [Problem(path, refused.sentence.removeprefix(f"{path}: ").rstrip("."))]

"""What stands in the fields: as a template or a document has it, and as a person sent it. All of it is text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext_noop

from ...errors import InvalidInput
from ...keyring import Secret
from ...providers import Template
from ...tokens.configure import check_secret
from ...tokens.document import Problem, TokenConfigurationDocument
from ...tokens.document.assignments import Assignment
from .specs import ENDPOINTS, REFRESH_URL, SECRET, TOKEN_URL, Spec, addresses

WAS = "was:"
LONGEST = 100_000  # characters, as in the document
TOO_LONG = gettext_noop("is longer than 100,000 characters")
# What a form carries beside the fields of the document.
COMPANIONS = frozenset(("csrfmiddlewaretoken", "action", "seen", "moved", "moves", "current_password"))
_DEFAULTS = {"PKCE": "S256", "Validity": "valid"}


def of_document(document: TokenConfigurationDocument, specs: Iterable[Spec]) -> dict[str, str]:
    """The value of each field, as the document has it; the secret is never among them (SEC-41)."""
    tree = document.tree() | {"Name": document.name, "Validity": document.validity.value}
    return {spec.path: _text(spec, _at(tree, spec.path)) for spec in specs if spec.kind != "secret"}


def of_template(template: Template, specs: Iterable[Spec]) -> dict[str, str]:
    """What a new configuration begins with. Endpoints that a placeholder fills keep its `{Name}` in them."""
    defaults = {p.name: p.default for p in template.placeholders if p.default is not None}
    tree = dict(template.config) | defaults
    found = {spec.path: _text(spec, _at(tree, spec.path)) for spec in specs if spec.kind != "secret"}
    return found | dict.fromkeys(addresses(template).keys() & found.keys(), "")


@dataclass(slots=True)
class Given:
    """What a person sent: each field as it was typed, and the secret, which no page gets back."""

    values: dict[str, str]
    was: dict[str, str]
    secret: Secret | None = None
    problems: list[Problem] = field(default_factory=list)


def given(sent: QueryDict, specs: Sequence[Spec], *, companions: Iterable[str] = ()) -> Given:
    """Read a form. Raises BadRequest where it has a field that this form hasn't, or one twice (SEC-42)."""
    fields = {spec.path: spec for spec in specs}
    known = fields.keys() | {WAS + path for path in fields} | COMPANIONS | set(companions)
    if any(name not in known or len(texts) > 1 for name, texts in sent.lists()):
        raise BadRequest
    if any(len(str(text)) > LONGEST for name, text in sent.items() if name not in fields):
        raise BadRequest
    found = Given({}, {path: str(sent[WAS + path]) for path in fields if WAS + path in sent})
    for path, spec in fields.items():
        if spec.kind != "secret":
            text = sent.get(path, "").replace("\r\n", "\n").strip()
            if len(text) > LONGEST:
                found.problems.append(Problem(path, TOO_LONG))
            found.values[path] = str(int(bool(text))) if spec.kind == "flag" else text
    if text := sent.get(SECRET, ""):
        try:
            found.secret = check_secret(text.strip())
        except InvalidInput as refused:
            found.problems.append(Problem(SECRET, refused.sentence))
    return found


def plain(spec: Spec, text: str) -> str:
    """The value as the document has it: a list of scopes on one line."""
    return " ".join(text.split()) if spec.kind == "lines" else text


def changed(specs: Iterable[Spec], before: Mapping[str, str], after: Mapping[str, str]) -> list[Assignment]:
    """The assignments that make `before` say what `after` says."""
    return [
        (spec.path, plain(spec, after[spec.path]))
        for spec in specs
        if spec.path in after and plain(spec, before.get(spec.path, "")) != plain(spec, after[spec.path])
    ]


def for_template(template: Template, specs: Sequence[Spec], values: Mapping[str, str]) -> list[Assignment]:
    """The assignments for a new document: an endpoint that is a placeholder fills it, `{Name}` in others is filled."""
    firsts = _firsts(template)
    filled: list[Assignment] = [(p.name, values[p.name]) for p in template.placeholders if p.name in values]
    for path, text in changed(specs, of_template(template, specs), values):
        value = values[TOKEN_URL] if path == REFRESH_URL and not text else text
        if path in firsts:
            filled.append((firsts[path], value))
        elif template.placeholder(path) is None and path != "Name":
            for placeholder in template.placeholders:
                value = value.replace("{" + placeholder.name + "}", values.get(placeholder.name, ""))
            filled.append((path, value))
    return filled


def for_document(template: Template | None, specs: Sequence[Spec], found: Given) -> list[Assignment]:
    """The assignments of an edit: what differs from what the form showed, and nothing else."""
    values = dict(found.values)
    if found.was.get(REFRESH_URL) and not values[REFRESH_URL]:
        values[REFRESH_URL] = values[TOKEN_URL]
    assignments = changed(specs, found.was, values)
    wanted = dict(assignments)
    asked = addresses(template) if template else {}
    for path, name in (_firsts(template) if template else {}).items():
        if path in wanted:
            # The placeholder goes on saying what this endpoint says; others that it once filled stay where they are.
            others = [each for each in asked if asked[each] == name and each not in wanted and values.get(each)]
            assignments = [(name, wanted[path]), *assignments, *((each, values[each]) for each in others)]
    return assignments


def _firsts(template: Template) -> dict[str, str]:
    """The endpoint at which each address is asked for, with the placeholder's name."""
    found: dict[str, str] = {}
    for path, name in addresses(template).items():
        if name not in found.values():
            found[path] = name
    return found


def lacking(specs: Iterable[Spec], values: Mapping[str, str]) -> list[Problem]:
    """What must be there and isn't; the secret is looked at elsewhere."""
    return [
        Problem(spec.path, "is missing")
        for spec in specs
        if not spec.optional and spec.kind not in ("secret", "flag") and not values.get(spec.path)
    ]


def endpoints_shown(specs: Iterable[Spec]) -> list[Spec]:
    """The endpoint fields among them."""
    paths = {path for paths in ENDPOINTS.values() for path in paths}
    return [spec for spec in specs if spec.path in paths]


def _at(tree: Mapping[str, Any], path: str) -> Any:
    if path in tree:
        return tree[path]
    place: Any = tree
    for key in path.split("."):
        place = place.get(key) if isinstance(place, Mapping) else None
    return place


def _text(spec: Spec, value: Any) -> str:
    if value is None:
        value = "0" if spec.kind == "flag" else _DEFAULTS.get(spec.path, "")
    if isinstance(value, bool):
        value = "true" if value else "false"
    return "\n".join(str(value).split()) if spec.kind == "lines" else str(value)

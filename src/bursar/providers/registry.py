"""The catalogue of provider templates: data files beside this one, each with its source and the date it was checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ..errors import InvalidInput, NotFound
from .standard import Standard


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that a template can't know. Without `default` it is asked for; `source` names what fills it unasked."""

    name: str
    label: str
    example: str
    default: str | None = None
    pattern: str | None = None
    source: str | None = None

    def check(self, value: str) -> str:
        """The value itself. Raises InvalidInput (`placeholder_invalid`) where it can't stand in an address."""
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise InvalidInput(
                f"{self.name}: {value!r} can't be the {self.label[0].lower()}{self.label[1:]}.",
                code="placeholder_invalid",
                action=f"An example is {self.example}.",
            )
        return value


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where the provider's mail is, as a hint for accounts."""

    protocol: str  # imap | pop3 | smtp | graph
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Template:
    """One entry of the catalogue. `config` is a document's `Config` tree in which `{Name}` stands for placeholders.

    `notes` are what is peculiar about this provider and is worth knowing before one chooses it.
    """

    slug: str
    title: str
    provider: str
    flow: str
    placeholders: tuple[Placeholder, ...]
    steps: tuple[str, ...]
    source: str
    checked: str  # year and month
    mail: tuple[MailServer, ...]
    config: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def tree(self, values: Mapping[str, str]) -> dict[str, Any]:
        """A new `Config` tree with `values` and defaults filled in. What is not given stays as `{Name}`.

        Asked values are kept as keys of their own, so that a later change can be carried into the addresses.
        Raises InvalidInput where a value breaks its placeholder's pattern.
        """
        known = {p.name: p.default for p in self.placeholders if p.default is not None}
        known |= {p.name: p.check(values[p.name]) for p in self.placeholders if p.name in values}
        tree = _filled(self.config, known)
        tree |= {p.name: known[p.name] for p in self.placeholders if p.name in known and p.source is None}
        assert isinstance(tree, dict)
        return tree

    def missing(self, tree: Mapping[str, Any]) -> list[Placeholder]:
        """The placeholders that still stand somewhere in `tree`."""
        return [p for p in self.placeholders if _contains(tree, "{" + p.name + "}")]

    def placeholder(self, name: str) -> Placeholder | None:
        return next((p for p in self.placeholders if p.name == name), None)


def templates() -> list[Template]:
    """All templates, by slug."""
    return sorted(_catalogue().values(), key=lambda template: template.slug)


def template(slug: str) -> Template:
    """The template of that slug. Raises NotFound (`template_unknown`) with the slugs that are."""
    found = _catalogue().get(slug)
    if found is None:
        raise NotFound(
            f'There is no template "{slug}".',
            code="template_unknown",
            action=f"Templates are: {', '.join(sorted(_catalogue()))}.",
        )
    return found


def template_of(template_name: str | None) -> Template | None:
    """The template that a document names as its own, None where it names none of ours."""
    return _catalogue().get(template_name or "")


@cache
def _catalogue() -> dict[str, Template]:
    found = {}
    for file in files(__package__).joinpath("templates").iterdir():
        if file.name.endswith(".yml"):
            read = _template(yaml.safe_load(file.read_text(encoding="utf-8")))
            found[read.slug] = read
    return found


def _template(data: Mapping[str, Any]) -> Template:
    """A file of the catalogue. It has its `Requests` written out in `config`, or `standard` in their place."""
    config = dict(data["config"])
    if "standard" in data:
        config["Requests"] = Standard(**data["standard"]).requests()
    return Template(
        slug=data["slug"],
        title=data["title"],
        provider=data["provider"] or "",
        flow=data["flow"],
        placeholders=tuple(Placeholder(**fields) for fields in data.get("placeholders", ())),
        steps=tuple(data["steps"]),
        source=data["source"],
        checked=data["checked"],
        mail=tuple(MailServer(protocol, **place) for protocol, place in data.get("mail", {}).items()),
        config=config,
        notes=tuple(data.get("notes", ())),
    )


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(child, known) for key, child in value.items()}
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace("{" + name + "}", text)
    return value


def _contains(value: Any, text: str) -> bool:
    if isinstance(value, Mapping):
        return any(_contains(child, text) for child in value.values())
    return isinstance(value, str) and text in value

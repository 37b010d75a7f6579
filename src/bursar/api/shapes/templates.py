"""The catalogue of provider templates."""

from typing import Any

from ninja import Schema


class TemplateOut(Schema):
    """A provider template. `placeholders` are asked for by name in `set`."""

    slug: str
    title: str
    provider: str
    flow: str
    placeholders: list[dict[str, Any]]
    steps: list[str]
    source: str
    checked: str

"""Deque's axe-core in a page: which rules of accessibility it breaks, each with the elements that do."""

from functools import cache
from typing import Any

from playwright.sync_api import Page

from .processes import REPOSITORY

SOURCE = REPOSITORY / ".counterparts" / "axe-core" / "node_modules" / "axe-core" / "axe.min.js"
CONTRAST = ("color-contrast",)


@cache
def _source() -> str:
    if not SOURCE.exists():
        raise FileNotFoundError("axe-core is not installed: run tests/counterparts/install.sh")
    return SOURCE.read_text("utf-8")


def broken_rules(page: Page, *, only: tuple[str, ...] = ()) -> list[str]:
    """Every broken rule (WCAG 2.2 AA and axe's best practices) as `rule: element`; `only` some of them."""
    if page.evaluate("typeof window.axe === 'undefined'"):
        page.evaluate(_source())
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if only:
        options["runOnly"] = {"type": "rule", "values": list(only)}
    found = page.evaluate("options => axe.run(document, options).then(result => result.violations)", options)
    return [
        f"{violation['id']} ({violation['help']}): {node['html'][:160]}"
        for violation in found
        for node in violation["nodes"][:3]
    ]

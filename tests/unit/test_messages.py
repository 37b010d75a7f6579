"""Translations: what the extraction finds, and what it could not find is refused."""

import ast
from pathlib import Path

from tests.messages import SOURCES, extracted, key
from tests.untranslated import untranslated

CALLS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}


def test_messages_of_python_and_of_templates_are_found() -> None:
    found = {key(message) for message in extracted() if message.id}
    assert ("date format", "D j M", None) in found
    assert (None, "Ends in %(days)d day", "Ends in %(days)d days") in found
    assert (None, "Main menu", None) in found


def test_no_message_is_hidden_in_a_formatted_string() -> None:
    """The extraction doesn't look into f-strings, and a message made of variables is in no catalogue."""
    for file in sorted(SOURCES.rglob("*.py")):
        for place in _wrong(file):
            raise AssertionError(
                f"{file.relative_to(SOURCES)}:{place}: give gettext a plain string, outside of an f-string"
            )


def test_every_text_of_a_template_is_wrapped_for_translation() -> None:
    assert list(untranslated()) == []


def _wrong(file: Path) -> list[int]:
    tree = ast.parse(file.read_text("utf-8"))
    inside = {id(node) for text in ast.walk(tree) if isinstance(text, ast.JoinedStr) for node in ast.walk(text)}
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS and node.args
    ]
    return [node.lineno for node in calls if id(node) in inside or isinstance(node.args[0], ast.JoinedStr)]

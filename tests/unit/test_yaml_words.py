"""What isn't YAML is said with the line to look at, in words that say what to change, in both languages."""

import pytest
from django.utils.translation import override

from bursar.sentences import said
from bursar.tokens.document.violations import Unreadable
from bursar.tokens.document.yaml_reader import entries

BROKEN = {
    "a: 1\nb: c: d": (2, "no colon can stand at column 5"),
    "a:\n  b: 1\n   c: 2": (3, "no colon can stand at column 5"),
    'a: 1\nb: "c" d': (2, "a key must begin at column 8"),
    "a: 1\nb\nc: 2": (2, "the key at column 1 has no colon"),
    "a: [1, 2\nb: 1": (1, "the [ at column 4 has no ]"),
    "a: {b: 1\nc: 1": (1, "the { at column 4 has no }"),
    "a: 1\nb: 'c\nd: 1": (2, "the quotes that begin at column 4 don't end"),
    "a:\n\tb: 1": (2, "a tab indents it at column 1"),
    "a:\n  - b\n\t- c: 1": (3, "a tab indents it at column 1"),
    "ä: ö\nb: @c": (2, 'no text begins with "@" at column 4'),
    'a: "\\q"': (1, "no escape is like that at column 5"),
    'a: "\\x1"': (1, "no escape is like that at column 7"),
    "- a\nb: c": (2, "the list goes on at column 1 without a dash"),
    "a: - b": (1, "no list begins at column 4"),
    "a: 1\n}": (2, "a key must begin at column 1"),
    "a: 1\nb: [\n": (3, "the text ends where a value must begin"),
    "}": (1, "a value must begin at column 1"),
    "a: *": (1, "a name must follow * or & at column 5"),
    "a: |b\n  c": (1, "begins on the next line, not at column 5"),
    "%TAG ! tag:x,1:\na: 1": (2, "something stands before or after what could be read"),
    "a: 1\nb: \x01": (2, "it holds a control character"),
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_yaml_is_told_with_its_place_in_both_languages(text: str) -> None:
    line, rule = BROKEN[text]
    with pytest.raises(Unreadable) as caught:
        list(entries(text.encode()))
    assert caught.value.line == line
    assert caught.value.rule.startswith("is not YAML: ")
    assert rule in caught.value.rule
    with override("de"):
        german = str(said(caught.value.rule))
    assert german.startswith("ist kein YAML: ")
    assert not {"column", "the", "at", "a", "it"} & set(german.split())


def test_what_libyaml_says_otherwise_stays_in_its_own_words() -> None:
    with pytest.raises(Unreadable, match="is not YAML: found incompatible YAML document"):
        list(entries(b"%YAML 3.0\n---\na: 1"))

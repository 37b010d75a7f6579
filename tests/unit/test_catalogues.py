"""The German catalogue is complete, and says what the sources say: nothing empty, nothing unsure, no gap lost."""

import gettext
import io
import re

import pytest

from tests.messages import Key, catalogues, extracted, key, read

GAP = re.compile(r"%\((\w+)\)(\.?\d*[a-z])")
LANGUAGES = sorted(catalogues())


def texts(value: "str | tuple[str, ...] | list[str]") -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sources_and_catalogue_say_the_same(language: str) -> None:
    """Run `make messages` and translate what is new."""
    said = {key(message) for message in extracted() if message.id}
    known = {key(message) for message in read(catalogues()[language]) if message.id}
    assert (said - known, known - said) == (set(), set())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_with_its_gaps(language: str) -> None:
    for message in read(catalogues()[language]):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        assert all(texts(message.string)), message.id
        assert len(texts(message.string)) == len(texts(message.id)), message.id
        gaps = [set(GAP.findall(text)) for text in texts(message.id)]
        for wanted, text in zip(gaps, texts(message.string), strict=True):
            assert wanted <= set(GAP.findall(text)) <= set.union(*gaps), (message.id, text)
            assert text.count("`") == texts(message.id)[0].count("`"), text
            assert re.findall(r"</?\w+", text) == re.findall(r"</?\w+", texts(message.id)[0]), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    path = catalogues()[language]
    compiled = gettext.GNUTranslations(io.BytesIO(path.with_suffix(".mo").read_bytes()))
    for message in read(path):
        if not message.id:
            continue
        context, singular, plural = key(message)
        wanted = texts(message.string)
        for number, text in ((1, wanted[0]), (2, wanted[-1])):
            assert _compiled(compiled, (context, singular, plural), number) == text


def _compiled(catalogue: gettext.GNUTranslations, asked: Key, number: int) -> str:
    match asked:
        case None, singular, None:
            return catalogue.gettext(singular)
        case None, singular, str(plural):
            return catalogue.ngettext(singular, plural, number)
        case str(context), singular, None:
            return catalogue.pgettext(context, singular)
        case str(context), singular, str(plural):
            return catalogue.npgettext(context, singular, plural, number)
    raise AssertionError(asked)

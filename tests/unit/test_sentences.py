"""The core's sentences in the language of a page."""

import re

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from bursar.sentences import match, said, saying
from bursar.sentences.catalogue import SENTENCES
from bursar.sentences.matching import GAP
from bursar.testing import Script
from bursar.tokens.models import Token
from bursar.tokens.outcome import quoted
from tests.sentences import CATALOGUE, catalogue, sentences_of
from tests.unit.life_scene import Scene
from tests.unit.web_pages import Pages

TAME = st.from_regex(r"[A-Z][a-z]{2,8}[0-9]{1,3}", fullmatch=True)
WILD = st.text(min_size=1, max_size=30).filter(lambda text: text.strip())


def shouted(msgid: str) -> str:
    """A language whose sentences are the English ones in capitals, the gaps in the order of their names."""
    names = sorted(set(GAP.findall(msgid)))
    words = re.sub(GAP, "", msgid).upper()
    return words + "".join(f" <{name}=%({name})s>" for name in names)


@pytest.fixture
def shouting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saying, "gettext", shouted)


def test_every_sentence_of_the_core_is_in_the_catalogue() -> None:
    assert CATALOGUE.read_text() == catalogue(), "run `python -m tests.sentences`"
    assert len(SENTENCES) > 500


@settings(max_examples=3, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("msgid", SENTENCES)
def test_every_sentence_is_found_again_with_what_stood_in_its_gaps(msgid: str, data: st.DataObject) -> None:
    """Whatever stands there the text comes back to the letter; ordinary words come back in their own gaps."""
    names = sorted(set(GAP.findall(msgid)))
    for strategy in (TAME, WILD):
        gaps = {name: data.draw(strategy, label=name) for name in names}
        text = msgid % gaps if names else msgid
        found = match(text)
        assert found is not None
        assert found.filled(found.msgid) == text
        if strategy is TAME:
            # Another sentence may read exactly the same; then it says the same too.
            assert found.msgid == msgid or found.filled(found.msgid) == text
            assert found.msgid != msgid or dict(found.gaps) == gaps or _abut(msgid)


def _abut(msgid: str) -> bool:
    """Two gaps without a word between them: nobody can tell where one ends."""
    return re.search(r"\)s[^A-Za-z]{0,2}%\(", msgid) is not None


def test_in_english_a_text_stays_as_it_is() -> None:
    with translation.override("en-gb"):
        assert said("Google refuses the scope.") == "Google refuses the scope."


def test_a_text_is_said_in_the_active_language_with_what_stood_in_it(shouting: None) -> None:
    with translation.override("de"):
        assert said("Google refuses the scope.") == " REFUSES THE SCOPE. <provider=Google>"
        assert said("100 % of what nobody declared") == "100 % of what nobody declared"
        assert said("") == ""


def test_sentence_and_action_and_rules_are_found_in_one_text(shouting: None) -> None:
    with translation.override("de"):
        both = said("Google refuses the scope. Correct the scope.")
        assert both == " REFUSES THE SCOPE. <provider=Google> CORRECT THE SCOPE."
        rule = said('entry 3 "A": Config.Scope: must not be empty\nfile.yml: nobody knows this')
        assert rule == 'entry 3 "A": Config.Scope: MUST NOT BE EMPTY\nfile.yml: nobody knows this'
        step = f"`bursar token authorize {quoted('50 % & more')}`"
        assert "50 % & more" in said(f"Authorize: {step}.")


def test_a_sentence_in_a_gap_is_said_too(shouting: None) -> None:
    with translation.override("de"):
        text = said("Google sent an ID token that Bursar doesn't accept: its audience is another client.")
        assert "ITS AUDIENCE IS ANOTHER CLIENT." in text


def test_what_is_stored_in_english_is_said_on_a_page_in_its_language(
    pages: Pages, scene: Scene, shouting: None
) -> None:
    """The row stays English: the command line and the other language read it too."""
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    scene.provider.script(Script.answer(400, {"error": "invalid_scope"}))
    assert scene.refusal().sentence.endswith("refuses the scope.")
    german = pages.admin.get("/tokens", headers={"accept-language": "de"}).content.decode()
    assert "REFUSES THE SCOPE." in german
    assert Token.objects.get().error_sentence.endswith("refuses the scope.")
    english = pages.admin.get("/tokens", headers={"accept-language": "en"}).content.decode()
    assert "refuses the scope." in english


def test_the_extraction_follows_what_a_text_may_come_to() -> None:
    source = """
def f(row, n, yes):
    action = "Do it now." if yes else "Or not."
    raise Refused(f'"{row.c_name}" has {n:.0f} of {n}%.' + (" Wait a bit." if yes else ""), action=action)
"""
    assert sorted(sentences_of(source)) == [
        '"%(name)s" has %(n)s of %(n)s%%.',
        '"%(name)s" has %(n)s of %(n)s%%. Wait a bit.',
        "Do it now.",
        "Or not.",
    ]
    assert list(sentences_of("X = '{p} answers so.'", formats=True)) == ["%(provider)s answers so."]

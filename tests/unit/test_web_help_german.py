"""The help in German: each page with the headings, links and commands of the English one."""

import re

import pytest

from bursar.web.help.library import DOCS, page, paths, shelves
from bursar.web.help.render import Rendered
from bursar.web.help.search import search
from tests.counterparts.processes import REPOSITORY
from tests.unit.web_pages import Pages

# What is for whoever works on Bursar, or is written by a program: there in English alone.
ENGLISH = ("decisions/", "reference/security", "benchmarks")
TRANSLATED = [path for path in paths() if not path.startswith(ENGLISH)]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^ {4}\S.*$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)]+)\)")

web = pytest.mark.django_db(transaction=True)


def rendered(path: str, language: str) -> Rendered:
    found = page(path, language)
    assert found is not None
    return found


def source(path: str, language: str = "") -> str:
    return (DOCS / language / f"{path}.md").read_text("utf-8")


def test_every_page_but_those_for_developers_is_there_in_german_and_none_is_left_over() -> None:
    german = {file.relative_to(DOCS / "de").as_posix().removesuffix(".md") for file in (DOCS / "de").rglob("*.md")}
    assert german == set(TRANSLATED)


@pytest.mark.parametrize("path", TRANSLATED)
def test_a_german_page_is_the_english_one_in_other_words(path: str) -> None:
    english, german = rendered(path, "en"), rendered(path, "de")
    assert german.language == "de"
    assert [(part.heading.level, part.heading.anchor) for part in german.parts] == [
        (part.heading.level, part.heading.anchor) for part in english.parts
    ]
    assert sorted(german.links) == sorted(english.links)
    theirs, ours = source(path), source(path, "de")
    assert FENCE.findall(ours) == FENCE.findall(theirs)
    assert INDENTED.findall(FENCE.sub("", ours)) == INDENTED.findall(FENCE.sub("", theirs))
    assert ours.count("\n|") == theirs.count("\n|"), "a row of a table is missing"
    outside = [{link for link in LINK.findall(text) if "://" in link} for text in (ours, theirs)]
    assert outside[0] == outside[1]


@pytest.mark.parametrize("path", TRANSLATED)
def test_a_german_page_names_every_command_path_and_code_of_the_english_one(path: str) -> None:
    theirs, ours = (set(CODE.findall(FENCE.sub("", source(path, language)))) for language in ("", "de"))
    assert {code for code in theirs - ours if code.upper() != code or "_" in code} <= {"ADDRESS DESTINATION"}


def test_every_address_of_the_help_on_a_page_leads_to_a_place_in_both_languages() -> None:
    program = REPOSITORY / "src" / "bursar"
    sources = [file.read_text("utf-8") for kind in ("py", "html") for file in program.rglob(f"*.{kind}")]
    addresses = {found for text in sources for found in re.findall(r"/help/([a-z/-]+(?:#[a-z0-9-]+)?)", text)}
    assert len(addresses) >= 10
    for address in addresses:
        path, _, anchor = address.partition("#")
        for language in ("en", "de"):
            found = rendered(path, language)
            assert found.language == language
            assert not anchor or anchor in {part.heading.anchor for part in found.parts}, address


def test_shelves_and_search_speak_german() -> None:
    titles = {entry.path: entry for shelf in shelves("de") for entry in shelf.entries}
    assert titles["how-to/first-token"].title == "Das erste Token"
    assert titles["reference/security"].language == "en"
    assert {hit.heading for hit in search("AADSTS7000215", "de")} == {"Wenn es nicht geht"}
    assert search("Refresh-Token sieben Tagen", "de")[0].address.startswith("/help/providers/google#")
    assert search("Refresh-Token sieben Tagen", "en") == []


@web
def test_whoever_reads_german_gets_the_german_page_and_is_told_where_there_is_none(pages: Pages) -> None:
    reader = pages.admin
    reader.cookies["bursar-language"] = "de"
    german = reader.get("/help/providers/microsoft").content.decode()
    assert 'class="card prose" lang="de"' in german
    assert 'id="when-it-doesnt-work"' in german
    assert "Wenn es nicht geht" in german
    assert "nur auf Englisch" not in german
    english = reader.get("/help/decisions/0001-the-heart").content.decode()
    assert '<p class="hint" lang="de">Diese Seite gibt es nur auf Englisch.</p>' in english
    assert 'class="card prose" lang="en"' in english
    assert reader.get("/help/de/providers/microsoft").status_code == 404


def test_a_person_declines_and_a_program_refuses_in_words_of_their_own() -> None:
    """„Abgelehnt“ is what a person, a policy or who reviews applications says; all else is „abgewiesen“."""
    catalogue = REPOSITORY / "src" / "bursar" / "locale" / "de" / "LC_MESSAGES" / "django.po"
    for file in (*(DOCS / "de").rglob("*.md"), catalogue):
        for line in file.read_text("utf-8").splitlines():
            if "abgelehnt" in line:
                assert "Person" in line or "Anwendung" in line, f"{file.name}: {line}"

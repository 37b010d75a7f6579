"""The documentation within the program: every page, every link, nothing foreign, found by a word of an error."""

import re
import tomllib

import pytest

from bursar.providers import Template, templates
from bursar.web.help.library import DOCS, about, page, paths, shelves
from bursar.web.help.render import Rendered, render
from bursar.web.help.search import search
from tests.counterparts.processes import REPOSITORY
from tests.unit.web_pages import Pages

web = pytest.mark.django_db(transaction=True)


def rendered(path: str) -> Rendered:
    found = page(path)
    assert found is not None
    return found


def test_the_pages_are_those_of_the_repository_and_go_into_the_wheel() -> None:
    assert DOCS.resolve() == REPOSITORY / "docs"
    assert {"how-to/install", "providers/google", "providers/microsoft", "reference/security"} <= set(paths())
    packed = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["bursar"]
    assert "web/help/docs/**/*" in packed


def test_every_page_stands_on_a_shelf_under_its_title() -> None:
    listed = {entry.path: entry.title for shelf in shelves() for entry in shelf.entries}
    assert set(listed) == set(paths())
    assert listed["providers/google"] == "Google"


@pytest.mark.parametrize("path", paths())
def test_every_link_within_the_help_leads_to_a_page_and_to_a_heading_on_it(path: str) -> None:
    found = rendered(path)
    for link in found.links:
        target, _, anchor = link.partition("#")
        if target.startswith("images/"):
            assert (DOCS / target).is_file(), link
            continue
        assert (target or path) in paths(), f"{path}: {link}"
        anchors = {part.heading.anchor for part in rendered(target or path).parts}
        assert not anchor or anchor in anchors, f"{path}: {link}"


@pytest.mark.parametrize("path", paths())
def test_no_page_loads_or_runs_anything(path: str) -> None:
    """SEC-40"""
    html = rendered(path).html
    assert not re.search(r"<(script|style|iframe|object|form)|\sstyle=|\son[a-z]+=", html)
    assert all(source.startswith("/help/images/") for source in re.findall(r'src="([^"]*)"', html))
    for tag in re.findall(r"<a [^>]*>", html):
        assert "https://" not in tag or 'rel="noreferrer"' in tag


@pytest.mark.parametrize(
    "text",
    [
        "# x\n\n<script>alert(1)</script>",
        "# x\n\n<img src=x onerror=alert(1)>",
        "# x\n\n[y](javascript:alert(1))",
        "# x\n\n[y](data:text/html,<script>)",
        "# <script>x</script>",
    ],
)
def test_what_a_page_says_is_text_and_nothing_else(text: str) -> None:
    """SEC-66: also where somebody writes it into the documentation."""
    html = render(text, "how-to/x").html
    assert not re.search(r'<script|<img|href="(javascript|data):', html)


def test_links_become_addresses_of_the_help() -> None:
    found = render("# Title\n\n[a](install.md#the-key) [b](../providers/README.md) ![c](../images/c.png)", "how-to/x")
    assert found.links == ("how-to/install#the-key", "providers/README", "images/c.png")
    assert 'href="/help/how-to/install#the-key"' in found.html
    assert 'src="/help/images/c.png"' in found.html


def test_headings_of_the_same_words_have_anchors_of_their_own() -> None:
    found = render("# A\n\n## When it doesn't work\n\nx\n\n## When it doesn't work\n\ny", "how-to/x")
    assert [part.heading.anchor for part in found.parts] == ["a", "when-it-doesnt-work", "when-it-doesnt-work-2"]


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("AADSTS7000215", "/help/providers/microsoft#when-it-doesnt-work"),
        ("redirect_uri_mismatch", "/help/providers/google#when-it-doesnt-work"),
        ("recheck", "/help/how-to/any-provider#when-the-provider-moves"),
        ("BURSAR_LISTEN", "/help/how-to/command-line#the-environment"),
    ],
)
def test_the_search_finds_the_place_and_not_only_the_page(query: str, address: str) -> None:
    assert address in [hit.address for hit in search(query)][:3]


def test_a_search_wants_every_word_and_shows_where() -> None:
    assert search("recheck zebra") == []
    assert search("   ") == []
    [best, *_] = search("seven days testing google")
    assert "seven days" in best.excerpt.lower() or "Testing" in best.excerpt


@web
def test_whoever_is_signed_in_reads_and_visitors_do_not(pages: Pages) -> None:
    for client in (pages.admin, pages.auditor):
        assert "New client secret" in client.get("/help/providers/microsoft").content.decode()
        assert "/help/how-to/install" in client.get("/help").content.decode()
        assert client.get("/help/images/overview.png").headers["Content-Type"] == "image/png"
    assert pages.visitor.get("/help").status_code == 302


@web
@pytest.mark.parametrize(
    "path",
    [
        "/help/nowhere",
        "/help/../pyproject",
        "/help/how-to/..%2f..%2fREADME",
        "/help/images/..%2fhow-to%2finstall.md",
        "/help/images/x.png",
        "/help//etc/passwd",
    ],
)
def test_only_what_is_listed_is_ever_read(pages: Pages, path: str) -> None:
    assert pages.admin.get(path).status_code == 404


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.slug)
def test_every_provider_of_the_catalogue_has_a_page(template: Template) -> None:
    assert not template.provider or about(template.provider).removeprefix("/help/") in paths()


@web
def test_a_search_is_answered_on_a_page_that_shows_it_as_text(pages: Pages) -> None:
    """SEC-66"""
    html = pages.admin.get("/help?q=<script>").content.decode()
    assert "<script>”" not in html
    assert "&lt;script&gt;" in html
    found = pages.admin.get("/help?q=AADSTS50194").content.decode()
    assert "/help/providers/microsoft#when-it-doesnt-work" in found


@web
def test_the_menu_leads_to_the_help_and_an_error_to_what_it_means(pages: Pages) -> None:
    pages.fill()
    html = pages.admin.get(f"/tokens/{pages.view('Sales inbox').id}").content.decode()
    assert '<a href="/help"' in html
    assert '"/help/providers/microsoft#when-it-doesnt-work"' in html
    fine = pages.admin.get(f"/tokens/{pages.view('Support').id}").content.decode()
    assert "#when-it-doesnt-work" not in fine

"""`make screenshots`: every page, wide and on a phone, light, dark and in German; and the pictures of README and docs.

    build/screenshots/index.html   all of them, side by side          docs/images   the few that the words refer to

Every page comes from the routes (`every_page`), so that a new one is in the set without anybody's adding it.
"""

import html
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import django
from playwright.sync_api import Page

from tests.counterparts.browser import PHONE, WIDE, Browsing
from tests.counterparts.home import BursarHome
from tests.counterparts.processes import REPOSITORY

SET = REPOSITORY / "build" / "screenshots"
IMAGES = REPOSITORY / "docs" / "images"
TAKEN = {
    "tokens-1440-light.png": "overview.png",
    "tokens-1440-dark.png": "overview-dark.png",
    "tokens-390-light.png": "overview-phone.png",
    "first-run-1440-light.png": "first-run.png",
    "add-form-1440-light.png": "add.png",
    "tokens-token-id-1440-light.png": "token.png",
}
KINDS = ("1440-light", "1440-dark", "390-light", "390-dark", "1440-german", "390-german")
ENGLISH = {"api-docs"}
COOKIE = "bursar-language"


def main() -> None:
    """Go through all pages from the first administrator's link on, and take their pictures."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bursar.settings")
    django.setup()
    from tests.browser.every_page import ONCE, every_page
    from tests.browser.test_pages import Desk

    shutil.rmtree(SET, ignore_errors=True)
    SET.mkdir(parents=True)
    names: list[str] = []
    with tempfile.TemporaryDirectory() as place, Browsing(SET) as browsing:
        home = BursarHome(Path(place) / "home")
        try:
            home.cli("init", check=0)
            desk = Desk(home, home.serve("--no-worker", "--practice"), browsing, browsing.page())
            for name in every_page(desk):
                browsing.screenshot(desk.page, name)
                if name not in ONCE | ENGLISH:
                    in_german(desk.page, name)
                names.append(name)
        finally:
            home.close()
    (SET / "index.html").write_text(_index(names), "utf-8")
    for taken, kept in TAKEN.items():
        shutil.copyfile(SET / taken, IMAGES / kept)
    taken_in_all = len(list(SET.glob("*.png")))
    print(f"{len(names)} pages, {taken_in_all} pictures: {SET / 'index.html'}")


def in_german(page: Page, name: str) -> None:
    """The same page for a person who chose German, and the page as it was after it."""
    _speak(page, "de")
    for width, height in (PHONE, WIDE):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=SET / f"{name}-{width}-german.png", full_page=True)
    _speak(page, "en")


def _speak(page: Page, language: str) -> None:
    page.context.add_cookies([{"name": COOKIE, "value": language, "domain": "localhost", "path": "/"}])
    page.reload()


def _index(names: Iterable[str]) -> str:
    rows = "".join(
        f"<h2>{html.escape(name)}</h2><p>"
        + "".join(
            f'<a href="{name}-{kind}.png"><img src="{name}-{kind}.png" height="360"></a> '
            for kind in KINDS
            if (SET / f"{name}-{kind}.png").exists()
        )
        + "</p>"
        for name in names
    )
    return f"<!doctype html><meta charset=utf-8><title>Every page</title>{rows}"


if __name__ == "__main__":
    main()

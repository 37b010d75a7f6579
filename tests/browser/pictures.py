"""`make screenshots`: a picture of every page, wide and on a phone, light and dark, and those of README and docs.

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

from tests.counterparts.browser import Browsing
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
KINDS = ("1440-light", "1440-dark", "390-light", "390-dark")


def main() -> None:
    """Sign in as the first administrator, furnish the home, and go through all pages."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bursar.settings")
    django.setup()
    from tests.browser.every_page import every_page, furnish, opens
    from tests.browser.test_pages import Desk

    shutil.rmtree(SET, ignore_errors=True)
    SET.mkdir(parents=True)
    names: list[str] = []
    with tempfile.TemporaryDirectory() as place, Browsing(SET) as browsing:
        home = BursarHome(Path(place) / "home")
        try:
            home.cli("init", check=0)
            desk = Desk(home, home.serve("--no-worker", "--practice"), browsing, browsing.page())
            desk.goto("/sign-in")
            take(browsing, desk.page, "sign-in", names)
            desk.page.goto(desk.serving.setup_link())
            take(browsing, desk.page, "setup", names)
            _become_administrator(desk.page)
            take(browsing, desk.page, "first-run", names)
            furnish(desk)
            for found in every_page(desk):
                if found.name not in names and opens(desk, found):
                    take(browsing, desk.page, found.name, names)
        finally:
            home.close()
    (SET / "index.html").write_text(_index(names), "utf-8")
    for taken, kept in TAKEN.items():
        shutil.copyfile(SET / taken, IMAGES / kept)
    print(f"{len(names)} pages, {len(names) * len(KINDS)} pictures: {SET / 'index.html'}")


def take(browsing: Browsing, page: Page, name: str, names: list[str]) -> None:
    """All four pictures of the page as it is."""
    browsing.screenshot(page, name)
    names.append(name)


def _become_administrator(page: Page) -> None:
    for label, text in (("Name", "Jana Novak"), ("E-mail address", "jana@kestrel.example")):
        page.get_by_label(label).fill(text)
    page.get_by_label("Password").fill("a long enough sentence")
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/tokens")


def _index(names: Iterable[str]) -> str:
    rows = "".join(
        f"<h2>{html.escape(name)}</h2><p>"
        + "".join(f'<a href="{name}-{kind}.png"><img src="{name}-{kind}.png" height="360"></a> ' for kind in KINDS)
        + "</p>"
        for name in names
    )
    return f"<!doctype html><meta charset=utf-8><title>Every page</title>{rows}"


if __name__ == "__main__":
    main()

"""Takes the pictures for the README and docs/: `python -m tests.browser.pictures`. Uses a home of its own."""

import shutil
import tempfile
from pathlib import Path

from tests.browser.test_pages import Desk
from tests.counterparts.browser import Browsing
from tests.counterparts.home import BursarHome
from tests.counterparts.processes import REPOSITORY

TAKEN = {
    "overview-1440-light.png": "overview.png",
    "overview-1440-dark.png": "overview-dark.png",
    "overview-390-light.png": "overview-phone.png",
    "first-run-1440-light.png": "first-run.png",
}


def main() -> None:
    """Sign in, fill the home, and keep the pictures under docs/images."""
    with tempfile.TemporaryDirectory() as place, Browsing(Path(place)) as browsing:
        home = BursarHome(Path(place) / "home")
        try:
            home.cli("init", check=0)
            desk = Desk(home, home.serve("--no-worker"), browsing, browsing.page())
            desk.page.goto(desk.serving.setup_link())
            for label, text in (("Name", "Jana Novak"), ("E-mail address", "jana@kestrel.example")):
                desk.page.get_by_label(label).fill(text)
            desk.page.get_by_label("Password").fill("a long enough sentence")
            desk.page.get_by_role("button", name="Set the password").click()
            desk.page.wait_for_url("**/tokens")
            browsing.screenshot(desk.page, "first-run")
            desk.fill()
            desk.goto("/tokens")
            browsing.screenshot(desk.page, "overview")
        finally:
            home.close()
        images = REPOSITORY / "docs" / "images"
        images.mkdir(parents=True, exist_ok=True)
        for taken, kept in TAKEN.items():
            shutil.copyfile(Path(place) / taken, images / kept)


if __name__ == "__main__":
    main()

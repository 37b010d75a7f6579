"""Debian's Chromium, driven by Playwright, with everything off that would look for a network."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDE, PHONE = (1440, 900), (390, 844)
Scheme = Literal["light", "dark"]


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium, running. Playwright keeps a loop in this thread meanwhile, which Django's models don't like."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS), headless=True)
        yield browser
        browser.close()


class Browsing:
    """A browser for one test; every page() is a person of their own, with cookies of their own.

    `browser` is one that runs already and runs on; without it a Chromium is launched for the time of the `with`.
    """

    def __init__(self, screenshots: Path, browser: Browser | None = None) -> None:
        self.screenshots = screenshots
        self._browser = browser
        self._stack = ExitStack()
        self.complaints: list[str] = []

    def __enter__(self) -> Self:
        if self._browser is None:
            self._browser = self._stack.enter_context(launched())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def page(self, size: tuple[int, int] = WIDE, scheme: Scheme = "light") -> Page:
        """A new window. What its console complains of (a breach of the CSP, for one) is collected in `complaints`."""
        assert self._browser is not None
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale="en-GB", timezone_id="UTC"
        )
        self._stack.callback(context.close)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def screenshot(self, page: Page, name: str) -> list[Path]:
        """Pictures of the page as it is, wide and on a phone, in light and dark; the window is left as it was."""
        self.screenshots.mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        taken: list[Path] = []
        for width, height in (WIDE, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            schemes: tuple[Scheme, ...] = ("light", "dark")
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme)
                taken.append(self.screenshots / f"{name}-{width}-{scheme}.png")
                page.screenshot(path=taken[-1], full_page=True)
        page.emulate_media(color_scheme="light")
        if before is not None:
            page.set_viewport_size(before)
        return taken


def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        raise FileNotFoundError("Chromium is not installed: run tests/counterparts/install.sh")
    return found

"""Debian's chromium without a window, driven by Playwright: a page that notes what it asks for and what goes wrong."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Page

Medium = Literal["screen", "print"]


@dataclass
class Tab:
    """A page in the browser. ``requests`` holds every address it has asked for since it was opened, ``errors`` what the
    console would show in red."""

    page: Page
    requests: list[str] = field(default_factory=list[str])
    errors: list[str] = field(default_factory=list[str])

    def listen(self) -> None:
        """Begins to note requests and errors."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda told: self.errors.append(told.text) if told.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, address: str) -> None:
        """Goes to an address and waits until it has loaded."""
        self.page.goto(address)

    def look(self, width: int, height: int = 900, *, dark: bool = False, media: Medium = "screen") -> None:
        """Sets the window's size in CSS pixels, the scheme that the reader prefers, and the medium."""
        self.page.emulate_media(media=media, color_scheme="dark" if dark else "light")
        self.page.set_viewport_size({"width": width, "height": height})

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; it must be one that JSON can carry."""
        return self.page.evaluate(expression)

    def press(self, key: str) -> None:
        """Presses and lets go of a key."""
        self.page.keyboard.press(key)

    def search(self, words: str) -> list[str]:
        """Where the pages are that the wiki finds by some words, the best first, after the key for it."""
        self.press("/")
        self.page.locator("dialog input").fill(words)
        self.page.locator("dialog p", has_text="page").wait_for()
        hrefs = self.evaluate("[...document.querySelectorAll('dialog li a')].map(link => link.getAttribute('href'))")
        self.page.locator("dialog").evaluate("dialog => dialog.close()")
        self.page.locator("dialog").wait_for(state="detached")
        return hrefs

    def pdf(self) -> bytes:
        """The page as it is printed, on A4; from then on it looks as on paper."""
        self.page.emulate_media(media="print")
        return self.page.pdf(format="A4", prefer_css_page_size=True)


@contextmanager
def chromium() -> Generator[Tab]:
    """A browser with one page and a new profile, which ends with the block."""
    from playwright.sync_api import sync_playwright

    binary = shutil.which("chromium")
    assert binary, "there is no chromium: `make test-all` installs it"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary, args=["--disable-dev-shm-usage"])
        tab = Tab(browser.new_page())
        tab.listen()
        yield tab
        browser.close()

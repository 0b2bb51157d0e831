"""Debian's chromium without a window, driven through its debugging pipe: no library, no port.

The protocol: https://chromedevtools.github.io/devtools-protocol/. Each message is JSON and ends with a zero byte;
chromium reads from file descriptor 3 and writes to 4 (`--remote-debugging-pipe`).
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # tests run as root in containers, and open only pages they wrote themselves
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


@dataclass
class Tab:
    """A page in the browser. ``requests`` holds every address it has asked for since it was opened, ``errors`` what the
    console would show in red."""

    reading: int
    writing: int
    requests: list[str] = field(default_factory=list[str])
    errors: list[str] = field(default_factory=list[str])
    _session: str | None = None
    _last: int = 0
    _unread: bytes = b""

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a command; requests that are told meanwhile are noted."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        while True:
            told = self._receive()
            if told.get("id") == self._last:
                assert "error" not in told, (method, told)
                return told["result"]

    def attach(self) -> None:
        """Begins to listen to a new page."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.send("Page.enable")
        self.send("Network.enable")
        self.send("Runtime.enable")
        self.send("Log.enable")

    def open(self, address: str) -> None:
        """Goes to an address and waits until it has loaded."""
        self.send("Page.navigate", url=address)
        while self.evaluate("document.readyState") != "complete" or self.evaluate("location.href") == "about:blank":
            pass

    def look(self, width: int, height: int = 900, *, dark: bool = False, media: str = "screen") -> None:
        """Sets the window's size in CSS pixels, the scheme that the reader prefers, and the medium."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; it must be one that JSON can carry."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Presses and lets go of a key."""
        codes = {"Tab": 9, "Enter": 13}
        text = {} if key in codes else {"text": key}
        for action in ("keyDown", "keyUp"):
            code = codes.get(key, 0)
            self.send("Input.dispatchKeyEvent", type=action, key=key, windowsVirtualKeyCode=code, **text)

    def picture(self) -> bytes:
        """The whole page as PNG."""
        answer = self.send("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        return base64.b64decode(answer["data"])

    def pdf(self) -> bytes:
        """The page as it is printed, on A4."""
        answer = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)
        return base64.b64decode(answer["data"])

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            read = os.read(self.reading, 1 << 16)
            assert read, "chromium has gone away"
            self._unread += read
        message, _, self._unread = self._unread.partition(b"\0")
        told = json.loads(message)
        if told.get("method") == "Network.requestWillBeSent":
            self.requests.append(told["params"]["request"]["url"])
        is_error = told.get("method") == "Runtime.consoleAPICalled" and told["params"]["type"] == "error"
        is_logged = told.get("method") == "Log.entryAdded" and told["params"]["entry"]["level"] == "error"
        if is_error or is_logged or told.get("method") == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(told["params"]))
        return told


@contextmanager
def chromium(binary: str, profile: Path) -> Generator[Tab]:
    """A browser with one page and a new profile, which ends with the block."""
    to_browser, from_browser = os.pipe(), os.pipe()
    shell = f'exec "$0" "$@" 3<&{to_browser[0]} 4>&{from_browser[1]}'
    process = subprocess.Popen(
        ["bash", "-c", shell, binary, *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(to_browser[0], from_browser[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    tab = Tab(from_browser[0], to_browser[1])
    try:
        tab.attach()
        yield tab
    finally:
        process.terminate()
        process.wait(timeout=20)
        os.close(from_browser[0])
        os.close(to_browser[1])

"""A live preview: the wiki on a server of this machine, built again when a file of the project has changed."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import TYPE_CHECKING, Any

from aac.errors import AacError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOPBACK = "127.0.0.1"
NAMES = (LOOPBACK, "localhost")
"""What this machine calls itself: whoever asks by another name was led here by somebody else's page."""
WATCHED = ("aac.toml", "alignment/**/*.y*ml", "templates/**/*", "plugins/*.py", ".aac/*.duckdb")
PAGES = ("/", ".html")


class Preview:
    """Pages in ``folder``, which ``build`` writes; before one is shown it is asked whether it is still true."""

    def __init__(
        self, root: Path, folder: Path, build: Callable[[], object], tell: Callable[[AacError], object]
    ) -> None:
        self.folder = folder
        self._root, self._build, self._tell = root, build, tell
        self._lock = Lock()
        build()
        self._seen = self._state()

    def refresh(self) -> None:
        """Builds again if a file has changed; what is wrong is told, and the pages stay as they were."""
        with self._lock:
            state = self._state()
            if state == self._seen:
                return
            self._seen = state
            try:
                self._build()
            except AacError as error:
                self._tell(error)

    def _state(self) -> dict[str, tuple[int, int]]:
        """Each file that pages are made of, with its time and size."""
        paths = (path for pattern in WATCHED for path in self._root.glob(pattern))
        stats = {str(path): path.stat() for path in paths if path.is_file()}
        return {path: (stat.st_mtime_ns, stat.st_size) for path, stat in stats.items()}


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *given: Any, preview: Preview) -> None:
        self._preview = preview
        super().__init__(*given, directory=str(preview.folder))

    def do_GET(self) -> None:
        if self.headers.get("Host", "").partition(":")[0] not in NAMES:
            self.send_error(403, "This is for the machine it runs on")
            return
        if self.path.partition("?")[0].endswith(PAGES):
            self._preview.refresh()
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the terminal is for what is wrong with the project."""


def listen(preview: Preview, port: int) -> ThreadingHTTPServer:
    """A server that only this machine reaches, at a port (0: any that is free). Raises UsageError for one in use."""
    try:
        return ThreadingHTTPServer((LOOPBACK, port), partial(_Handler, preview=preview))
    except OSError as error:
        raise UsageError(f"--port: {port} cannot be used: {error.strerror}") from None


def address_of(server: ThreadingHTTPServer) -> str:
    return f"http://{LOOPBACK}:{server.server_port}/"

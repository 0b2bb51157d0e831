"""What servers on loopback have in common that play a vendor: how they run, and how they misbehave when told to."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Generator, Mapping

    Answered = tuple[int, Mapping[str, str], bytes]
    """A status, headers and a body."""

JSON = "application/json;charset=utf-8"


@dataclass(frozen=True)
class Asked:
    """A call: ``path`` and ``query`` of its address."""

    method: str
    path: str
    query: str
    body: bytes
    headers: Any


@contextmanager
def serving(answer: Callable[[Asked], Answered], trouble: deque[str], bad: Mapping[str, Answered]) -> Generator[str]:
    """The address of a server while it runs. ``trouble``: what is wrong with the next calls, in order, none for
    `well`: `truncated`, `drip`, or an answer of ``bad``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            how = trouble.popleft() if trouble else "well"
            there = urlsplit(self.path)
            asked = Asked(self.command, there.path, there.query, body, self.headers)
            self._send(how, *(bad[how] if how in bad else answer(asked)))

        def do_POST(self) -> None:
            self.do_GET()

        def _send(self, how: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response_only(status)
            usual = {"Date": formatdate(usegmt=True), "Content-Length": str(len(body)), "Content-Type": JSON}
            for name, value in {**usual, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if how == "truncated":
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
            elif how == "drip":
                step = max(1, len(body) // 20)
                for start in range(0, len(body), step):
                    self.wfile.write(body[start : start + step])
                    self.wfile.flush()
                    time.sleep(0.01)
            else:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

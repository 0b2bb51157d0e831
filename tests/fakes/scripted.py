"""A server on loopback that answers call after call what it was told to, well or badly, and remembers what it got."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator


@dataclass
class Scripted:
    """``status`` and ``body`` of one answer. ``cut``: so many bytes of it are sent before the connection is closed.
    ``seconds``: how long it takes to begin."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cut: int | None = None
    seconds: float = 0.0


@dataclass
class Got:
    """A call as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Script:
    """``answers`` in order, the last one again and again; ``got`` so far."""

    url: str
    answers: list[Scripted]
    got: list[Got] = field(default_factory=list[Got])


@contextmanager
def scripted(*answers: Scripted) -> Generator[Script]:
    """The server while it runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.got.append(Got(self.command, self.path, dict(self.headers), body))
            answer = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
            time.sleep(answer.seconds)
            self.send_response_only(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(BrokenPipeError):  # who waits no longer is not told
                self.wfile.write(answer.body[: answer.cut])
            self.close_connection = answer.cut is not None

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script = Script(f"http://127.0.0.1:{server.server_address[1]}", list(answers))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

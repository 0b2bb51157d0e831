"""A recording of `aac pull --record`, answered again: a server on loopback that says what the source said."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from aac.connectors.recording import Exchange, read_recording

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

UNASKED = 400
"""The status of an answer to what was never asked: nobody tries that again."""
NOT_ASKED = {"message": "this was not asked when it was recorded"}
TOKEN = {"access_token": "replayed"}
"""What stands for a token, as none is recorded (RFC 6749, 5.1)."""


class _Said:
    """The answers that are left: those to the very same call first, else to another one at the same place."""

    def __init__(self, path: Path) -> None:
        self._left: dict[str, deque[Exchange]] = defaultdict(deque)
        self._last: dict[str, Exchange] = {}
        for exchange in read_recording(path):
            self._left[_key(exchange.method, exchange.address)].append(exchange)

    def next(self, method: str, address: str, data: Any) -> Exchange | None:
        key = _key(method, address)
        waiting = self._left[key]
        for place, exchange in enumerate(waiting):
            if exchange.data == data:
                del waiting[place]
                self._last[key] = exchange
                return exchange
        if waiting:
            self._last[key] = waiting.popleft()
        return self._last.get(key)


def _key(method: str, address: str) -> str:
    there = urlsplit(address)
    return f"{method} {there.path} {sorted(parse_qsl(there.query))}"


@contextmanager
def replayed(path: Path) -> Generator[str]:
    """The address of a server that answers as a recording says, for the setting `url` of its source.

    What was asked from the very beginning (a first pull, or one with `--full`) can be asked again in a new project.
    """
    said, lock = _Said(path), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sort = self.headers.get("Content-Type", "")
            is_json, is_form = "json" in sort, "form" in sort
            with lock:
                exchange = said.next(self.command, self.path, json.loads(body) if is_json and body else None)
            exchange = exchange or Exchange(self.command, self.path, None, UNASKED, {}, NOT_ASKED)
            said_so = TOKEN if is_form and exchange.answer is None else exchange.answer
            answer = json.dumps(said_so).encode()
            self.send_response_only(exchange.status)
            for name, value in exchange.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_POST(self) -> None:
            self.do_GET()

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

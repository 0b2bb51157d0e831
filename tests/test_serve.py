"""The live preview: on this machine alone, true to the documents, and whole when they are broken."""

from __future__ import annotations

import signal
import subprocess
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from aac.errors import AacError, UsageError
from aac.evaluate import Asked
from aac.operations import build, open_sound_project, pull_sources
from aac.serve import LOOPBACK, Preview, address_of, listen
from tests.commands import AAC
from tests.small import COMPANY, NOW_US, metric, write_project

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

DOCUMENTS = (
    COMPANY
    + "kind: entity\nid: lead\nfrom: crm.leads\nkey: id\nfields: {id: text}\n---\n"
    + metric("leads", "count(*)", of="lead")
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = write_project(tmp_path / "small", DOCUMENTS, {"leads": "id\nL-1\nL-2\n"})
    pull_sources(open_sound_project(made), NOW_US, lambda _: None)
    return made


@contextmanager
def served(root: Path, told: list[AacError]) -> Generator[str]:
    """The address of a preview, which ends with the block."""
    folder = root / ".aac" / "preview"

    def write() -> None:
        build(open_sound_project(root), NOW_US, Asked(), lambda _: None, folder)

    with listen(Preview(root, folder, write, told.append), 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield address_of(server)
        finally:
            server.shutdown()
            thread.join()


def read(address: str, **headers: str) -> str:
    with urlopen(Request(address, headers=headers)) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.read().decode()


def refused(address: str, **headers: str) -> int:
    """The status of an answer that is none."""
    with pytest.raises(HTTPError) as caught:
        read(address, **headers)
    with caught.value:
        return caught.value.code


def test_pages_follow_the_documents(root: Path) -> None:
    told: list[AacError] = []
    document = root / "alignment" / "all.yml"
    with served(root, told) as address:
        assert ">leads</h1>" in read(f"{address}metric/leads.html")
        document.write_text(document.read_text().replace("id: leads\n", "id: leads\nname: All leads\n"))
        assert ">All leads</h1>" in read(f"{address}metric/leads.html")
        document.write_text(document.read_text().replace("name: All leads", "nam: Nothing"))
        assert ">All leads</h1>" in read(f"{address}metric/leads.html")
        read(f"{address}index.html")
    assert len(told) == 1  # once, not at every page
    assert not (root / "site").exists()


def test_only_this_machine_is_answered(root: Path) -> None:
    with served(root, []) as address:
        assert address.startswith(f"http://{LOOPBACK}:")
        port = address.rpartition(":")[2].rstrip("/")
        assert read(address, Host=f"localhost:{port}")
        for host in ("evil.example", f"evil.example:{port}", ""):
            assert refused(address, Host=host) == 403
        assert refused(f"{address}../../aac.toml") == 404
        with pytest.raises(UsageError, match=rf"--port: {port} cannot be used: Address already in use"):
            listen(Preview(root, root / ".aac" / "preview", lambda: None, lambda _: None), int(port))


def test_the_command_tells_where_it_is_and_ends_with_ctrl_c(root: Path) -> None:
    with subprocess.Popen(
        [AAC, "serve", "--port", "0"], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert "Small" in read(address)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in told

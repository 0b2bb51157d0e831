"""Temporary folders hold data: what a process that was killed has left goes when the next one makes a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aac.engines.duckdb import DuckdbEngine
from aac.errors import EngineError
from aac.temporary import HELD, temporary_folder

if TYPE_CHECKING:
    from collections.abc import Generator

HOLDS = """
import pathlib, sys
from aac.temporary import temporary_folder
with temporary_folder() as folder:
    (folder / "data").write_text("anna@example.com")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


@contextmanager
def holder() -> Generator[tuple[subprocess.Popen[str], Path]]:
    """A process that holds a folder, and that."""
    with subprocess.Popen(
        (sys.executable, "-c", HOLDS), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def test_what_is_held_stays_and_goes_in_the_end() -> None:
    with holder() as (_, theirs):
        with temporary_folder() as ours, temporary_folder() as another:
            assert {ours, another, theirs} == {folder for folder in ours.parent.iterdir() if folder.is_dir()}
            assert (theirs / "data").exists()
            assert ours.stat().st_mode & 0o077 == 0
        assert not ours.exists()
        assert theirs.exists()
    assert not theirs.exists()


def test_what_a_killed_process_has_left_goes() -> None:
    with holder() as (process, theirs):
        process.send_signal(signal.SIGKILL)
    assert (theirs / "data").exists()
    with temporary_folder():
        assert not theirs.exists()


def test_what_an_engine_spills_lies_in_one() -> None:
    engine = DuckdbEngine()
    ((spill,),) = engine.execute("SELECT current_setting('temp_directory')")
    assert (Path(str(spill)) / HELD).is_file()
    engine.close()
    assert not Path(str(spill)).exists()


def test_what_is_not_ours_stays(place: Path) -> None:
    """Folders of other names, without a lock of ours, and links to some."""
    others = [place / name for name in ("aac-short", "aac-abcdefgh-1", "aac-ABCDEFGH", "other-abcdefgh")]
    others += [place / "aac-nolock00"]
    for other in others:
        other.mkdir()
    for other in others[:-1]:
        (other / HELD).touch()
    link = place / "aac-alink000"
    link.symlink_to(others[0])
    with temporary_folder():
        assert all(other.is_dir() for other in others)
        assert link.is_symlink()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to somebody else")
def test_what_others_have_made_is_not_opened(place: Path) -> None:
    """A pipe under the name of the lock would be waited at for ever."""
    theirs = place / "aac-theirs00"
    theirs.mkdir()
    os.mkfifo(theirs / HELD)
    os.chown(theirs, 65534, 65534)
    with temporary_folder():
        assert theirs.is_dir()


def test_where_none_can_be_made(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(place / "nowhere"))
    with pytest.raises(EngineError, match=r"no temporary folder can be made \(No such file or directory\): make room"):
        temporary_folder().__enter__()

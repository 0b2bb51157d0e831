"""Texts made by copies of a process: the same as without, whatever becomes of the copies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aac.reports import copies
from aac.reports.base import Sheet
from aac.reports.filling import fill

if TYPE_CHECKING:
    from aac.reports.base import View

PROGRAM = """
import json, os, signal, sys, threading
from aac.errors import PageError
from aac.reports import copies
us = os.getpid()
def plain(n):
    return f"{n} ö \\ud800"
def whose(n):
    return str(os.getpid() == us)
def killed(n):
    if n == 251 and os.getpid() != us:
        os.kill(os.getpid(), signal.SIGKILL)
    return str(n)
def wrong(n):
    if n in (210, 211, 250):
        raise PageError(f"page {n}")
    return str(n)
def refused():
    raise BlockingIOError("no more processes")
def said(make):
    try:
        return copies.all_of(400, make)
    except PageError as error:
        return str(error)
told = {make.__name__: said(make) for make in (plain, whose, killed, wrong)}
fork, os.fork = os.fork, refused
told["refused"], os.fork = said(plain), fork
waits = threading.Event()
threading.Thread(target=waits.wait).start()
told["in_threads"] = said(whose)
waits.set()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    told["left"] = 0
print(json.dumps(told))
"""
"""In a process of its own, as that of tests may have threads."""
ONE = pytest.mark.skipif(
    not copies.THREADS.is_dir() or len(os.sched_getaffinity(0)) < 2, reason="one processor, or no way to tell threads"
)


@pytest.fixture(scope="module")
def told() -> dict[str, list[str] | str | int]:
    environment = os.environ | {"PYTHONPATH": str(Path(copies.__file__).parents[2])}
    run = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    return json.loads(run.stdout)


def test_texts_come_in_order(told: dict[str, list[str]]) -> None:
    assert told["plain"] == [f"{n} ö \ud800" for n in range(400)]


@ONE
def test_a_copy_makes_every_second_text(told: dict[str, list[str]]) -> None:
    assert told["whose"] == ["True", "False"] * 200


def test_a_copy_that_is_killed_leaves_nothing_out(told: dict[str, list[str]]) -> None:
    assert told["killed"] == [str(n) for n in range(400)]


def test_the_first_that_is_wrong_is_told(told: dict[str, str]) -> None:
    assert told["wrong"] == "page 210"


def test_where_no_process_may_be_started_all_is_made_here(told: dict[str, list[str]]) -> None:
    assert told["refused"] == told["plain"]


def test_a_process_with_threads_is_not_copied(told: dict[str, list[str]]) -> None:
    assert told["in_threads"] == ["True"] * 400


def test_no_copy_is_left(told: dict[str, int]) -> None:
    assert told["left"] == 0


def test_many_pages_are_those_of_one_after_the_other() -> None:
    menu: list[View] = []
    site: View = {"project": "P", "as_of": "today", "freshness": None, "is_restricted": False, "menu": menu}
    view: View = {"page": {"title": "A & B", "revision": None}, "site": site}
    sheets = [Sheet(f"pages/{n}.html", ("wiki/section.html.j2",), view) for n in range(500)]
    assert fill(sheets) == (*fill(sheets[:250]), *fill(sheets[250:]))

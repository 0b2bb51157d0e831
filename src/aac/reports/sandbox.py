"""The process in which templates of the project are filled: it knows what it is handed, and can do nothing but answer.

`aac.reports.filling` starts it without the environment's variables and hands it templates and sheets as JSON. Before
the first template is read it gives up files, processes and all but some memory; a page that takes too long ends.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING, Any

from aac.errors import PageError
from aac.reports.base import Sheet
from aac.reports.pages import Template, TooLong, guarded_filler

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from types import FrameType

SECONDS = 5
"""Of the processor's time that a page may take; pages of ours take hundredths."""
GRACE = 2
"""Seconds more until a page ends that does not hear of it, as one call inside Python takes them all."""
TEXT, A_PAGE = 50_000_000, 100_000
"""Characters that all pages may have together, and as many more for each; pages of ours have 20,000. They are held by
the process that asks for them, which has no limit."""
MEMORY = 512 * 1024 * 1024
"""Bytes that all pages together may take, the program among them."""


def main() -> None:
    """Reads `{"templates": {name: [file, text]}, "sheets": [[path, templates, view]]}` from standard input; writes a
    line of JSON for each sheet, its text, and ends with the first that cannot be made, as what is wrong."""
    told = json.loads(sys.stdin.buffer.read())
    filler = guarded_filler({name: Template(*given) for name, given in told["templates"].items()})
    _warm_up()
    _give_up()
    room = TEXT + A_PAGE * len(told["sheets"])
    for path, templates, view in told["sheets"]:
        _allow()
        try:
            answer = {"text": filler.page(Sheet(path, tuple(templates), view)).text}
        except PageError as error:
            answer = {"wrong": str(error)}
        room -= len(answer.get("text", ""))
        if room < 0:
            file = next(told["templates"][name][0] for name in templates if name in told["templates"])
            answer = {"wrong": f"{file}: the pages become too long with it: make less of it ({path} was the last)"}
        _say(answer)
        if "wrong" in answer:
            return


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.flush()


def _warm_up() -> None:
    """Loads what is loaded when it is first needed: afterwards no file can be opened."""
    page = Sheet("warm", ("warm",), {"doc": {"terms": {"warm": "warm.html"}}, "text": "*warm* [a](https://a.example)"})
    for text in ("{{ 'a text' }}{{ text|markdown|safe }}{{ text|first_line|safe }}", "{{ 1 / 0 }}", "{% if %}"):
        try:
            guarded_filler({"warm": Template("warm.j2", text)}).page(page)
        except PageError:
            continue


def _give_up() -> None:
    """Nothing can be opened, written or started any more, and memory ends; where the system knows such limits."""
    if sys.platform == "win32":
        return
    if sys.platform == "linux":  # macOS has the limit, and refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (most, most))


def _allow() -> None:
    """Gives the next page its time: when it is over the page is told, and a little later the process ends."""
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime) + SECONDS + GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    signal.signal(signal.SIGPROF, _over)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)


def _over(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise TooLong(f"it takes longer than {SECONDS} seconds")

"""The catalogue of finding codes: a file a code beside this one, and the reader of them.

A file says what a code means and shows a wrong and a right example. The examples are documents that are added to the
small project in `tests/cases/faults/base`, or with ``file`` a whole file that replaces one of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aac.documents import read_values
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.findings import Level

FOLDER = Path(__file__).parent


@record
class Code:
    """What a code means: ``means`` is Markdown; ``wrong`` gives this code and nothing else, ``right`` gives nothing.

    ``file`` is the one that the examples are, from the project's root; with ``is_shell`` they are commands that change
    the folder of the project instead. ``data`` are files of the source `crm` (CSV text
    by name) with which the wrong example gives the code when it is pulled and checked, ``right_data`` the same for the
    right one: those of ``data``, unless it is the data that has to be repaired.
    """

    code: str
    title: str
    level: Level
    means: str
    wrong: str
    right: str
    file: str
    is_shell: bool
    data: Mapping[str, str]
    right_data: Mapping[str, str]


def read(code: str) -> Code:
    """The entry of a code, as in `AAC203`; raises KeyError when the catalogue has none."""
    path = FOLDER / f"{code}.yml"
    if code not in all_codes():
        raise KeyError(code)
    entry = cast("dict[str, Any]", read_values(path.read_bytes(), path.name))
    data = entry.get("data", {})
    return Code(
        code,
        entry["title"],
        entry["level"],
        entry["means"].strip(),
        entry["wrong"],
        entry["right"],
        entry.get("file", "alignment/more.yml"),
        "shell" in entry,
        data,
        entry.get("right_data", data),
    )


def all_codes() -> tuple[str, ...]:
    """Every code of the catalogue, in order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("AAC[0-9][0-9][0-9].yml")))

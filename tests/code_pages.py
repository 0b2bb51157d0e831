"""The reference of findings in `docs/findings`: a page a code, made of the catalogue and of what aac says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac import codes
from aac.reports.text import findings_text
from tests.examples import findings_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aac.codes import Code

MADE = "<!-- Made by `make docs` from `src/aac/codes`: edit it there. -->\n"
HOME = "/home/ada/small"
"""What pages say for the folder in which an example ran."""


def index() -> str:
    """The page that lists all codes."""
    all_codes = [codes.read(code) for code in codes.all_codes()]
    lines = [
        MADE,
        "# Findings",
        "",
        "What `aac` can find, by its code: 1xx text, 2xx names, 3xx types and units, 4xx agreement, 5xx data, 6xx",
        "sources. `aac explain AAC203` prints a page. Errors make a number wrong or a promise unclear, so that nothing",
        "is measured; warnings are what a team should settle; notes (`info`) are for knowing. The examples stand in a",
        "small project, `tests/cases/faults/base`.",
        "",
        "| code | level | what it says |",
        "|---|---|---|",
        *(f"| [{code.code}]({code.code}.md) | {code.level} | {code.title} |" for code in all_codes),
    ]
    return "\n".join(lines) + "\n"


def page(code: Code, root: Path) -> str:
    """The page of a code; its wrong example is run in the folder ``root``."""
    said = findings_text(findings_of(root, code, code.wrong, code.data)).replace(str(root), HOME)
    where = "In the folder of the project:" if code.is_shell else f"In `{code.file}`:"
    language = "sh" if code.is_shell else code.file.rpartition(".")[2].replace("yml", "yaml")
    parts = [
        f"{MADE}\n# {code.code}: {code.title}\n",
        f"Level: {code.level}\n",
        f"{code.means}\n",
        "## Wrong\n",
        f"{where}\n",
        _fenced(language, code.wrong),
        *_data(code.data),
        "What `aac` says:\n",
        _fenced("text", said),
        "## Right\n",
        _fenced(language, code.right) if code.right != code.wrong else "The document stays as it is.\n",
        *(_data(code.right_data) if code.right_data != code.data else []),
    ]
    return "\n".join(parts)


def _data(files: Mapping[str, str]) -> list[str]:
    return [part for name, text in files.items() for part in (f"With `data/{name}`:\n", _fenced("csv", text))]


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"

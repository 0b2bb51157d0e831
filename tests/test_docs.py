"""What the documentation shows is true: its documents are valid, its commands run, and print what is shown.

The tutorial and the how-to pages are in `test_tutorial.py` and `test_how_to.py`: several processes share them. The
pages of kinds and of findings are made of examples that run elsewhere (`test_new.py`, `test_codes.py`).
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

import click
import pytest

from aac.cli import COMMANDS
from tests.documentation import ROOT, WRITTEN, Block, Session, assert_true, blocks, is_shown

if TYPE_CHECKING:
    from pathlib import Path

MADE = ("docs/kinds/", "docs/findings/")
ELSEWHERE = ("docs/how-to/", "docs/tutorial.md")
EVERY = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = {
    path.relative_to(ROOT).as_posix(): path for path in EVERY if not path.relative_to(ROOT).as_posix().startswith(MADE)
}
INLINE = re.compile(r"(?<!`)`(?:\$ )?aac ((?:[a-z]+)(?: [^`\n]*)?)`(?!`)")


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith(ELSEWHERE)])
def test_what_a_page_shows(page: str, tmp_path: Path) -> None:
    assert_true(PAGES[page], tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_sentences_are_there(page: str) -> None:
    wrong: list[str] = []
    typed = [line for block in blocks(PAGES[page]) if block.language == "sh" for line in block.text.splitlines()]
    shown = [line.partition(" #")[0].removeprefix("aac ") for line in typed if line.startswith("aac ")]
    for told in [*INLINE.findall(PAGES[page].read_text(encoding="utf-8")), *shown]:
        name, *arguments = told.split()
        if name not in COMMANDS:
            wrong.append(told)
            continue
        (command,) = import_module(COMMANDS[name]).aac_commands()
        known = {option for each in command.params if isinstance(each, click.Option) for option in each.opts} | {
            "--help"
        }
        wrong += [f"{told}: {each}" for each in arguments if each.startswith("--") and each.split("=")[0] not in known]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    """So that it is run; of those in `sh` the commands are looked up, and `make demo` is run in `test_readme.py`."""
    known = ("console", "text", "sh", "json", *WRITTEN)
    assert [block.place for block in blocks(PAGES[page]) if block.language not in known] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = PAGES[page].read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text) if "://" not in link]
    assert [link for link in links if not (PAGES[page].parent / link).exists()] == []


@pytest.mark.parametrize(
    ("shown", "printed", "is_it"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\n", "a\n", True),
        ("a …c\n", "a b c\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n…\nd\n", "a\nb\n", False),
        ("(a|b)\n", "a\n", False),
    ],
)
def test_what_is_left_out_may_be_anything_and_all_else_is_compared(shown: str, printed: str, is_it: bool) -> None:
    assert is_shown(shown, printed) is is_it


def test_a_wrong_page_is_told(tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.run(Block("console", "", "$ echo a\nb\n", "a.md:1"))
    session.run(Block("console", "exit 1", "$ true\n", "a.md:5"))
    session.run(Block("yaml", "", "kind: team\nid: sales\nnam: Sales\n", "a.md:9"))
    assert [told.split(" ")[0] for told in session.told][:2] == ["a.md:1:", "a.md:5:"]
    assert len(session.told) > 2

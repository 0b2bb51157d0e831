"""Runs what pages of the documentation show: a page is one session in a new folder, block by block.

A block in `console` is typed: each line after `$ ` is a command, below it stands what it prints (a line `…` is any
number of lines, `…` inside a line any text), and `exit 1` beside the language is how the last one ends. A block in
another language with a path beside it is a file that is written there. A block of YAML without a path is a document, or
with `of metric` beside it some keys of one: what can be known without the documents around it is checked.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from aac import plugins, schemas
from aac.operations import open_project
from tests.commands import AAC

if TYPE_CHECKING:
    from aac.findings import Finding

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(\w*) ?([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MORNING = str(1_772_438_400)
"""2026-03-02T09:00 in Berlin: when the sample company looks at its numbers."""
OUTSIDE = ("AAC203", "AAC204")
"""That a name is of nothing, as a document that stands alone rests on others."""
NEEDED = ("kind", "id", "of", "serves", "key", "fields")
"""Keys that a document of which only some keys are shown gets from the example of its kind, beside those required."""
WRITTEN = ("yaml", "toml", "python", "jinja", "csv")


@dataclass(frozen=True)
class Block:
    """A block of code: its language, what stands beside it, its text and where it is."""

    language: str
    beside: str
    text: str
    place: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    shown = page.relative_to(ROOT).as_posix()
    return [
        Block(match[1], match[2].strip(), match[3], f"{shown}:{text.count(chr(10), 0, match.start()) + 1}")
        for match in FENCE.finditer(text)
    ]


@dataclass
class Session:
    """A shell in a folder; ``told`` is what is wrong with what was shown."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    told: list[str] = field(default_factory=list[str])

    def run(self, block: Block) -> None:
        if block.language == "console":
            self._type(block)
        elif block.beside and block.language in WRITTEN and not block.beside.startswith("of "):
            self._write(block)
        elif block.language == "yaml":
            self.told += [f"{block.place}: {finding.code} {finding.message}" for finding in alone(block, self.folder)]
        elif block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "json":
            json.loads(block.text)

    def _write(self, block: Block) -> None:
        path = self.folder / block.beside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        if block.language == "yaml" and path.is_relative_to(self.folder / "alignment"):
            found = [each for each in open_project(self.folder).findings if each.level == "error"]
            self.told += [f"{block.place}: {finding.code} {finding.message}" for finding in found]

    def _type(self, block: Block) -> None:
        typed = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
        last = int(block.beside.removeprefix("exit ") or 0)
        for number, part in enumerate(typed):
            command, _, shown = part.partition("\n")
            wanted = last if number == len(typed) - 1 else 0
            if command.startswith("cd "):
                self.folder = (self.folder / command[3:].strip()).resolve()
                continue
            done = self._shell(command)
            if done.returncode != wanted:
                self.told.append(
                    f"{block.place}: `{command}` ended with {done.returncode}, not {wanted}: {done.stdout}"
                )
            if shown.strip() and not is_shown(shown, done.stdout):
                self.told.append(f"{block.place}: `{command}` printed:\n{done.stdout}")

    def _shell(self, command: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
        own = {
            "PATH": f"{AAC.parent}:{os.environ['PATH']}", "SOURCE_DATE_EPOCH": MORNING, "PYTHONUNBUFFERED": "1",
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com",
        }  # fmt: skip
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
            env=inherited | own | self.environment,
        )


def assert_true(page: Path, folder: Path, **environment: str) -> None:
    """Everything that a page shows is as it says, in a session of its own."""
    session = Session(folder, environment)
    for block in blocks(page):
        session.run(block)
    if session.told:
        pytest.fail("\n".join(session.told), pytrace=False)


def is_shown(shown: str, printed: str) -> bool:
    """Whether what was printed is what a page shows of it."""
    parts: list[str] = []
    for line in shown.strip("\n").splitlines():
        if line.strip() in ("…", "..."):
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append(r"[^\n]*?".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ ]*\n")
    return re.fullmatch("".join(parts), printed.strip("\n") + "\n") is not None


def alone(block: Block, folder: Path) -> list[Finding]:
    """What is wrong with a document, or some keys of one, whatever the documents around it are."""
    text = block.text
    if block.beside.startswith("of "):
        kind = block.beside.removeprefix("of ")
        model = plugins.load(None).kinds[kind]
        needed = {*NEEDED, *schemas.of_kind(model)["required"]}
        example = yaml.safe_load(schemas.example(model))
        whole = {key: value for key, value in example.items() if key in needed} | yaml.safe_load(text)
        text = yaml.safe_dump(whole, sort_keys=False)
    root = folder / "alone"
    (root / "alignment").mkdir(parents=True, exist_ok=True)
    (root / "aac.toml").write_text('[project]\nname = "Alone"\nspec = 1\n')
    (root / "alignment" / "document.yml").write_text(text, encoding="utf-8")
    return [each for each in open_project(root).findings if each.level == "error" and each.code not in OUTSIDE]

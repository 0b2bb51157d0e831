"""What is made to take for ever, or all memory, ends: with a finding or a clear sentence, never in a traceback."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from aac.expressions.parse import parse
from aac.findings import COMPARED, MANY, MOST, did_you_mean
from aac.graph import rings_of
from aac.kinds.fields import read_values
from aac.leaks import contacts
from aac.privacy import ADDRESS, without_addresses
from aac.reports.base import Page
from aac.scope import ADVISED
from tests.commands import run_aac
from tests.small import COMPANY, metric, write_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

ENTITY = "kind: entity\nid: lead\nfrom: crm.leads\nkey: id\nfields:\n  id: text\n  score: integer\n  at: timestamp\n"
WORD = "---\nkind: definition\nid: {}\nof: {}\nowner: sales\nwhen: {}\n"
MEGABYTE = 1_000_000
LEVELS = 10_000


def words(of: str = "lead", when: str = "score > 1") -> str:
    """As many definitions, each on the one before it."""
    return ENTITY + "".join(
        WORD.format(f"d{n}", of.format(f"d{n - 1}") if n else "lead", when.format(f"d{n - 1}") if n else "score > 1")
        for n in range(LEVELS)
    )


HOSTILE = {
    "a chain of definitions": (words(of="{}"), 2, "AAC306"),
    "a chain of rules": (words(when="{}"), 2, "AAC306"),
    "a ring": (words(when="{}").replace("id: d0\nof: lead\nowner: sales\nwhen: score > 1", "id: d0\nof: lead\nowner: "
               f"sales\nwhen: d{LEVELS - 1}"), 2, "AAC"),
    "a chain of fields": (ENTITY + "".join(f"  f{n}: {{is: {f'f{n - 1}' if n else 'score'} + 1}}\n" for n in
                          range(LEVELS)), 2, "AAC306"),
    "fields that double": (ENTITY + "".join(f"  f{n}: {{is: {f'f{n - 1} + f{n - 1}' if n else 'score + 1'}}}\n" for n
                           in range(60)), 2, "more than 20,000 parts"),
    "aliases of aliases": ("a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*{f'b{n - 1}' if n else 'a'}, *a]\n" for n in
                           range(40)), 2, "AAC103"),
    "levels of YAML": ("kind: list\nid: a\nvalues: " + "[" * 50_000, 2, "AAC"),
    "brackets": (ENTITY + WORD.format("a", "lead", "(" * 9_000 + "score" + ")" * 9_000), 2, "AAC306"),
    "negations": (ENTITY + WORD.format("a", "lead", "not " * 4_000 + "score > 1"), 2, "AAC306"),
    "cases in cases": (ENTITY + WORD.format("a", "lead", "case when score > 1 then " * 400 + "1" + " end" * 400), 2,
                       "AAC306"),
    "a rule that is too long": (ENTITY + WORD.format("a", "lead", "score > 1 or " * 80_000 + "score > 1"), 2, "AAC306"),
    "a megabyte of prose": (ENTITY + WORD.format("a", "lead", "score > 1") + f"means: {'a ' * (MEGABYTE // 2)}\n", 0,
                            "are fine"),
    "a megabyte of one word": (ENTITY + WORD.format("a", "lead", "score > 1") + f"means: {'a' * MEGABYTE}\n", 0,
                               "are fine"),
    "words not to be said": (ENTITY + WORD.format("a", "lead", "score > 1") + "never_say: [" + ", ".join(
                                    f"word {n} unsaid" for n in range(30_000)) + "]\nmeans: " + "word " * 60_000 + "\n",
                                    0, "are fine"),
    "more than anybody wrote": (ENTITY + "#" * 2 * MEGABYTE, 2, "AAC112"),
    "very many mistakes": ("---\n".join(f"kind: definition\nid: d{n}\nx{n}: 1\ny: 2\nz: 3\nwhen: '('\n" for n in
                                    range(25_000)), 2, "10,000 errors in 1 file, and maybe more"),
}  # fmt: skip
"""A document that is all of a project's, the exit code of `aac validate`, and what is said."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_ends_in_a_sentence(tmp_path: Path, name: str) -> None:
    text, code, said = HOSTILE[name]
    root = write_project(tmp_path / "p", "", {"leads": "id\n1\n"})
    (root / "alignment" / "all.yml").write_text(text)
    done = run_aac(root, "validate")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr[-500:]
    assert said in done.stdout + done.stderr


def test_a_million_mistakes_in_many_files(tmp_path: Path) -> None:
    root = write_project(tmp_path / "p", "", {"leads": "id\n1\n"})
    line = "kind: team\nid: t\n" + "".join(f"x{n}: 1\n" for n in range(20_000))
    for number in range(50):
        (root / "alignment" / f"{number}.yml").write_text(line.replace("id: t", f"id: t{number}"))
    done = run_aac(root, "validate", "--format", "json")
    assert done.returncode == 2
    assert done.stdout.count('"code"') == MOST


def test_a_long_word_is_gone_through_once() -> None:
    """Each letter of it might begin an address: to look from all of them takes hours."""
    text = "a" * MEGABYTE + " x@y.zz " + "a." * (MEGABYTE // 2) + "@" * MEGABYTE + "1 " * MEGABYTE
    assert without_addresses(text, lambda: "").count("x…@y….z…") == 1
    assert [told.text for told in contacts([Page("a.txt", text)]).values()] == ["x@y.zz"]
    assert ADDRESS.findall("<a.b+c@d-e.ff>, .x@y.zz; é@ü.de") == ["a.b+c@d-e.ff", ".x@y.zz", "é@ü.de"]


def calls_in(run: Callable[[], object]) -> int:
    """How many functions are called meanwhile, those of Python itself among them: what it takes, on any machine."""
    number = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal number
        del frame, argument
        number += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        run()
    finally:
        sys.setprofile(before)
    return number


class Word(str):
    """A text of which each comparison and each hash is a call."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    def __hash__(self) -> int:
        return super().__hash__()


@pytest.mark.parametrize(
    ("whole", "repeated"),
    [("a in ({}1)", "1, "), ("{}a", "a and "), ("{}a", "a = true and "), ("case {}end", "when a then 1 ")],
)
def test_a_long_rule_is_gone_through_once(whole: str, repeated: str) -> None:
    """A file holds a hundred of them: where each node looked through all words it took three quarters of an hour."""
    parse(whole.format(repeated))
    some, more = (calls_in(lambda n=n: parse(whole.format(repeated * n))) for n in (400, 800))
    assert 400 < some < more < 2.5 * some


def test_a_long_list_is_gone_through_once() -> None:
    """Each was held against all before it: 120,000 values in a file of a megabyte took minutes."""
    words = [Word(number) for number in range(2_000)]
    some, more = (calls_in(lambda n=n: read_values(words[:n])) for n in (1_000, 2_000))
    assert 1_000 < some < more < 2.5 * some


def test_a_misspelt_name_is_compared_with_some() -> None:
    """There are thousands of them and of names that are much alike."""

    def asked(number: int) -> tuple[set[str], int]:
        names = tuple(Word(f"word{other}") for other in range(number))
        did_you_mean("", names)  # an index of them is made at the first mistake
        told = set[str]()
        return told, calls_in(lambda: told.update(did_you_mean(f"wrod{wrong}", names) for wrong in range(20)))

    (few, looks), (many, some), (_, more) = asked(MANY), asked(4 * MANY), asked(8 * MANY)
    assert looks < 20 * (4 * MANY + 250 * COMPARED), "not letter by letter with all"
    assert all(text.startswith("did you mean `word") for text in few | many)
    assert 0 < more < 1.2 * some, "of very many only some are looked at"


def test_steps_of_rings_are_gone_once() -> None:
    """From each document all others were gone through: a ring of 5,000 took 13 s and a gigabyte."""

    def told(number: int) -> list[tuple[str, ...]]:
        return list(rings_of({f"d{n:04}": [f"d{(n + 1) % number:04}"] for n in range(number)}))

    assert told(3) == [("d0000", "d0001", "d0002", "d0000")]
    some, more = (calls_in(lambda n=n: told(n)) for n in (500, 1_000))
    assert 500 < some < more < 2.5 * some


def test_names_that_were_meant_are_told_of_so_many_mistakes(tmp_path: Path) -> None:
    """Of the others it is told that they mean nothing: to find them among thousands took minutes for each thousand."""
    root = write_project(tmp_path / "p", "", {"leads": "id\n1\n"})
    known = "".join(WORD.format(f"word{number}", "lead", "score > 1") for number in range(300))
    wrong = "".join(WORD.format(f"x{number}", "lead", f"wrod{number}") for number in range(300))
    (root / "alignment" / "all.yml").write_text(ENTITY + known + wrong)
    done = run_aac(root, "validate", "--format", "json")
    assert (done.returncode, done.stdout.count("means nothing on `lead`")) == (2, 300)
    assert done.stdout.count("did you mean `word") == ADVISED


# While it is measured

ROLLUPS = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.leads
key: id
fields:
  id: text
  at: timestamp
  all: {ref: whole, from: "'x'"}
  much: {is: whole.many * whole.many}
---
kind: entity
id: whole
from: crm.wholes
key: id
fields:
  id: text
  many: {rollup: count(*), over: lead}
---
"""
    + metric("much", "sum(much)", of="lead", at="at")
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = ROLLUPS.replace("whole.many", "all.many")
    rows = "".join(f"{n},2026-02-01T10:00:00Z\n" for n in range(200_000))
    root = write_project(
        tmp_path_factory.mktemp("budgets") / "p", documents, {"leads": f"id,at\n{rows}", "wholes": "id\nx\n"}
    )
    done = run_aac(root, "pull")
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def limited(root: Path, settings: str) -> str:
    """What `aac check` says with a limit, which ends it with exit code 4."""
    text = (root / "aac.toml").read_text()
    (root / "aac.toml").write_text(f"{text}\n[engine]\n{settings}\n")
    try:
        done = run_aac(root, "query", "much")
    finally:
        (root / "aac.toml").write_text(text)
    assert (done.returncode, "Traceback" in done.stderr) == (4, False), done.stderr
    return done.stderr


def test_children_of_one_parent_are_no_cross_join(measured: Path) -> None:
    done = run_aac(measured, "query", "much")
    assert done.returncode == 0, done.stderr
    assert f"{200_000**3:,}" in done.stdout


def test_a_query_that_takes_too_long_is_stopped(measured: Path) -> None:
    assert "a query took longer than `time_limit` in `[engine]`" in limited(measured, 'time_limit = "0.0001 minutes"')


def test_a_query_that_takes_too_much_is_stopped(measured: Path) -> None:
    assert "a query needs more memory than there is" in limited(measured, 'memory_limit = "1MB"\nthreads = 1')

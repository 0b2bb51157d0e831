"""Whole or not at all: a pull, a check or a build that is killed anywhere, has no room, or finds its store cut, leaves
before or after."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aac.engines.duckdb import Store
from tests.commands import AAC
from tests.file_trials import CsvTrial, DuckdbTrial, JsonlTrial, ParquetTrial, XlsxTrial
from tests.killing import INSIDE, PHASES, READING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.file_trials import FileTrial

SETTINGS = """
[project]
name = "Small"
spec = 1

[sources.crm]
connector = "csv"
path = "data"

[sources.flow]
connector = "flow"
"""
PLUGIN = '''
"""What `source.json` holds: readings, whose keys are listed whole, and events, which it forgets."""

import json
from typing import ClassVar

from aac import Checkpoint, Rows, Settings, Slice, Stream, hookimpl


class Flow:
    name: ClassVar[str] = "flow"
    settings: ClassVar[type[Settings]] = Settings

    def __init__(self, settings, context):
        self.folder = context.folder
        self.rows = json.loads((context.root / "source.json").read_text())

    def check(self):
        pass

    def discover(self):
        return (
            Stream("event", ("id", "value"), key=("id",), history=True),
            Stream("reading", ("id", "value"), key=("id",), deletes="key_scan"),
        )

    def slices(self, stream, state):
        return (Slice(stream.name),)

    def read(self, stream, part):
        rows = self.rows[stream.name]
        for number, half in enumerate((rows[::2], rows[1::2])):
            yield Rows(self._file(stream.name, number, half), "json", ("id", "value"))
            if number == 0:
                yield Checkpoint({"half": 1}, complete=False)
        if stream.name == "reading":
            yield Rows(self._file("keys", 0, [{"id": row["id"]} for row in rows]), "json", ("id",), "keys")
        yield Checkpoint({"half": 2}, complete=True)

    def _file(self, name, number, rows):
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.{number}.jsonl"
        path.write_text("".join(json.dumps(row) + "\\n" for row in rows))
        return path


@hookimpl
def aac_connectors():
    return [Flow]
'''
ENTITIES = """
kind: entity
id: lead
from: crm.leads
key: id
fields: {id: text}
---
kind: entity
id: reading
from: flow.reading
key: id
fields: {id: text, value: text}
---
kind: entity
id: event
from: flow.event
key: id
fields: {id: text, value: text}
"""

Data = dict[str, list[tuple[str, ...]]]
OLD: Data = {
    "event": [("e1", "x"), ("e2", "x")],
    "lead": [("1",), ("2",)],
    "reading": [(str(n), "old") for n in range(1, 9)],
}
NEW: Data = {
    "event": [("e1", "x"), ("e2", "x"), ("e3", "x")],
    "lead": [("1",), ("3",)],
    "reading": [(str(n), "new") for n in range(2, 9)],
}


def change(root: Path, leads: str, readings: dict[str, str], events: list[str]) -> None:
    """What the sources hold from now on."""
    (root / "data" / "leads.csv").write_text(leads)
    rows = [{"id": id_, "value": value} for id_, value in readings.items()]
    (root / "source.json").write_text(
        json.dumps({"reading": rows, "event": [{"id": id_, "value": "x"} for id_ in events]})
    )


def seen(root: Path) -> Data:
    """What a reader sees."""
    with Store(root / ".aac" / "store.duckdb", read_only=True) as store:
        found: dict[str, Any] = {e: store.execute(f"FROM prepared.{e} ORDER BY ALL") for e in OLD}
    return {entity: list(rows) for entity, rows in found.items()}


@dataclass
class Pulls:
    """A process that forks one for each command; a pull if none is told."""

    process: subprocess.Popen[str]

    def __call__(self, root: Path, *words: str, kill_at: int = 0, most_bytes: int | None = None) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"root": str(root), "words": words or ["pull"], "kill_at": kill_at, "most_bytes": most_bytes}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def pulls() -> Iterator[Pulls]:
    here = Path(__file__).parent.parent
    command = [sys.executable, "-m", "tests.killing"]
    with subprocess.Popen(command, cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Pulls(process)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, pulls: Pulls) -> Path:
    """A project that was pulled, and whose sources have changed since; one event they have forgotten."""
    root = tmp_path_factory.mktemp("killed") / "project"
    for name, text in {
        "aac.toml": SETTINGS,
        "alignment/entities.yml": ENTITIES,
        "plugins/flow.py": PLUGIN,
        "data/leads.csv": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    change(root, "id\n1\n2\n", {str(n): "old" for n in range(1, 9)}, ["e1", "e2"])
    done = pulls(root)
    assert done["status"] == 0, done["stderr"]
    assert seen(root) == OLD
    change(root, "id\n1\n3\n", {str(n): "new" for n in range(2, 9)}, ["e2", "e3"])
    return root


def copy(before: Path, folder: Path) -> Path:
    return Path(shutil.copytree(before, folder / "copy"))


def chosen(points: list[str]) -> list[int]:
    """The numbers of points: of each phase its first two and its last two."""
    places = {name: [number for number, each in enumerate(points, 1) if each == name] for name in points}
    return sorted({number for numbers in places.values() for number in (*numbers[:2], *numbers[-2:])})


def test_killed_anywhere_it_is_before_or_after(tmp_path: Path, before: Path, pulls: Pulls) -> None:
    points = pulls(copy(before, tmp_path / "whole"))["points"]
    hit: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    for number in chosen(points):
        name = points[number - 1]
        root = copy(before, tmp_path / str(number))
        done = pulls(root, kill_at=number)
        assert (done["status"], done["points"]) == (-signal.SIGKILL, points[:number]), done["stderr"]
        hit[name] += 1
        there = seen(root)
        assert there in (OLD, NEW), name
        ends["before" if there == OLD else "after"] += 1
        again = pulls(root)
        assert (again["status"], seen(root)) == (0, NEW), (name, again["stderr"])
        if hit[name] == 1:  # what the source forgot is in none of its files any more
            (root / ".aac" / "store.duckdb").unlink()
            assert (pulls(root)["status"], seen(root)) == (0, NEW), name
        shutil.rmtree(root)
    print("".join(f"\n{count:4}  {name}" for name, count in sorted(hit.items())), dict(ends))
    inside = {name for name in hit if name.startswith(INSIDE)}
    assert {*PHASES, "transaction"} == set(hit) - inside
    assert f"{INSIDE}_replace" in inside
    assert set(ends) == {"before", "after"}


@pytest.mark.parametrize("share", [0, 1, 40, 99])
def test_a_store_that_was_cut_is_made_anew(tmp_path: Path, before: Path, pulls: Pulls, share: int) -> None:
    root = copy(before, tmp_path)
    store = root / ".aac" / "store.duckdb"
    whole = store.read_bytes()
    store.write_bytes(whole[: len(whole) * share // 100])
    done = pulls(root)
    assert done["status"] == 0, done["stderr"]
    assert "the store is damaged: it is made anew from the sources and `.aac/raw`" in done["stderr"]
    assert seen(root) == NEW


@pytest.mark.parametrize("most_bytes", [100, 5_000, 20_000, 500_000])
def test_without_room_nothing_changes(tmp_path: Path, before: Path, pulls: Pulls, most_bytes: int) -> None:
    root = copy(before, tmp_path)
    done = pulls(root, most_bytes=most_bytes)
    assert (done["status"], seen(root)) == (4, OLD), done["stderr"]
    assert "Traceback" not in done["stderr"]
    if most_bytes > 100:  # else there is no room for what is told either
        assert f"there is no room left in `{root / '.aac'}" in done["stderr"]
    assert (pulls(root)["status"], seen(root)) == (0, NEW)


ENOUGH = 20_000
"""Records whose file is larger than a new store."""
TRIALS = (CsvTrial, JsonlTrial, ParquetTrial, XlsxTrial, DuckdbTrial)


@pytest.mark.parametrize("trial", TRIALS, ids=[trial.connector for trial in TRIALS])
def test_no_connector_fails_in_other_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pulls: Pulls, trial: type[FileTrial]
) -> None:
    monkeypatch.chdir(tmp_path)
    made = trial(tmp_path)
    made.create(["x" * 20 + str(number) for number in range(ENOUGH)])
    settings = SETTINGS.partition("[sources.crm]")[0]
    settings += f'[sources.crm]\nconnector = "{made.connector}"\n{made.settings.replace(str(tmp_path) + "/", "")}\n'
    (tmp_path / "aac.toml").write_text(settings)
    (tmp_path / "alignment").mkdir()
    fields = "fields: {id: text, text: text}"
    (tmp_path / "alignment" / "a.yml").write_text(f"kind: entity\nid: record\nfrom: crm.record\nkey: id\n{fields}\n")
    done = pulls(tmp_path, most_bytes=500_000)
    assert done["status"] == 4, done["stderr"]
    assert "Traceback" not in done["stderr"]
    assert f"there is no room left in `{tmp_path / '.aac'}" in done["stderr"]
    assert pulls(tmp_path)["status"] == 0
    with Store(tmp_path / ".aac" / "store.duckdb", read_only=True) as store:
        assert store.execute("SELECT count(*) FROM prepared.record") == [(ENOUGH,)]


@pytest.mark.parametrize("most_bytes", [600_000, 2_000_000])
def test_without_room_for_a_raw_table_its_source_stays_out(
    tmp_path: Path, before: Path, pulls: Pulls, most_bytes: int
) -> None:
    root = copy(before, tmp_path)
    shutil.rmtree(root / ".aac")
    readings = {str(number): sha256(str(number).encode()).hexdigest() for number in range(ENOUGH)}
    change(root, "id\n1\n3\n", readings, ["e2", "e3"])
    done = pulls(root, most_bytes=most_bytes)
    assert done["status"] == 4
    assert f"there is no room left in `{root / '.aac'}" in done["stderr"]
    assert "Error" not in done["stderr"]
    assert (pulls(root)["status"], len(seen(root)["reading"])) == (0, ENOUGH)


# A folder that may not be written


def pull_as_owner(root: Path) -> subprocess.CompletedProcess[str]:
    """`aac pull` by somebody whom the owner's permissions hold for: root is refused nothing unless it gives that up."""
    less = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.getuid() == 0 else []
    return subprocess.run([*less, AAC, "pull"], cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("place", [".aac", ".aac/raw/crm", ".aac/raw/flow/reading"])
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path, before: Path, place: str) -> None:
    root = copy(before, tmp_path)
    (root / place).chmod(0o555)
    done = pull_as_owner(root)
    told = done.stdout + done.stderr
    assert done.returncode == 4, told
    assert f"`{root / place}" in told
    assert "Traceback" not in told
    assert "let aac write there" in told
    there = seen(root)
    assert all(there[entity] in (OLD[entity], NEW[entity]) for entity in OLD)
    assert there != NEW
    (root / place).chmod(0o755)
    again = pull_as_owner(root)
    assert (again.returncode, seen(root)) == (0, NEW), again.stderr


# Check and build

MEASURED = """
kind: company
id: small
currency: EUR
timezone: UTC
---
kind: team
id: sales
name: Sales
---
kind: metric
id: leads
name: NAMED
formula: count(*)
of: lead
unit: count
better: higher
owner: sales
serves: successful_acquisition
target: {at_least: 1}
"""


@pytest.fixture(scope="module")
def built(before: Path, tmp_path_factory: pytest.TempPathFactory, pulls: Pulls) -> tuple[Path, dict[str, bytes]]:
    """A project whose pages were built, with a file of somebody else among them, and whose documents have changed
    since, also an entity; the pages that were there."""
    root = copy(before, tmp_path_factory.mktemp("built"))
    assert pulls(root)["status"] == 0
    (root / "alignment" / "measured.yml").write_text(MEASURED.replace("NAMED", "Old name"))
    (root / "check.json").write_text("old")
    done = pulls(root, *BUILD)
    assert done["status"] == 0, done["stderr"]
    (root / "site" / "CNAME").write_text("kept")
    pages = tree(root / "site")
    (root / "alignment" / "measured.yml").write_text(MEASURED.replace("NAMED", "New name"))
    entities = root / "alignment" / "entities.yml"
    entities.write_text(
        entities.read_text().replace("fields: {id: text}", "fields: {id: text, is_new: {is: id > '2'}}")
    )
    entities.write_text(
        entities.read_text().replace("fields: {id: text,", "fields: {id: text, same: {type: text, from: id},")
    )
    return root, pages


BUILD = ("build", "--now", "2026-03-01")
CHECK = ("check", "--now", "2026-03-01", "--format", "json", "--output", "check.json")


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; that it is there is not asked."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def kept(root: Path) -> dict[str, bytes]:
    """All that must not change: documents, data and what was pulled."""
    ours = ("site", ".site", "check", ".check", "stderr")
    return {name: data for name, data in tree(root).items() if not name.startswith(ours)}


@dataclass
class Killing:
    """Kills a command at points of all of its phases. ``seen`` of a project is the first or the second of ``ends``."""

    root: Path
    folder: Path
    pulls: Pulls
    words: tuple[str, ...]
    seen: Callable[[Path], object]
    ends: tuple[object, object]

    def anywhere(self, points: Callable[[list[str]], Iterable[int]]) -> set[str]:
        """Before it ran to its end it is before or after, and then it runs again; which phases were hit."""
        whole = copy(self.root, self.folder / "whole")
        done = self.pulls(whole, *self.words)
        assert (done["status"], self.seen(whole)) == (0, self.ends[1]), done["stderr"]
        hit, found = Counter[str](), Counter[bool]()
        for number in points(done["points"]):
            name = done["points"][number - 1]
            again = copy(self.root, self.folder / str(number))
            killed = self.pulls(again, *self.words, kill_at=number)
            assert (killed["status"], killed["points"]) == (-signal.SIGKILL, done["points"][:number]), killed["stderr"]
            there = self.seen(again)
            assert there in self.ends, name
            assert kept(again) == kept(self.root), name
            last = self.pulls(again, *self.words)
            assert (last["status"], self.seen(again)) == (0, self.ends[1]), last["stderr"]
            hit[name] += 1
            found[there == self.ends[1]] += 1
            shutil.rmtree(again)
        print("".join(f"\n{count:4}  {name}" for name, count in sorted(hit.items())), dict(found))
        assert set(found) == {True, False}
        assert set(hit) == set(done["points"])
        return set(hit)


def few(points: list[str]) -> list[int]:
    """The last point of each phase, and the first of those that are followed line by line."""
    last = {name: number for number, name in enumerate(points, 1)}
    first = {name: number for number, name in reversed(list(enumerate(points, 1))) if name.startswith(INSIDE)}
    return sorted({*last.values(), *first.values()})


HOW_MANY = pytest.mark.parametrize("points", [few, pytest.param(chosen, marks=pytest.mark.long)])


@HOW_MANY
def test_a_build_that_is_killed_leaves_old_or_new_pages(
    tmp_path: Path, built: tuple[Path, dict[str, bytes]], pulls: Pulls, points: Callable[[list[str]], list[int]]
) -> None:
    root, old = built
    new = copy(root, tmp_path / "new")
    assert pulls(new, *BUILD)["status"] == 0
    pages = tree(new / "site")
    assert (pages["CNAME"], pages == old) == (b"kept", False)
    hit = Killing(root, tmp_path, pulls, BUILD, lambda root: tree(root / "site"), (old, pages)).anywhere(points)
    assert {name for name in READING if name != "report written"} <= hit
    assert any(name.startswith(INSIDE) for name in hit)


@HOW_MANY
def test_a_check_that_is_killed_leaves_an_old_or_a_new_report(
    tmp_path: Path, built: tuple[Path, dict[str, bytes]], pulls: Pulls, points: Callable[[list[str]], list[int]]
) -> None:
    root, _ = built
    new = copy(root, tmp_path / "new")
    assert pulls(new, *CHECK)["status"] == 0
    report = (new / "check.json").read_text()
    assert json.loads(report)["results"]
    seen = ("old", report)
    hit = Killing(root, tmp_path, pulls, CHECK, lambda root: (root / "check.json").read_text(), seen).anywhere(points)
    pages = {"leaks looked for", "page written", "others kept", "pages put in place"}
    assert hit - {"transaction"} == READING.keys() - pages


@pytest.mark.parametrize("most_bytes", [100, 3_000, 10_000])
def test_without_room_pages_stay(
    tmp_path: Path, built: tuple[Path, dict[str, bytes]], pulls: Pulls, most_bytes: int
) -> None:
    root, old = built
    root = copy(root, tmp_path)
    done = pulls(root, *BUILD, most_bytes=most_bytes)
    assert (done["status"], tree(root / "site")) == (4, old), done["stderr"]
    assert "Traceback" not in done["stderr"]
    if most_bytes > 100:
        assert "there is no room left in" in done["stderr"]
    assert not [path.name for path in root.iterdir() if path.name.startswith(".site")]

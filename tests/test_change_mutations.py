"""What `aac diff` calls breaking against what the numbers do: no number of the sample company moves by an edit whose
change is called anything else, or is told of other documents."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from aac.changes import document_changes
from aac.errors import AacError, SourceError
from aac.evaluate import Asked
from aac.findings import has_errors
from aac.inheriting import inherited
from aac.operations import measure, open_project, pull_sources
from aac.setting_changes import setting_changes
from tests.change_mutations import mutations
from tests.small import NOW_US

if TYPE_CHECKING:
    from aac.changes import Change
    from aac.operations import Opened
    from aac.project import Project
    from tests.change_mutations import Mutation

ROOT = Path(__file__).parent.parent
SHORT, LONG = 3, 75
Numbers = dict[tuple[str, str, str, str], str]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company in a folder of its own, pulled."""
    root = tmp_path_factory.mktemp("mutated") / "project"
    for part in ("alignment", "data"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copy(ROOT / "aac.toml", root)
    pull_sources(open_project(root), NOW_US, lambda _: None)
    return root


def numbers(opened: Opened) -> Numbers:
    """Every number of the last windows and what it was judged, by document, window and group."""
    results = measure(opened, NOW_US, Asked(None, ()), lambda _: None, everything=True)
    return {
        (r.kind, r.id, r.reading.window.label, str(sorted(r.reading.by.items(), key=str))): f"{r.reading} {r.verdict}"
        for r in results.results
    }


def changes(base: Project, head: Project) -> tuple[Change, ...]:
    found, broken = document_changes(base, head)
    assert broken == ()
    own = (*found, *setting_changes(base.config, head.config))
    return (*own, *inherited(base, head, own))


def tried(root: Path, edit: Mutation, before: Numbers, base: Project) -> tuple[set[str], set[str]] | None:
    """The documents whose numbers moved, and those of which a breaking change is told; null where the edit cannot be
    measured."""
    path = root / edit.file
    kept = path.read_text(encoding="utf-8")
    path.write_text(edit.text, encoding="utf-8")
    is_pulled = False
    try:
        head = open_project(root)
        if has_errors(head.findings):
            return None
        try:
            after = numbers(head)
        except SourceError:
            is_pulled = True
            pull_sources(head, NOW_US, lambda _: None)
            after = numbers(head)
        told = {":".join(change.doc) for change in changes(base, head.project) if change.level == "breaking"}
        return {f"{key[0]}:{key[1]}" for key, was in before.items() if after.get(key) != was}, told
    except AacError:
        return None
    finally:
        path.write_text(kept, encoding="utf-8")
        if is_pulled:
            pull_sources(open_project(root), NOW_US, lambda _: None)


def chosen(root: Path, most: int, seed: int) -> list[Mutation]:
    """Edits of as many rules as there are, in an order of chance."""
    random = Random(seed)
    by_rule: defaultdict[str, list[Mutation]] = defaultdict(list)
    for edit in mutations(root):
        by_rule[edit.rule].append(edit)
    for several in by_rule.values():
        random.shuffle(several)
    rules = list(by_rule)
    random.shuffle(rules)
    turns = (several[turn] for turn in range(most) for rule in rules if turn < len(several := by_rule[rule]))
    return [edit for edit, _ in zip(turns, range(most * 2), strict=False)]


def run(root: Path, most: int, seed: int) -> Counter[str]:
    """Tries edits until ``most`` could be measured; how they fared."""
    opened = open_project(root)
    before = numbers(opened)
    fared: Counter[str] = Counter()
    for edit in chosen(root, most, seed):
        found = tried(root, edit, before, opened.project)
        if found is not None:
            moved, told = found
            if "settings:aac.toml" in told and edit.rule == "privacy":
                continue  # what is hidden is not what is measured: it is told of the settings alone
            assert moved <= told, f"{edit}: {sorted(moved - told)} moved, and no breaking change is told of them"
            fared["moved" if moved else "breaking and nothing moved" if told else "nothing moved"] += 1
        if fared.total() == most:
            break
    return fared


def test_no_number_moves_without_a_breaking_change(sample: Path) -> None:
    assert run(sample, SHORT, 1).total() == SHORT


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_no_number_moves_without_a_breaking_change_in_many_edits(sample: Path, seed: int) -> None:
    fared = run(sample, LONG, seed)
    print(f"\nseed {seed}: {dict(fared)}")
    assert fared.total() >= 60
    assert fared["moved"] >= 20

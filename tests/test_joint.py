"""Promises about the same records are answered by one query: what it reads, and that each is as it is alone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aac.engines import sql
from aac.evaluate import Asked, evaluate, plan_of
from aac.landing.landed import prepared
from aac.operations import open_sound_project, pull_sources
from aac.planner.stretches import ITEMS
from tests.small import NOW_US
from tests.test_planner import scans

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from aac.landing.landed import Landed
    from aac.measures import Clock
    from aac.project import Project
    from aac.results import Result

ROOT = Path(__file__).parent.parent
TWIN = "_twin"
LONGER = re.compile(r"within: (\d+)")
OTHERS = {
    "other_where": ("source <> 'partner'", "source <> 'webinar'"),
    "other_start": ("starts: mql.at", "starts: created_at"),
    "other_stop": ("stops: first_human_touch_at", "stops: sql_at"),
    "other_excuse": ("duplicate or opted_out", "duplicate"),
    "other_split": ("[segment, region]", "[region]"),
    "other_window": ("window: month", "window: quarter"),
}
"""What the sales follow-up says, and what another promise says instead."""


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Project, Landed]]:
    """The sample, with a twin of each promise that allows three times as long."""
    root = tmp_path_factory.mktemp("twins")
    for folder in ("alignment", "data"):
        shutil.copytree(ROOT / folder, root / folder)
    shutil.copy(ROOT / "aac.toml", root)
    for path in (root / "alignment" / "slas").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        if LONGER.search(text):
            text = LONGER.sub(lambda found: f"within: {3 * int(found[1])}", text)
            text = re.sub(r"^id: (\w+)", rf"id: \1{TWIN}", text, count=1, flags=re.MULTILINE)
            (path.with_name(f"{path.stem}{TWIN}.yml")).write_text(text, encoding="utf-8")
    follow_up = (root / "alignment" / "slas" / "sales_follow_up.yml").read_text(encoding="utf-8")
    for id_, (was, is_) in OTHERS.items():
        assert was in follow_up
        text = follow_up.replace(was, is_).replace("id: sales_follow_up", f"id: {id_}")
        (root / "alignment" / "slas" / f"{id_}.yml").write_text(text, encoding="utf-8")
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    made = opened.project
    with prepared(root, made.tables, made.config.sources, made.timezone) as landed:
        yield made, landed


def is_twin(clock: Clock) -> bool:
    return clock.subject.endswith(TWIN)


def results(made: Project, landed: Landed, chosen: Callable[[Clock], bool]) -> Mapping[object, Result]:
    def asked(version: Project) -> Sequence[Clock]:
        return [clock for clock in version.clocks if chosen(clock)]

    found, _ = evaluate(made, landed, landed.engine, Asked(windows=("last:2", "current"), past=1), asked)
    return {(r.id, r.selection, r.reading.window, tuple(r.reading.by.items())): r for r in found}


def test_every_promise_is_as_it_is_alone(twins: tuple[Project, Landed]) -> None:
    """With pauses, steps of the way, checklists and stretches, with the spread of its time and its late items."""
    made, landed = twins
    together = results(made, landed, lambda _: True)
    alone = {**results(made, landed, is_twin), **results(made, landed, lambda clock: not is_twin(clock))}
    assert together == alone
    late = [result for result in together.values() if getattr(result.reading, "late_items", ())]
    assert len({result.id.removesuffix(TWIN) for result in late}) > 10


def test_what_two_promises_begin_with_is_read_once(twins: tuple[Project, Landed]) -> None:
    made, landed = twins
    ids = ("sales_follow_up", "sales_follow_up_twin")

    def asked(version: Project) -> Sequence[Clock]:
        return [clock for clock in version.clocks if clock.subject.removeprefix("sla:") in ids]

    evaluate(made, landed, landed.engine, Asked(), asked)  # puts the calendars where a query is explained
    (joint,) = plan_of(made, landed, Asked(), asked).clocks
    assert [scan.piece.subject.removeprefix("sla:") for scan in joint.scans] == [*ids]
    assert joint.query.shared == (ITEMS, "judged_1", "judged_2")
    read = {"lead": 2, "activity": 1, "user": 1, "account": 1}
    assert scans(landed.engine, sql.shared_sql(joint.query, ITEMS)) == read
    rest = [sql.shared_sql(joint.query, name) for name in joint.query.shared[1:]]
    rest += [sql.output_sql(joint.query, output) for output in joint.query.outputs]
    assert not any("prepared" in text for text in rest)


@pytest.mark.parametrize("other", OTHERS)
def test_a_promise_of_other_records_has_a_query_of_its_own(twins: tuple[Project, Landed], other: str) -> None:
    made, landed = twins

    def asked(version: Project) -> Sequence[Clock]:
        return [clock for clock in version.clocks if clock.subject in ("sla:sales_follow_up", f"sla:{other}")]

    found = plan_of(made, landed, Asked(windows=("last",)), asked).clocks
    assert [(len(joint.scans), joint.query.shared) for joint in found] == [(1, ("judged",))] * 2

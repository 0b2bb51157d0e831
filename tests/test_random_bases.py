"""Any small tables, through the whole road, on every basis, against an oracle that imports nothing of the product."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from aac.evaluate import Asked, evaluate
from aac.landing.landed import prepared
from aac.operations import open_sound_project
from aac.periods import iso_utc
from tests.bases import BEGINNING, DOCUMENTS, HAIR, METRICS
from tests.comparing import differences, metric_cells
from tests.oracle.bases import Counted, World, without_moment
from tests.oracle.bases import metric_cells as expected_cells
from tests.small import measured, write_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.measures import Measure
    from aac.project import Project
    from aac.results import Results
    from tests.oracle.bases import Row

MONTHS = ("2025-12", "2026-01", "2026-02", "2026-03", "2026-04")
LABELS = (*MONTHS, "FY2026-Q1", "FY2026-Q2", "all")
BORDERS = [
    datetime.fromisoformat(f"{text}+00:00")
    for text in (
        "2025-12-31T23:00", "2026-01-31T23:00", "2026-02-01T05:00", "2026-02-28T18:15", "2026-02-28T23:00",
        "2026-03-01T05:00", "2026-03-08T07:00", "2026-03-20T08:00", "2026-03-29T01:00", "2026-03-31T18:15",
        "2026-03-31T22:00", "2026-04-01T04:00",
    )
]  # fmt: skip
"""Borders of windows in some zone, and changes of clocks."""
STEPS = (0, 0, 0, 1, 9, 10, 20, 25, 30, 45, -1, -10, -30)
"""Days beside another moment: as long as cohorts mature, and spans are."""
ORG = ("id", "created_at", "live", "live_at")
DEAL = (
    "id", "org", "created_at", "entered_at", "entered_on", "fits", "won", "won_at", "signed", "signed_on", "amount",
    "size", "segment",
)  # fmt: skip
SUB = (
    "id", "created_at", "customer", "plan", "paid", "mrr", "seats", "starts_at", "ends_at", "starts_on", "ends_on",
)  # fmt: skip


class Chance:
    """Tables at random, the same for the same seed. One value in ``seldom`` is unknown."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seldom = self.random.choice([4, 10, 30, 100])

    def pick(self, *values: str) -> str:
        """One of the values, or unknown."""
        return "" if self.random.randrange(self.seldom) == 0 else self.random.choice(values)

    def hair(self) -> timedelta:
        return self.random.choice([-HAIR, HAIR, *3 * [0 * HAIR]])

    def border(self) -> datetime:
        """A border, or some days or an hour beside it, or a hair."""
        step = timedelta(days=self.random.choice(STEPS), hours=self.random.choice([0, 0, 0, 1, -1, 6]))
        return self.random.choice(BORDERS) + step + self.hair()

    def moment(self, after: str = "") -> str:
        """A moment, or one so many days after another."""
        if not after or self.random.randrange(4) == 0:
            return self.pick(written(self.border()))
        step = timedelta(days=self.random.choice(STEPS), hours=self.random.choice([0, 0, 0, 0, 1, -1]))
        return self.pick(written(datetime.fromisoformat(after) + step + self.hair()))

    def day(self, after: str = "") -> str:
        """The day of a border, or one so many days after a moment or a date."""
        first = date.fromisoformat(after[:10]) if after else self.border().date()
        return self.pick((first + timedelta(days=self.random.choice(STEPS))).isoformat())

    def created(self) -> str:
        return self.pick("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z", self.moment())

    def truth(self) -> str:
        return self.pick("true", "true", "false")

    def amount(self, most: int) -> str:
        return self.pick(f"{self.random.randrange(-most // 10, most) / 10_000:.4f}", "100", "50", "0")

    def deal(self, number: int) -> Row:
        entered_at = self.moment()
        entered_on = self.day(entered_at)
        return {
            "id": f"D{number}",
            "org": self.pick("o1", "o2", "o3", "nobody"),
            "created_at": self.created(),
            "entered_at": entered_at,
            "entered_on": entered_on,
            "fits": self.truth(),
            "won": self.truth(),
            "won_at": self.moment(self.random.choice([entered_at, entered_at, entered_on and f"{entered_on}T00:00Z"])),
            "signed": self.truth(),
            "signed_on": self.day(self.random.choice([entered_at, entered_on])),
            "amount": self.amount(1_000_000),
            "size": self.pick("1", "2", "3", "4"),
            "segment": self.pick("A", "B", "unknown"),
        }

    def org(self, id_: str) -> Row:
        return {"id": id_, "created_at": self.created(), "live": self.truth(), "live_at": self.moment()}

    def sub(self, number: int) -> Row:
        starts_at, starts_on = self.moment(), self.day()
        lasts = self.random.randrange(3) == 0
        return {
            "id": f"S{number}",
            "created_at": self.created(),
            "customer": self.pick("ann", "bob", "cid", "dot"),
            "plan": self.pick("free", "pro", "unknown"),
            "paid": self.truth(),
            "mrr": self.amount(500_000),
            "seats": self.pick("0", "1", "2", "5"),
            "starts_at": starts_at,
            "ends_at": "" if lasts else self.moment(starts_at),
            "starts_on": starts_on,
            "ends_on": "" if lasts else self.day(starts_on),
        }

    def world(self) -> World:
        zones = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"]
        as_of = self.random.choice(BORDERS[1:]) + timedelta(days=self.random.choice([0, 0, 10, 40])) + self.hair()
        company = self.random.choice(zones)
        return World(
            deals=[self.deal(number) for number in range(self.random.randrange(1, 30))],
            orgs=[self.org(id_) for id_ in ("o1", "o2", "o3")],
            subs=[self.sub(number) for number in range(self.random.randrange(1, 25))],
            company=company,
            source=self.random.choice([company, *zones]),
            as_of=(as_of - BEGINNING) // HAIR,
        )

    def windows(self) -> list[str]:
        """A few windows, in any order."""
        return self.random.sample(LABELS, self.random.randrange(1, 4))

    def metrics(self) -> list[str]:
        """Some of all metrics: a company would not have so many."""
        return self.random.sample(sorted(METRICS), 14)


def written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def csv_text(rows: Sequence[Row], names: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def results_of(root: Path, world: World, windows: Sequence[str], metrics: Sequence[str]) -> tuple[Results, Results]:
    """The tables as files, through the whole road: each dimension alone, and all of them at once."""
    write_project(
        root,
        DOCUMENTS.format(company=world.company) + "".join(METRICS[id_][0] for id_ in metrics),
        {"org": csv_text(world.orgs, ORG), "deal": csv_text(world.deals, DEAL), "sub": csv_text(world.subs, SUB)},
        settings=f'timezone = "{world.source}"\n',
    )
    alone = measured(root, *windows, as_of=iso_utc(world.as_of))
    made = open_sound_project(root).project
    asked = Asked(world.as_of, tuple(windows))

    def crossed(project: Project) -> list[Measure]:
        return [replace(measure, is_crossed=True) for measure in project.measures]

    with prepared(made.root, made.tables, made.config.sources, made.timezone) as data:
        together, _ = evaluate(made, data, data.engine, asked, crossed)
    return alone, replace(alone, results=together)


def compare(chance: Chance) -> None:
    """Every cell of every metric in every window, and what is in no window."""
    world, windows, metrics = chance.world(), chance.windows(), chance.metrics()
    with TemporaryDirectory() as folder:
        alone, crossed = results_of(Path(folder) / "p", world, windows, metrics)
    for id_ in metrics:
        one = METRICS[id_][1]
        for label in windows:
            for results, is_crossed in ((alone, False), (crossed, True)):
                expected = expected_cells(world, one, label, is_crossed)
                assert differences(metric_cells(results, id_, label), expected) == [], (id_, label, is_crossed)
        if isinstance(one, Counted):
            told = [f.count for f in alone.findings if f.code == "AAC510" and f.doc == f"metric:{id_}"]
            assert told == [n for n in [without_moment(world, one)] if n], id_


@pytest.mark.parametrize("seed", range(40))
def test_any_tables(seed: int) -> None:
    compare(Chance(seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1800))
def test_very_many_tables(seed: int) -> None:
    compare(Chance(seed))

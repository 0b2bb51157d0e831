"""The product beside the oracle of clocks, on random promises in all zones, all the way (LANGUAGE §6, §7)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from aac.periods import iso_utc, parse_moment
from tests.clock_projects import told
from tests.oracle.business_time import PlainCalendar
from tests.oracle.clock_cases import PROMISES, ZONES, Batch, Case, batch
from tests.oracle.clocks import Item, World, answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clock_projects import Told
    from tests.oracle.clocks import Answer

SHOWN = 5
"""How many disagreements a failing test tells in full."""


def disagreements(found: Batch, product: dict[str, Told]) -> list[str]:
    """What the product says otherwise than the oracle, item by item."""
    told: list[str] = []
    for case in found.cases:
        expected, actual = answer(found.world, PROMISES[case.promise], case.item, found.as_of), product.get(case.key)
        if actual is None or differs(expected, actual):
            told.append(told_apart(found, case, expected, actual))
    return told


def differs(expected: Answer, actual: Told) -> bool:
    """Whether the two say something else of an item. Those late or open of which time was used have to be listed."""
    is_to_list = expected.outcome == "late" or (expected.outcome == "open" and bool(expected.used))
    return (
        (actual.outcome, actual.outside_hours) != (expected.outcome, expected.outside_hours)
        or (is_to_list and not actual.is_listed)
        or (actual.is_listed and (actual.used, actual.due) != (expected.used, expected.due))
    )


def told_apart(found: Batch, case: Case, expected: Answer, actual: Told | None) -> str:
    """A disagreement with all that the item rests on."""

    def text(moment: int | None) -> str:
        is_date = moment is not None and PROMISES[case.promise].clock == "dates"
        return "unknown" if moment is None else str(moment) if is_date else iso_utc(moment)

    item, calendar = case.item, found.world.calendars.get(case.item.calendar or "")
    pauses = ", ".join(f"{text(begin)} to {text(end)}" for begin, end in item.pauses)
    return (
        f"{case.key}: {case.promise} in {calendar.timezone if calendar else None}, company in {found.world.company}:"
        f"\n  from {text(item.start)} to {text(item.end)}, as of {iso_utc(found.as_of)}, paused {pauses or 'never'}"
        f"\n  oracle {expected}\n  product {actual}\n  {calendar}"
    )


def agrees(root: Path, seed: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of odd seeds are promised by table."""
    found = batch(seed, size)
    wrong = disagreements(found, told(root, found, monkeypatch, is_table=seed % 2 == 1))
    assert not wrong, "\n".join([f"{len(wrong)} of {size} disagree", *wrong[:SHOWN]])


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_the_oracle(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """5,000 cases."""
    agrees(tmp_path / "p", seed, 1250, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_agrees_with_the_oracle_for_long(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 cases."""
    agrees(tmp_path / "p", seed, 5000, monkeypatch)


def test_the_long_run_is_in_all_zones() -> None:
    counted = Counter(batch(seed, 0).world.company for seed in range(100, 120))
    assert counted.keys() == set(ZONES)


def test_disagreements_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An item that began a hair later is another one, if it is listed."""
    found = batch(1, 300)
    product = told(tmp_path / "p", found, monkeypatch, is_table=True)
    assert not disagreements(found, product)
    later = [
        case._replace(item=case.item._replace(start=case.item.start and case.item.start + 1)) for case in found.cases
    ]
    assert len(disagreements(Batch(found.world, found.as_of, later), product)) > 50
    assert len(disagreements(found, {})) == 300


# By hand

BERLIN = "Europe/Berlin"
AT_CLOSING = {
    "undisturbed": ("2026-03-04T17:00:00.000001", "", "late", "2026-03-04T17:00"),
    "in_time": ("2026-03-04T17:00", "2026-03-04T18:00/2026-03-05T10:00", "met", None),
    "over_by_the_start": (
        "2026-03-04T17:00:00.000001",
        "2026-03-02T10:00/2026-03-02T12:00",
        "late",
        "2026-03-04T17:00",
    ),
    "at_night": ("2026-03-04T20:00", "2026-03-03T19:00/2026-03-04T07:00", "late", "2026-03-04T17:00"),
    "at_the_deadline": ("2026-03-05T10:00", "2026-03-04T17:00/2026-03-05T10:00", "late", "2026-03-04T17:00"),
    "after_the_deadline": ("2026-03-05T10:00", "2026-03-05T09:00/2026-03-05T12:00", "late", "2026-03-04T17:00"),
    "moved": ("2026-03-05T10:00", "2026-03-04T16:00/2026-03-04T20:00", "met", None),
    "moved_too_far": ("2026-03-05T10:00:00.000001", "2026-03-04T16:00/2026-03-04T20:00", "late", "2026-03-05T10:00"),
    "moved_on": ("2026-03-05T11:00:00.000001", "2026-03-04T16:00/2026-03-05T10:00", "late", "2026-03-05T11:00"),
}
"""Done, paused, and what follows, for starts before opening on Tuesday with one business day: due on Wednesday when it
closes,
unless open time is paused until then."""


def test_pauses_move_a_deadline_at_closing_by_open_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def us(text: str) -> int:
        return parse_moment(text, BERLIN)

    def case(key: str, done: str, paused: str) -> Case:
        begin, _, end = paused.partition("/")
        pauses = ((us(begin), us(end)),) if paused else ()
        return Case(key, "1 business days", True, Item(us("2026-03-03T07:00"), us(done), "desk", pauses))

    desk = PlainCalendar(BERLIN, dict.fromkeys(range(5), ((540, 1020),)))
    world = World(BERLIN, BERLIN, {"desk": desk}, us("2026-01-01"), us("2026-12-31"))
    found = Batch(world, us("2026-03-20"), [case(key, *rest[:2]) for key, rest in AT_CLOSING.items()])
    product = told(tmp_path / "p", found, monkeypatch, is_table=False)
    actual = {key: (each.outcome, each.due and iso_utc(each.due)) for key, each in product.items()}
    assert actual == {key: (how, due and iso_utc(us(due))) for key, (_, _, how, due) in AT_CLOSING.items()}
    assert not disagreements(found, product)

"""Larkspur's customers at both ends of a span, and the numbers that are made of other numbers.

Keys are accounts. A record is in force from the day after it begins until its last day; what is paid is summed up for
each account at either end, and whoever has a record whose price is unknown is left out and counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.oracle.counting import Group, Sides, in_order
from tests.oracle.exact import fraction_text
from tests.oracle.larkspur_numbers import (
    Fact,
    Number,
    World,
    added,
    exact,
    in_force,
    judged_cell,
    over,
    segment_of,
    status_of,
)

if TYPE_CHECKING:
    from tests.oracle.larkspur_ledgers import Record


@dataclass(slots=True)
class End:
    """What an account has in force at one end; a sum is null when a part of it is."""

    contracts: int = 0
    mrr: Fraction | None = Fraction(0)
    seats: Fraction | None = Fraction(0)

    def add(self, record: Record) -> None:
        self.contracts += 1
        self.mrr = _plus(self.mrr, exact(record["mrr"]))
        self.seats = _plus(self.seats, exact(record["seats"]))


def _plus(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one + other


@dataclass(frozen=True, slots=True)
class Key:
    """An account; ``is_new``: its very first contract began in the window or later."""

    opening: End
    closing: End
    is_new: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A metric over keys: what is ``read`` of one (null if unknown), whether it ``counts``, and what becomes of all."""

    id: str
    span: int
    read: Callable[[Key], Any]
    formula: Callable[[Sequence[Any]], Sides]
    by: Mapping[str, Callable[[Record], str | None]]
    is_of_sold: bool = False
    at_least: Fraction | None = None
    at_most: Fraction | None = None


BY_SEGMENT: Mapping[str, Callable[[Any], str | None]] = {"segment": lambda record: segment_of(record["account"])}
BY_CLOSER: Mapping[str, Callable[[Any], str | None]] = {"closed_by": lambda record: closer(record["opportunity"])}


def closer(deal: Any) -> str | None:
    return deal.owner.id if deal and deal.owner else None


def both_ends(key: Key) -> tuple[Fraction, Fraction] | None:
    opening, closing = key.opening.mrr, key.closing.mrr
    return None if opening is None or closing is None else (opening, closing)


def seats(key: Key) -> tuple[Fraction, Fraction] | None:
    opening, closing = key.opening.seats, key.closing.seats
    return None if opening is None or closing is None else (opening, closing)


def presence(key: Key) -> tuple[int, int]:
    return key.opening.contracts, key.closing.contracts


def began(key: Key) -> tuple[int, Fraction] | None:
    """With how many contracts it was there before, and what a new one pays."""
    paid = key.closing.mrr if key.is_new else Fraction(0)
    return None if paid is None else (key.opening.contracts, paid)


def came_back(key: Key) -> tuple[int, Fraction] | None:
    paid = Fraction(0) if key.is_new else key.closing.mrr
    return None if paid is None else (key.opening.contracts, paid)


def started(key: Key) -> tuple[int, Fraction] | None:
    return None if key.closing.mrr is None else (key.opening.contracts, key.closing.mrr)


def left(key: Key) -> tuple[int, Fraction] | None:
    return None if key.opening.mrr is None else (key.closing.contracts, key.opening.mrr)


def with_presence(key: Key) -> tuple[int, int, Fraction, Fraction] | None:
    ends = both_ends(key)
    return None if ends is None else (*presence(key), *ends)


def total(values: Iterable[Fraction]) -> Fraction | None:
    return added(list(values))[0]


def gross(keys: Sequence[tuple[Fraction, Fraction]]) -> Sides:
    return over(total(min(ends) for ends in keys), total(opening for opening, _ in keys))


def net(keys: Sequence[tuple[Fraction, Fraction]]) -> Sides:
    return over(total(closing for opening, closing in keys if opening > 0), total(opening for opening, _ in keys))


def lost(keys: Sequence[tuple[int, int]]) -> Sides:
    there = [closing for opening, closing in keys if opening > 0]
    return over(Fraction(sum(closing == 0 for closing in there)), Fraction(len(there)))


def emptied(keys: Sequence[tuple[Fraction, Fraction]]) -> Sides:
    return over(total(max(opening - closing, Fraction(0)) for opening, closing in keys), total(o for o, _ in keys))


def of_absent(factor: int) -> Callable[[Sequence[tuple[int, Fraction]]], Sides]:
    """The sum over those who are absent at the other end."""
    return lambda keys: (total(factor * paid for contracts, paid in keys if contracts == 0), None, None)


def grown(keys: Sequence[tuple[int, int, Fraction, Fraction]]) -> Sides:
    return total(max(12 * (c - o), Fraction(0)) for there, _, o, c in keys if there > 0), None, None


def shrunk(keys: Sequence[tuple[int, int, Fraction, Fraction]]) -> Sides:
    return total(max(12 * (o - c), Fraction(0)) for there, still, o, c in keys if there > 0 and still > 0), None, None


def moved(keys: Sequence[tuple[Fraction, Fraction]]) -> Sides:
    opening, closing = total(o for o, _ in keys), total(c for _, c in keys)
    return (None if opening is None or closing is None else closing - opening), None, None


KEPT = (
    Kept("gross_retention", 12, both_ends, gross, BY_SEGMENT, at_least=Fraction(88, 100)),
    Kept("net_retention", 12, both_ends, net, BY_SEGMENT, at_least=Fraction(1)),
    Kept("logo_churn", 12, presence, lost, BY_SEGMENT, at_most=Fraction(15, 100)),
    Kept("seat_churn", 12, seats, emptied, BY_SEGMENT),
    Kept("own_deals_kept", 6, both_ends, gross, BY_CLOSER, is_of_sold=True),
    Kept("new_arr", 1, began, of_absent(12), BY_SEGMENT),
    Kept("reactivated_arr", 1, came_back, of_absent(12), BY_SEGMENT),
    Kept("churned_arr", 1, left, of_absent(12), BY_SEGMENT),
    Kept("expansion_arr", 1, with_presence, grown, BY_SEGMENT),
    Kept("contraction_arr", 1, with_presence, shrunk, BY_SEGMENT),
    Kept("new_mrr", 1, started, of_absent(1), {}),
    Kept("net_new_mrr", 1, both_ends, moved, {}),
)


def earlier(day: date, months: int) -> date:
    """The same day of an earlier month, or its last one."""
    place = day.year * 12 + day.month - 1 - months
    first = date(place // 12, place % 12 + 1, 1)
    following = date((place + 1) // 12, (place + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def ends_of(world: World, label: str, span: int) -> tuple[date, date]:
    """The first days behind the opening and behind the closing."""
    closing = world.end_of(label)
    if world.frame.is_over(label):
        return earlier(closing, span), closing
    return earlier(closing - timedelta(days=1), span) + timedelta(days=1), closing


def kept_cells(kept: Kept, world: World, label: str) -> list[dict[str, Any]]:
    """The cells of a window: the total over all records, a group over those with its value."""
    opens, closes = ends_of(world, label, kept.span)
    found: defaultdict[Group, list[Record]] = defaultdict(list)
    for record in world.books.of("subscription"):
        if kept.is_of_sold and not record["opportunity"]:
            continue
        if any(in_force(record["start_date"], record["end_date"], end) for end in (opens, closes)):
            for group in ((), *(((name, value(record)),) for name, value in kept.by.items())):
                found[group].append(record)
    days = world.frame.range(label)
    assert days is not None
    number = Number(
        kept.id, lambda _: (), kept.formula, at_least=kept.at_least, at_most=kept.at_most, min_n=20, leaves_out=True
    )
    return [
        judged_cell(number, group, facts_of(kept, records, opens, closes, days[0], world), label, world.frame)
        for group, records in in_order(found)
    ]


def facts_of(kept: Kept, records: Sequence[Record], opens: date, closes: date, first: date, world: World) -> list[Fact]:
    """The keys of a group; a record without an account is none, and unknown."""
    keys: dict[str, Key] = {}
    keyless = 0
    for record in records:
        account = record["account"]
        if account is None:
            keyless += 1
            continue
        since = world.subscribed_since[account.id]
        key = keys.setdefault(account.id, Key(End(), End(), since >= first))
        if in_force(record["start_date"], record["end_date"], opens):
            key.opening.add(record)
        if in_force(record["start_date"], record["end_date"], closes):
            key.closing.add(record)
    read = [kept.read(key) for key in keys.values()]
    facts = [Fact(True, {}, value) if value is not None else Fact(True, {}, None, is_clear=False) for value in read]
    return [*facts, *[Fact(None, {})] * keyless]


# Numbers of numbers

Cells = Mapping[Group, Mapping[str, Any]]
Values = Sequence[Fraction | None]


@dataclass(frozen=True, slots=True)
class Derived:
    """A formula over the values of other numbers; it sees null where one is missing."""

    id: str
    inputs: tuple[str, ...]
    formula: Callable[[Values], Sides]
    is_by: tuple[str, ...] = ()
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    min_n: int = 1


MARGIN = Fraction(78, 100)
"""`[param] gross_margin` in aac.toml."""


def net_new(values: Values) -> Sides:
    new, back, more, less, gone = values
    if new is None or back is None or more is None or less is None or gone is None:
        return None, None, None
    return new + back + more - less - gone, None, None


def cost_each(values: Values) -> Sides:
    return over(*values)


def months_to_pay(values: Values) -> Sides:
    spent, new = values
    return over(spent, _times(new, MARGIN))


def yearly_for_spent(values: Values) -> Sides:
    spent, new = values
    return over(Fraction(12), over(spent, new)[0])


def velocity(values: Values) -> Sides:
    deals, rate, deal, days = values
    return over(_times(_times(deals, rate), deal), days)


ARR_MOVES = ("new_arr", "reactivated_arr", "expansion_arr", "contraction_arr", "churned_arr")
VELOCITY = ("open_deals", "win_rate", "average_deal", "sales_cycle")
DERIVED = (
    Derived("net_new_arr", ARR_MOVES, net_new, is_by=("segment",), at_least=Fraction(300_000)),
    Derived("acquisition_cost", ("winning_spend", "new_customers"), cost_each, at_most=Fraction(20_000), min_n=5),
    Derived("payback", ("winning_spend", "new_mrr"), months_to_pay),
    Derived("sales_efficiency", ("winning_spend", "net_new_mrr"), yearly_for_spent),
    Derived("sales_velocity", VELOCITY, velocity, is_by=("segment",)),
)


def _times(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one * other


def derived_cells(derived: Derived, cells: Mapping[str, Cells], *, is_over: bool) -> list[dict[str, Any]]:
    """The cells of a window by groups, of its inputs' cells; what rests on nobody at all is left out."""
    names = {group for of in cells.values() for group in of if not group or group[0][0] in derived.is_by}
    found: dict[Group, dict[str, Any]] = {}
    for group in names:
        sides = [cells[name].get(group) for name in derived.inputs]
        values = [None if side is None or side["value"] is None else Fraction(side["value"]) for side in sides]
        value, numerator, denominator = derived.formula(values)
        n = min(0 if side is None else side["n"] for side in sides)
        found[group] = {
            "by": dict(group),
            "value": fraction_text(value),
            "numerator": fraction_text(numerator),
            "denominator": fraction_text(denominator),
            "n": n,
            "unknown": sum(side["unknown"] for side in sides if side is not None),
        }
        if is_over and not group and value is not None:
            limits = Number(derived.id, lambda _: (), velocity, "", derived.at_least, derived.at_most, derived.min_n)
            found[group]["status"] = status_of(limits, value, n if denominator is None else denominator)
    return [cell for _, cell in in_order(found) if cell["n"] or cell["unknown"]]

"""What the oracles share: moments, three-valued logic and how expected numbers are written down.

Moments are microseconds (UTC, since 1970). Fractions are written as ``"4238/6711"``, whole numbers as ``"6711"``.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def to_us(moment: datetime) -> int:
    """An aware datetime as microseconds."""
    return (moment - EPOCH) // MICROSECOND


def utc_text(us: int | None) -> str | None:
    """``2026-03-02T04:58:41Z``, with microseconds only where there are any."""
    return None if us is None else (EPOCH + us * MICROSECOND).isoformat().replace("+00:00", "Z")


def both(*rules: bool | None) -> bool | None:
    """SQL's ``and``: false beats unknown, unknown beats true."""
    return False if False in rules else None if None in rules else True


def either(*rules: bool | None) -> bool | None:
    """SQL's ``or``: true beats unknown, unknown beats false."""
    return True if True in rules else None if None in rules else False


def middle(values: Sequence[Fraction]) -> Fraction | None:
    """The median: of an even number of values, half-way between the two in the middle."""
    return Fraction(median(values)) if values else None


def fraction_text(value: Fraction | int | None) -> str | None:
    """``3/4``, ``2`` or null."""
    return None if value is None else str(Fraction(value))


def write_expected(path: Path, expected: Json) -> None:
    """Writes JSON that stays readable in a diff: one cell, one late item or one flat object a line."""
    path.write_text("\n".join(_lines(expected, "")) + "\n", encoding="utf-8")


def _lines(value: Json, indent: str, name: str = "") -> Iterator[str]:
    if isinstance(value, dict) and not _stands_on_one_line(value):
        yield from _block([(f"{json.dumps(key)}: ", inner) for key, inner in value.items()], indent, name, "{}")
    elif isinstance(value, list) and not _stands_on_one_line(value):
        yield from _block([("", inner) for inner in value], indent, name, "[]")
    else:
        yield f"{indent}{name}{json.dumps(value, ensure_ascii=False)}"


def _block(entries: Sequence[tuple[str, Json]], indent: str, name: str, brackets: str) -> Iterator[str]:
    yield f"{indent}{name}{brackets[0]}"
    for place, (inner_name, inner) in enumerate(entries, 1):
        *first, last = _lines(inner, f"{indent} ", inner_name)
        yield from first
        yield last + ("," if place < len(entries) else "")
    yield f"{indent}{brackets[1]}"


def _stands_on_one_line(value: dict[str, Json] | list[Json]) -> bool:
    inner = value if isinstance(value, list) else list(value.values())
    is_cell = isinstance(value, dict) and "by" in value
    return is_cell or not any(isinstance(item, dict | list) for item in inner)

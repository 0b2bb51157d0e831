"""Questions in Salesforce's own language, SOQL: what they select, and where they begin."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


def moment(at: datetime) -> str:
    """A moment as a literal; Salesforce keeps none finer than milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def text(value: str) -> str:
    """A text as a literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def select(fields: Sequence[str], object: str, conditions: Iterable[str] = (), order: Sequence[str] = ()) -> str:
    """A question; all ``conditions`` hold at once."""
    told = f"SELECT {', '.join(fields)} FROM {object}"
    where = " AND ".join(conditions)
    told += f" WHERE {where}" if where else ""
    return told + (f" ORDER BY {', '.join(order)}" if order else "")


def behind(cursor: str, at: str, id: str) -> str:
    """That a record comes behind another one, by a moment and, between those of one moment, by its id."""
    return f"(({cursor} = {at} AND Id > {text(id)}) OR {cursor} > {at})"


def among(field: str, values: Iterable[str]) -> str:
    """That a field holds one of some texts."""
    return f"{field} IN ({', '.join(map(text, values))})"

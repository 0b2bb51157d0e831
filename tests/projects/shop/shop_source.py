"""A dlt source of records that lie in a file, as a source of somebody else is: installed, and known by its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlt

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS: dict[str, Any] = {
    "id": {"data_type": "bigint"},
    "text": {"data_type": "text"},
    "at": {"data_type": "timestamp"},
}


@dlt.source
def shop(file: str = dlt.config.value, key: str = "") -> Any:
    """Records with the columns that the file names first; and what they ordered, each with its items."""

    @dlt.resource
    def record() -> Iterator[Any]:
        with Path(file).open(encoding="utf-8") as lines:
            columns = json.loads(next(lines))
            rows = [dict.fromkeys(columns) | json.loads(line) for line in lines]
        types: Any = {
            name: {"data_type": "text" if isinstance(value, str) else "bigint"} for name, value in columns.items()
        }
        yield dlt.mark.with_hints([], dlt.mark.make_hints(columns=COLUMNS | types))
        yield rows

    @dlt.resource
    def order() -> Iterator[Any]:
        if key == "wrong":
            raise PermissionError(f"the key {key} opens nothing")
        yield {
            "id": 1,
            "Placed At": "2026-03-02T10:00:00+01:00",
            "amount": 12.5,
            "paid": True,
            "items": [{"sku": "a"}, {"sku": "b"}],
        }
        yield {"id": 2, "amount": None, "paid": False, "items": [], "buyer": {"name": "Ada", "vip": None}}

    return record, order


def nobody(file: str) -> None:
    """No source of dlt: whoever calls it has called what he should not."""
    Path(file).unlink()

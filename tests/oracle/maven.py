"""The real CRM export of Maven Analytics, worked out in plain Python and, for the clock, in hand-written SQL too.

`python -m tests.oracle.maven` writes `tests/expected/maven.json`: numbers only, because the data may not be shipped.
The documents are `tests/projects/maven/`; the data lies beside the repository (`AAC_SHARED`, or `../shared`).
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.oracle.counting import (
    OUTCOMES,
    By,
    Counted,
    Metric,
    Promise,
    Sla,
    centre,
    mean,
    measure_metric,
    measure_sla,
    number,
    share,
    total,
)
from tests.oracle.exact import DAY_US, utc_text, write_expected
from tests.oracle.windows import ALL, Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    Rule = Callable[["Deal"], bool]

ROOT = Path(__file__).parents[2]
EXPECTED = ROOT / "tests" / "expected" / "maven.json"
ZONE = "UTC"
REPAIRED = {"GTXPro": "GTX Pro"}


def data_folder() -> Path:
    """Where the export lies, if it is there."""
    return Path(os.environ.get("AAC_SHARED", ROOT.parent / "shared")) / "data" / "maven_crm"


@dataclass(frozen=True, slots=True)
class Deal:
    """A row of `sales_pipeline.csv`; ``series`` is that of the product as spelt, ``repaired_series`` after the map."""

    id: str
    office: str
    product: str
    series: str | None
    repaired_series: str | None
    has_account: bool
    stage: str
    engaged: date | None
    closed: date | None
    value: Fraction | None

    @property
    def is_closed(self) -> bool:
        return self.stage in ("Won", "Lost")

    @property
    def is_won(self) -> bool:
        return self.stage == "Won"


@dataclass(frozen=True, slots=True)
class Export:
    """The four files; ``as_of`` is the first moment after the last close date."""

    deals: list[Deal]
    accounts: int
    agents: int
    products: int
    as_of_date: date


def read_export(folder: Path) -> Export:
    """The export as records. An empty cell is no value."""
    series = {row["product"]: row["series"] for row in _rows(folder, "products")}
    offices = {row["sales_agent"]: row["regional_office"] for row in _rows(folder, "sales_teams")}
    accounts = {row["account"] for row in _rows(folder, "accounts")}
    deals = [
        Deal(
            id=row["opportunity_id"],
            office=offices[row["sales_agent"]],
            product=row["product"],
            series=series.get(row["product"]),
            repaired_series=series[REPAIRED.get(row["product"], row["product"])],
            has_account=row["account"] in accounts,
            stage=row["deal_stage"],
            engaged=_date(row["engage_date"]),
            closed=_date(row["close_date"]),
            value=Fraction(row["close_value"]) if row["close_value"] else None,
        )
        for row in _rows(folder, "sales_pipeline")
    ]
    last = max(deal.closed for deal in deals if deal.closed)
    return Export(deals, len(accounts), len(offices), len(series), last + timedelta(days=1))


def _rows(folder: Path, stream: str) -> list[dict[str, str]]:
    with (folder / f"{stream}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def sla(export: Export, frame: Frame, grain: str) -> Sla:
    """`close_in_60_days`: nobody agreed an objective."""
    promises = [
        Promise(
            key=deal.id,
            belongs=True,
            starts=frame.midnight(deal.engaged) if deal.engaged else None,
            stops=frame.midnight(deal.closed) if deal.closed else None,
            by={"office": deal.office},
        )
        for deal in export.deals
    ]
    return Sla("close_in_60_days", 60 * DAY_US, None, promises, counts_days=True, grain=grain)


def metrics(export: Export, grain: str) -> list[Metric]:
    """`tests/projects/maven/alignment/metrics/`; `revenue` twice: with products as spelt, and repaired by the map."""

    def over(belongs: Rule, by: Callable[[Deal], By], **reads: Callable[[Deal], Any]) -> list[Counted]:
        return [
            Counted(deal.closed, belongs(deal), by(deal), **{name: read(deal) for name, read in reads.items()})
            for deal in export.deals
        ]

    def office(deal: Deal) -> By:
        return {"office": deal.office}

    def value(deal: Deal) -> Fraction | None:
        return deal.value

    def closed(deal: Deal) -> bool:
        return deal.is_closed

    def won(deal: Deal) -> bool:
        return deal.is_won

    def cycle(deal: Deal) -> Fraction | None:
        return Fraction((deal.closed - deal.engaged).days) if deal.closed and deal.engaged else None

    as_spelt = over(won, lambda deal: {"office": deal.office, "series": deal.series}, value=value)
    repaired = over(won, lambda deal: {"office": deal.office, "series": deal.repaired_series}, value=value)
    return [
        Metric("closed", "count", number, over(closed, office), grain=grain),
        Metric("won", "count", number, over(won, office), grain=grain),
        Metric("win_rate", "percent", share, over(closed, office, rule=won), grain=grain),
        Metric("revenue", "USD", total, as_spelt, grain=grain),
        Metric("revenue_repaired", "USD", total, repaired, grain=grain),
        Metric("average_deal", "USD", mean, over(won, office, value=value), grain=grain),
        Metric("cycle", "days", centre, over(won, office, value=cycle), grain=grain),
    ]


# An item without an engage date is in no month; a clock between dates is late once its last day is over.
CLOCK_SQL = """
WITH deal AS (
  SELECT engage_date AS starts, close_date AS stops, coalesce(strftime(engage_date, '%Y-%m'), 'unplaced') AS month
  FROM read_csv(?, header = true, nullstr = '', types = {'engage_date': 'DATE', 'close_date': 'DATE'})
),
as_of AS (SELECT max(stops) + 1 AS today FROM deal)
SELECT month,
  count(*) FILTER (stops - starts BETWEEN 0 AND 60) AS met,
  count(*) FILTER (coalesce(stops, today) - starts > 60) AS late,
  count(*) FILTER (stops IS NULL AND today - starts <= 60) AS open,
  count(*) FILTER (starts IS NULL OR stops < starts) AS unmeasurable
FROM deal, as_of GROUP BY month ORDER BY month
"""


def clock_by_sql(folder: Path) -> dict[str, dict[str, int]]:
    """Met, late, open and unmeasurable deals by month of engagement, in DuckDB."""
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute(CLOCK_SQL, [str(folder / "sales_pipeline.csv")]).fetchall()
    return {row[0]: dict(zip(("met", "late", "open", "unmeasurable"), row[1:], strict=True)) for row in rows}


def counts_only(measured: dict[str, Any]) -> dict[str, Any]:
    """A promise without the keys of its late items: how many seconds they used together instead."""
    for window in measured["windows"].values():
        window["late_seconds"] = sum(item["seconds"] for item in window.pop("late_items"))
    return measured


def expected(folder: Path) -> dict[str, Any]:
    """The whole of `tests/expected/maven.json`. Python and SQL must agree on the clock."""
    export = read_export(folder)
    frame = Frame(0, ZONE)
    frame = Frame(frame.midnight(export.as_of_date), ZONE)
    by_month = counts_only(measure_sla(sla(export, frame, "month"), frame))
    in_sql = clock_by_sql(folder)
    for label, window in by_month["windows"].items():
        counted = {name: window["cells"][0][name] for name in OUTCOMES if name != "excused"}
        assert counted == in_sql.pop(label), f"{label}: Python and SQL disagree"
    assert not in_sql
    deals = export.deals
    return {
        "as_of": utc_text(frame.as_of),
        "entities": {
            "opportunity": len(deals),
            "account": export.accounts,
            "agent": export.agents,
            "product": export.products,
        },
        "unknown_products": dict(Counter(deal.product for deal in deals if deal.series is None)),
        "without_account": sum(not deal.has_account for deal in deals),
        "without_engage_date": sum(deal.engaged is None for deal in deals),
        "slas": {
            "close_in_60_days": {
                "month": by_month,
                "all": counts_only(measure_sla(sla(export, frame, ALL), frame)),
            }
        },
        "metrics": {
            grain: {metric.id: measure_metric(metric, frame) for metric in metrics(export, grain)}
            for grain in (ALL, "month")
        },
    }


if __name__ == "__main__":
    write_expected(EXPECTED, expected(data_folder()))

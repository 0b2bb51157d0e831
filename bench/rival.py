#!/usr/bin/env python3
"""The hand-written rival of `aac check`: one first-touch promise and ten metrics as the fastest SQL known to us.

    python bench/rival.py DIR/crm.duckdb

Returns as JSON what `aac check --window last --window current` says of `tests/projects/bench/` on the same data: the
promise with its counts by total, segment and region and its first fifty late leads, each metric by total, channel and
segment. It may know what a product may not: that four hours fit into one working day, that no opening crosses midnight
once shifted by its region's standard offset, that nothing is newer than `AS_OF`, that the keys are whole numbers.
"""

from __future__ import annotations

import json
import sys

import duckdb

AS_OF = "TIMESTAMP '2026-01-01'"
SINCE = "TIMESTAMP '2025-12-01'"  # the window `last`; `current` begins at as_of, so that nothing is in it
WINDOWS = {"last": "2025-12", "current": "2026-01"}
PROMISED = 4 * 3600 * 1_000_000


# One row a region and local day under one dense key: a moment finds it by (moment + standard offset) // one day.
def calendar(since: str) -> str:
    """The SQL of the tables `zone` and `cal`, of the days from ``since`` on."""
    return f"""
CREATE OR REPLACE TEMP TABLE zone AS
SELECT id AS rid, region, tz, least(
  epoch_us(timezone('UTC', TIMESTAMP '2025-01-01')) - epoch_us(timezone(tz, TIMESTAMP '2025-01-01')),
  epoch_us(timezone('UTC', TIMESTAMP '2025-07-01')) - epoch_us(timezone(tz, TIMESTAMP '2025-07-01'))) AS off
FROM regions;
CREATE OR REPLACE TEMP TABLE cal AS
WITH day AS (
  SELECT rid, day::DATE AS day, epoch_us(timezone(tz, day + INTERVAL 9 HOUR)) AS opens,
    epoch_us(timezone(tz, day + INTERVAL 18 HOUR)) AS closes,
    isodow(day) < 6 AND NOT EXISTS (FROM holidays h WHERE h.region = zone.region AND h.day = t.day::DATE) AS is_open
  FROM zone, range({since} - INTERVAL 2 DAY, {AS_OF} + INTERVAL 14 DAY, INTERVAL 1 DAY) t(day)
)
SELECT (rid * 32768 + (day - DATE '1970-01-01'))::INT AS key, opens, if(is_open, closes, opens) AS closes,
  coalesce(sum(if(is_open, closes - opens, 0)) OVER before, 0)::BIGINT AS worked,
  min(opens) FILTER (is_open) OVER after AS next_opens
FROM day
WINDOW before AS (PARTITION BY rid ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
  after AS (PARTITION BY rid ORDER BY day ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING);
"""


ITEMS = f"""
CREATE TEMP TABLE item AS
WITH mql AS MATERIALIZED (
  SELECT l.id, l.segment, u.region, epoch_us(l.mql_at) AS starts, off, (rid * 32768)::BIGINT AS base
  FROM leads l LEFT JOIN users u ON u.id = l.owner_id LEFT JOIN zone USING (region)
  WHERE l.mql_at >= {SINCE} AND l.mql_at < {AS_OF}
),
touch AS (
  SELECT a.lead_id AS id, min(epoch_us(a.occurred_at)) AS stops
  FROM activities a JOIN mql ON mql.id = a.lead_id AND epoch_us(a.occurred_at) >= mql.starts
  WHERE a.occurred_at >= {SINCE} AND a.type IN ('email', 'call', 'linkedin', 'meeting')
  GROUP BY 1
),
used AS (
  SELECT mql.id, segment, region, starts, stops,
    b.worked + greatest(0, least(coalesce(stops, epoch_us({AS_OF})), b.closes) - b.opens)
      - a.worked - greatest(0, least(starts, a.closes) - a.opens) AS used,
    greatest(0, a.closes - greatest(starts, a.opens)) AS left_that_day, greatest(starts, a.opens) AS begins,
    a.next_opens, starts < a.opens OR starts >= a.closes AS starts_outside, stops < b.opens OR stops >= b.closes
      AS stops_outside
  FROM mql LEFT JOIN touch USING (id)
  LEFT JOIN cal a ON a.key = (base + (starts + off) // 86400000000)::INT
  LEFT JOIN cal b ON b.key = (base + (coalesce(stops, epoch_us({AS_OF})) + off) // 86400000000)::INT
)
SELECT id, segment, region, starts, stops, used,
  if(left_that_day > {PROMISED}, begins + {PROMISED}, next_opens + {PROMISED} - left_that_day) AS due,
  CASE WHEN used IS NULL THEN 'unmeasurable' WHEN used > {PROMISED} THEN 'late' WHEN stops IS NULL THEN 'open'
    ELSE 'met' END AS outcome,
  outcome = 'met' AND used = 0 AND starts_outside AND stops_outside AS is_outside
FROM used
"""

COUNTS = """
SELECT grouping(segment, region) AS level, segment, region, count(*) FILTER (outcome = 'met') AS met,
  count(*) FILTER (outcome = 'late') AS late, count(*) FILTER (outcome = 'open') AS open,
  count(*) FILTER (outcome = 'unmeasurable') AS unmeasurable, count(*) FILTER (is_outside) AS outside_hours
FROM item GROUP BY GROUPING SETS ((), (segment), (region))
"""

LATE = """
SELECT id, starts, due, stops, used // 1000000 AS seconds FROM item WHERE outcome = 'late' ORDER BY id LIMIT 50
"""

# One scan for all metrics of a table and moment: name -> (value, numerator, denominator), and the population's size.
COUNT = ("count(*)", None, None)
SCANS = [
    (
        "leads WHERE created_at >= {since} AND created_at < {as_of}",
        "count(*)",
        {
            "leads": COUNT,
            "lead_to_mql": ("count(mql_at) / count(*)", "count(mql_at)", "count(*)"),
            "avg_score": ("sum(score) / count(score)", None, None),
        },
    ),
    ("leads WHERE mql_at >= {since} AND mql_at < {as_of}", "count(*)", {"mqls": COUNT}),
    (
        "opportunities WHERE created_at >= {since} AND created_at < {as_of}",
        "count(*)",
        {"opps": COUNT, "pipeline_created": ("sum(amount)", None, None)},
    ),
    (
        "opportunities WHERE closed_at >= {since} AND closed_at < {as_of}",
        "count(*)",
        {
            "closed": COUNT,
            "win_rate": ("count(*) FILTER (won) / count(won)", "count(*) FILTER (won)", "count(won)"),
        },
    ),
    (
        "opportunities WHERE closed_at >= {since} AND closed_at < {as_of} AND won",
        "count(*)",
        {
            "bookings": ("sum(amount)", None, None),
            "cycle_median": ("median(epoch_us(closed_at) - epoch_us(created_at)) / 8.64e10", None, None),
        },
    ),
]


def promise(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Counts by group and the first late leads of the last window."""
    connection.execute(calendar(SINCE))
    connection.execute(ITEMS)
    cells = [
        {
            "by": by(level, {"segment": segment, "region": region}),
            **dict(zip(("met", "late", "open", "unmeasurable", "outside_hours"), counts, strict=True)),
        }
        for level, segment, region, *counts in connection.execute(COUNTS).fetchall()
    ]
    names = ("key", "started_us", "due_us", "done_us", "seconds")
    late = [dict(zip(names, row, strict=True)) for row in connection.execute(LATE).fetchall()]
    return {"first_touch": {WINDOWS["last"]: {"cells": cells, "late_items": late}, WINDOWS["current"]: {"cells": []}}}


def metrics(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Each metric's cells in the last window."""
    found: dict[str, object] = {}
    for source, size, asked in SCANS:
        columns = [column or "NULL" for sides in asked.values() for column in sides]
        sql = (
            f"SELECT grouping(channel, segment), channel, segment, {size}, {', '.join(columns)} "
            f"FROM {source.format(since=SINCE, as_of=AS_OF)} GROUP BY GROUPING SETS ((), (channel), (segment))"
        )
        rows = connection.execute(sql).fetchall()
        for place, name in enumerate(asked):
            cells = [
                {
                    "by": by(row[0], {"channel": row[1], "segment": row[2]}),
                    "n": row[3],
                    **dict(zip(("value", "numerator", "denominator"), row[4 + 3 * place :][:3], strict=True)),
                }
                for row in rows
            ]
            found[name] = {WINDOWS["last"]: {"cells": cells}, WINDOWS["current"]: {"cells": []}}
    return found


def by(level: int, dimensions: dict[str, str | None]) -> dict[str, str | None]:
    """The one dimension a grouping set is about; `grouping` sets a bit for each that is not."""
    first, second = dimensions
    return {3: {}, 1: {first: dimensions[first]}, 2: {second: dimensions[second]}}[level]


def main(path: str) -> None:
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        print(json.dumps({"slas": promise(connection), "metrics": metrics(connection)}))


if __name__ == "__main__":
    main(sys.argv[1])

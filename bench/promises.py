#!/usr/bin/env python3
"""The hand-written rival of `aac check` for three promises of 36 months: full rows, as the fastest SQL known to us.

    python bench/promises.py DIR/crm.duckdb

Returns as JSON what `aac check --window last:36` says of the promises of `tests/projects/work/` on the same data: the
counts of every month in all and by team, and the first fifty late items of a month by key with start, due, end and
the seconds used. It knows what `rival.py` knows, and that a promise in business days ends within 14 days.

`cut` returns no more than the shared `limit.py` does: counts by month and team, and of the late items how many they are
and sums of their keys. It runs the same statements without what only full rows need: leads of unknown owners are left
out, and kickoffs end by dates.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import duckdb
from rival import AS_OF, PROMISED, calendar

SINCE = "TIMESTAMP '2023-01-01'"
LISTED = 50
DAYS = 5
HUMAN = "type IN ('email', 'call', 'linkedin', 'meeting')"
ICP = (
    "employees BETWEEN 50 AND 5000 AND industry IN ('software', 'finance', 'health', 'manufacturing') "
    "AND country IN ('US', 'CA', 'GB', 'DE', 'FR', 'NL')"
)
OWNERS = """
CREATE OR REPLACE TEMP TABLE own AS
SELECT u.id, team, rid, off, zone.tz, (rid * 32768)::BIGINT AS base FROM users u LEFT JOIN zone USING (region);
CREATE OR REPLACE TEMP MACRO key_of(base, off, us) AS (base + (us + off) // 86400000000)::INT;
CREATE OR REPLACE TEMP MACRO worked_at(worked, opens, closes, us) AS worked + greatest(0, least(us, closes) - opens);
"""

# The day of a start gives its deadline; a contact is looked for no further than that, whole days at a time.
STARTED = f"""
WITH day AS (
  SELECT l.id, team, mql, opens, closes, next_opens, greatest(mql, opens) AS begins, worked, base, off
  FROM (SELECT id, owner_id, epoch_us(mql_at) AS mql FROM leads WHERE mql_at IS NOT NULL) l
  {{all}}JOIN own o ON o.id = l.owner_id {{all}}JOIN cal k ON k.key = key_of(base, off, mql)
),
mqls AS MATERIALIZED (
  SELECT id, team, mql {{more}}, CASE WHEN closes - begins > {PROMISED} THEN begins + {PROMISED}
    ELSE next_opens + {PROMISED} - greatest(0, closes - begins) END AS due {{first}}
  FROM day
),
met AS (
  SELECT {{contact}} FROM activities a
  JOIN mqls ON mqls.id = a.lead_id AND epoch_us(a.occurred_at) >= mqls.mql AND epoch_us(a.occurred_at) <= mqls.due
  WHERE {HUMAN} {{once}}
)"""
OUTCOME = f"""CASE WHEN due IS NULL THEN 'unmeasurable' WHEN met.id IS NOT NULL THEN 'met'
  WHEN due < epoch_us({AS_OF}) THEN 'late' ELSE 'open' END AS outcome"""
MONTH = "date_trunc('month', make_timestamp(mql))::DATE AS month"
CUT = f"""CREATE OR REPLACE TEMP TABLE touch AS
{STARTED.format(all="", more="", first="", contact="DISTINCT mqls.id", once="")}
SELECT id, team, {MONTH}, {OUTCOME} FROM mqls LEFT JOIN met USING (id)
"""
OPENING = """CASE WHEN mql < opens AND closes > opens THEN opens WHEN mql >= opens AND mql < closes THEN mql
    ELSE next_opens END"""
FULL = f"""CREATE OR REPLACE TEMP TABLE touch AS
{
    STARTED.format(
        all="LEFT ",
        more=", worked, base, off, opens, closes",
        first=f", {OPENING} AS opening",
        contact="a.lead_id AS id, min(epoch_us(a.occurred_at)) AS stops",
        once="GROUP BY 1",
    )
}
SELECT id, team, {MONTH}, mql, due, worked_at(worked, opens, closes, mql) AS before, base, off, {OUTCOME},
  outcome = 'met' AND mql < opening AND stops < opening AS is_outside
FROM mqls LEFT JOIN met USING (id)
"""
LATE = f"""
WITH late AS (
  FROM touch WHERE outcome = 'late' QUALIFY row_number() OVER (PARTITION BY month ORDER BY id) <= {LISTED}
),
contact AS (
  SELECT a.lead_id AS id, min(epoch_us(a.occurred_at)) AS stops FROM activities a
  JOIN late ON late.id = a.lead_id AND epoch_us(a.occurred_at) > late.due WHERE {HUMAN} GROUP BY 1
)
SELECT month, id, mql, due, stops,
  (worked_at(worked, opens, closes, coalesce(stops, epoch_us({AS_OF}))) - before) // 1000000
FROM late LEFT JOIN contact USING (id)
JOIN cal ON cal.key = key_of(base, off, coalesce(stops, epoch_us({AS_OF}))) ORDER BY month, id
"""

# The same local time on the fifth business day; before its hours the closing, behind them the next opening.
KICKOFF = f"""
CREATE OR REPLACE TEMP TABLE kickoff AS
WITH business AS (
  SELECT key, opens, closes, next_opens, closes > opens AS is_open,
    count(*) FILTER (closes > opens) OVER (PARTITION BY key // 32768 ORDER BY key) AS days FROM cal
),
opened AS (SELECT key // 32768 AS rid, days, opens, closes, next_opens FROM business WHERE is_open),
begun AS (
  SELECT h.opportunity_id AS id, epoch_us(h.closed_at) AS starts, epoch_us(h.kickoff_at) AS stops, o.team, o.rid, base,
    off, epoch_us(timezone(tz, timezone('UTC', h.closed_at))) AS reading, reading % 86400000000 AS clock
  FROM handoffs h LEFT JOIN own o ON o.id = h.csm_id
),
ends AS (
  SELECT begun.* EXCLUDE (reading, clock), CASE WHEN clock < 32400000000 THEN closes
    WHEN clock < 32400000000 + closes - opens THEN opens + clock - 32400000000 ELSE next_opens END AS due
  FROM begun LEFT JOIN (SELECT key, days FROM business) k ON k.key = (base + reading // 86400000000)::INT
  LEFT JOIN opened o ON o.rid = begun.rid AND o.days = k.days + {DAYS}
)
SELECT id, team, date_trunc('month', make_timestamp(starts))::DATE AS month, starts AS mql, due, stops, base, off,
  CASE WHEN due IS NULL THEN 'unmeasurable' WHEN stops <= due THEN 'met'
    WHEN coalesce(stops, epoch_us({AS_OF})) > due THEN 'late' ELSE 'open' END AS outcome
FROM ends
"""
CUT_KICKOFF = f"""
CREATE OR REPLACE TEMP TABLE kickoff AS
WITH business AS (
  SELECT key, count(*) FILTER (closes > opens) OVER (PARTITION BY key // 32768 ORDER BY key) AS days FROM cal
),
begun AS (
  SELECT h.opportunity_id AS id, team, base, off, epoch_us(h.closed_at) AS mql,
    epoch_us(coalesce(h.kickoff_at, {AS_OF})) AS stops, h.kickoff_at IS NULL AS is_open
  FROM handoffs h JOIN own o ON o.id = h.csm_id
)
SELECT id, team, {MONTH},
  CASE WHEN b.days - a.days > {DAYS} THEN 'late' WHEN is_open THEN 'open' ELSE 'met' END AS outcome
FROM begun JOIN business a ON a.key = key_of(base, off, mql) JOIN business b ON b.key = key_of(base, off, stops)
"""
KICKED_OFF = f"""
CREATE OR REPLACE TEMP TABLE kicked_off AS
SELECT id, team, month, mql, due, stops, outcome,
  worked_at(b.worked, b.opens, b.closes, coalesce(stops, epoch_us({AS_OF})))
    - worked_at(a.worked, a.opens, a.closes, mql) AS used,
  outcome = 'met' AND used = 0 AND NOT (mql >= a.opens AND mql < a.closes)
    AND NOT (stops >= b.opens AND stops < b.closes) AS is_outside
FROM kickoff JOIN cal a ON a.key = key_of(base, off, mql)
JOIN cal b ON b.key = key_of(base, off, coalesce(stops, epoch_us({AS_OF})))
"""
LATE_KICKOFFS = f"""
SELECT month, id, mql, due, stops, used // 1000000 FROM kicked_off WHERE outcome = 'late'
QUALIFY row_number() OVER (PARTITION BY month ORDER BY id) <= {LISTED} ORDER BY month, id
"""
COUNTS = """
SELECT month, grouping(team) = 0, team, count_if(outcome = 'met'), count_if(outcome = 'late'),
  count_if(outcome = 'open'), count_if(outcome = 'unmeasurable'), count_if(is_outside)
FROM {table} GROUP BY GROUPING SETS ((month), (month, team))
"""
CUT_COUNTS = """
SELECT month, team, count(*), count_if(outcome = 'met') AS met, count_if(outcome = 'late') AS late,
  count_if(outcome = 'open'), round(100.0 * met / nullif(met + late, 0), 4) FROM {table} GROUP BY ALL ORDER BY ALL
"""
CUT_LATE = "SELECT count(*), sum(id), bit_xor(id) FROM {table} WHERE outcome = 'late'"
VOLUME = f"""
SELECT date_trunc('month', mql_at)::DATE AS month, count(*), count_if({ICP}) FROM leads WHERE mql_at IS NOT NULL
GROUP BY 1 ORDER BY 1
"""
CUT_VOLUME = (
    VOLUME.replace("count(*), ", "").replace(f"count_if({ICP})", "count(*)").replace("NOT NULL", f"NOT NULL AND {ICP}")
)
NAMES = ("met", "late", "open", "unmeasurable", "outside_hours")
ITEMS = ("key", "started_us", "due_us", "done_us", "seconds")


def full(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The full rows of each promise, by its id and month."""
    begin(connection)
    for statement in (FULL, KICKOFF, KICKED_OFF):
        connection.execute(statement)
    found = {
        id: rows(connection, table, late)
        for id, table, late in (("first_touch", "touch", LATE), ("kickoff", "kicked_off", LATE_KICKOFFS))
    }
    volume = connection.execute(VOLUME).fetchall()
    found["icp_mqls"] = {f"{month:%Y-%m}": {"cells": [{"by": {}, "n": n, "value": fit}]} for month, n, fit in volume}
    return found


def rows(connection: duckdb.DuckDBPyConnection, table: str, late: str) -> dict[str, Any]:
    """The counts of each month, and its first late items."""
    found: dict[str, Any] = {}
    for month, is_group, team, *counts in connection.execute(COUNTS.format(table=table)).fetchall():
        window = found.setdefault(f"{month:%Y-%m}", {"cells": [], "late_items": []})
        window["cells"].append({"by": {"team": team} if is_group else {}, **dict(zip(NAMES, counts, strict=True))})
    for month, *item in connection.execute(late).fetchall():
        found[f"{month:%Y-%m}"]["late_items"].append(dict(zip(ITEMS, item, strict=True)))
    return found


def cut(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What `limit.py` returns: of both promises the counts by month and team, and how many are late; the volume."""
    begin(connection)
    found: dict[str, Any] = {}
    for table, statement in (("touch", CUT), ("kickoff", CUT_KICKOFF)):
        connection.execute(statement)
        counts = connection.execute(CUT_COUNTS.format(table=table)).fetchall()
        found[table] = (counts, connection.execute(CUT_LATE.format(table=table)).fetchone())
    found["volume"] = connection.execute(CUT_VOLUME).fetchall()
    return found


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(calendar(SINCE))
    connection.execute(OWNERS)


def main(path: str) -> None:
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        print(json.dumps({"slas": full(connection), "metrics": {}}))


if __name__ == "__main__":
    main(sys.argv[1])

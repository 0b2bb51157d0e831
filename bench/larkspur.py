#!/usr/bin/env python3
"""Writes the sample company's CRM export: `python bench/larkspur.py [FOLDER]` (default `data/`).

Larkspur sells shift-planning software to mid-sized companies from Berlin and New York. The export covers 1 September
2024 to Monday 2 March 2026, 05:58 in Berlin; what is older than 1 March 2025 was brought over from another CRM, and its
ids begin with P. Times carry no zone: they are Berlin's, as the CRM writes them. Nobody has a
name. The same seed writes the same bytes on every machine: only `Random.random()` and integer arithmetic are used.

What happened at Larkspur (the documents under `alignment/` tell it from the numbers):
  - In January the New York office lost one of its three SDRs (U-08). Her leads were handed over and her user deleted,
    but routing still gives her new ones, and the other two do not keep up: in February follow-up misses its objective.
  - Last weekend nobody was on the weekend rota: demo requests waited more than 24 hours. The quarter is still fine.
  - February brought fewer new customers than planned, too few to judge kickoffs and the average deal.
  - U-27 joined in February (London); nobody has filled in a calendar yet, so their four hours cannot be measured.

Planted faults, all of which a careful tool reports and none of which may change a number in silence:
  leads.csv
    - lead_id missing in one row; two keys twice: L-00410 (same moment: the later row counts) and L-01220 (the earlier
      row is the later moment: it counts)
    - company spelt wrongly: "Amber Foundary" and "COBALT TEXTILES" (repaired by `map`), "Juniper Freight Ltd" (not)
    - owner_id U-08 (deleted) and U-99 (never existed)
    - no score in 14 rows, written as nothing or as n/a; one score written `62.0`
    - source `Billboard`, which is not in the agreed list
    - mql_at of L-02790 is 2026-02-30T10:15:00, a day that does not exist; four leads above the threshold have no mql_at
    - opted_out empty in two rows of February: whether they are excused is unknown, so they are not
  accounts.csv
    - no number of employees in six rows
  activities.csv
    - two activities of leads that do not exist; automatic mails and calls before the MQL, which are no first touch
  opportunities.csv
    - account spelt wrongly: "Harbour Optics" for "Harbor Optics"; three deals without an account
    - stage `Parked` is not in the agreed list (two deals)
    - open deals carry an expected close date, in the past or in the future: it closes nothing
    - one kickoff before its deal was closed
Other streams are told in `larkspur_tracks.py` (what the CRM logged) and `larkspur_books.py` (money, tickets, surveys).
Leads that hit a border of the rules to the second carry the ids L-9xxxx; see `BORDERS`.
"""

from __future__ import annotations

import csv
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import larkspur_books
import larkspur_tracks
from larkspur_life import AS_OF, BERLIN, Crm, Row, bring_over, grow, local


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


# lead, owner, MQL, first human touch (Berlin): the rules' borders, to the second
BORDERS = [
    ("L-90001", "U-01", "2026-02-03T10:00:00", "2026-02-03T15:00:00"),  # exactly 4 h over lunch: met
    ("L-90002", "U-01", "2026-02-03T10:00:00", "2026-02-03T15:00:01"),  # a second more: late
    ("L-90003", "U-02", "2026-02-04T14:00:00", "2026-02-04T18:30:00"),  # runs out at closing, nothing open since: met
    ("L-90004", "U-02", "2026-02-04T14:00:00", "2026-02-05T09:00:00"),  # due is the next opening: met
    ("L-90005", "U-02", "2026-02-04T14:00:00", "2026-02-05T09:00:01"),  # late by a second of Thursday
    ("L-90006", "U-03", "2026-02-06T17:30:00", "2026-02-09T12:30:00"),  # Fri 0.5 h, Mon 3 h, touched at lunch: met
    ("L-90007", "U-03", "2026-02-07T11:00:00", "2026-02-07T13:00:00"),  # Saturday to Saturday: met outside hours
    ("L-90008", "U-03", "2026-02-07T11:00:00", "2026-02-09T09:00:00"),  # done at the opening second: met, not outside
    ("L-90009", "U-04", "2026-02-10T18:00:00", "2026-02-10T20:00:00"),  # 18:00 is closed already: met outside hours
    ("L-90010", "U-06", "2026-02-11T20:00:00", "2026-02-13T17:00:00"),  # New York: 3 h, Lincoln's birthday, 2 h: late
    ("L-90011", "U-06", "2026-02-11T20:00:00", "2026-02-13T16:00:00"),  # 3 h, Lincoln's birthday, 1 h: met
    ("L-90012", "U-07", "2026-02-27T22:30:00", ""),  # Friday 16:30 in New York, half an hour used: open
    ("L-90013", "U-01", "2026-02-27T15:00:00", ""),  # 3 h used at as_of: open
    ("L-90014", "U-01", "2026-02-27T14:00:00", ""),  # 4 h used, due Monday 09:00: open
    ("L-90015", "U-01", "2026-02-27T13:59:59", ""),  # a second more: late though Monday has not begun
    ("L-90016", "U-02", "2026-01-31T23:59:59", "2026-02-02T09:30:00"),  # the last second of January
    ("L-90017", "U-02", "2026-02-01T00:00:00", "2026-02-02T09:30:00"),  # the first moment of February
    ("L-90018", "U-02", "2026-02-28T23:59:59", ""),  # the last second of February: open
    ("L-90019", "U-02", "2026-03-01T00:00:00", ""),  # the first moment of March: open
    ("L-90020", "U-03", "2025-03-28T17:00:00", "2025-03-31T11:00:00"),  # the clocks change on Sunday: 3 h, met
    ("L-90021", "U-03", "2025-10-24T17:00:00", "2025-10-27T12:00:00"),  # and back: exactly 4 h, met
    ("L-90022", "U-06", "2025-03-10T14:00:00", "2025-03-10T17:30:00"),  # New York is 5 h behind for three weeks: 3.5 h
    ("L-90023", "U-01", "2025-12-23T17:00:00", "2025-12-29T12:00:00"),  # a closed day, two holidays, a weekend: 4 h
    ("L-90024", "U-01", "2025-12-31T10:00:00", "2026-01-02T11:00:00"),  # a short day and New Year: exactly 4 h, met
    ("L-90025", "U-01", "2025-05-07T17:00:00", "2025-05-09T12:00:00"),  # 8 May 2025 was a holiday in Berlin alone: 4 h
    ("L-90026", "U-02", "2026-02-17T10:00:00", "2026-02-17T10:00:00"),  # at once: met with nothing used, inside hours
]  # fmt: skip


# Demo requests of the last weekend in Berlin time; nobody answered them by Monday morning. The last is not late yet.
WEEKEND = [
    ("L-91001", "Fjord Hotels", "2026-02-27T19:40:12"),
    ("L-91002", "River Clinics", "2026-02-28T21:05:03"),
    ("L-91003", "Maple Energy", "2026-03-01T05:30:30"),
    ("L-91004", "Summit Retail", "2026-03-01T19:02:55"),
]


def border_lead(id: str, company: str, owner: str, mql_at: str, **more: str) -> Row:
    """A lead written by hand: just above the threshold, from nowhere that could exempt it."""
    return {
        "lead_id": id,
        "created_at": local(at(mql_at) - timedelta(minutes=2)),
        "company": company,
        "owner_id": owner,
        "source": "Webinar",
        "score": "51",
        "mql_at": mql_at,
        "duplicate": "no",
        "opted_out": "no",
    } | more


def plant_borders(crm: Crm) -> None:
    for id, owner, mql_at, touch in BORDERS:
        crm.leads.append(border_lead(id, "Kestrel Labs", owner, mql_at))
        if touch:
            crm.act(at(touch), id, owner, "Call")


def plant_weekend(crm: Crm) -> None:
    for id, company, asked in WEEKEND:
        mql_at = local(at(asked) + timedelta(minutes=2))
        crm.leads.append(border_lead(id, company, "U-02", mql_at, demo_requested_at=asked, source="Web form"))


def leads_of(crm: Crm, month: str, **wanted: str) -> list[Row]:
    """The MQLs of a month that look like `wanted`, in order."""
    return [
        row
        for row in crm.leads
        if row["mql_at"].startswith(month)
        and row["lead_id"] < "L-9"
        and all(row.get(name, "") == value for name, value in wanted.items())
    ]


def plant_lead_faults(crm: Crm) -> None:
    """Faults in rows of leads; each is told in the docstring above."""
    by_id = {row["lead_id"]: row for row in crm.leads}
    spelt = {"Amber Foundry": "Amber Foundary", "Cobalt Textiles": "COBALT TEXTILES"}
    for row in crm.leads:
        row["company"] = spelt.get(row["company"], row["company"])
    for row in leads_of(crm, "2026-02", owner_id="U-03")[3:6]:
        row["company"] = "Juniper Freight Ltd"
    for row in leads_of(crm, "2026-02", source="Event")[:2]:
        row["source"] = "Billboard"
    for row in leads_of(crm, "2026-01", source="Event")[:1]:
        row["source"] = "Billboard"
    for row in leads_of(crm, "2026-02", owner_id="U-05")[:2] + leads_of(crm, "2025-11", owner_id="U-05")[:1]:
        row["owner_id"] = "U-99"
    scoreless = leads_of(crm, "2026-02", owner_id="U-01", source="Content")[:3]
    scoreless += [row for row in crm.leads[300:2900:130] if row["source"] not in ("Partner", "Billboard")][:11]
    for number, row in enumerate(scoreless):
        row["score"] = "n/a" if number % 2 else ""
    for row in leads_of(crm, "2026-02", owner_id="U-02", duplicate="no")[5:7]:
        row["opted_out"] = ""
    leads_of(crm, "2026-02", owner_id="U-04")[0]["score"] = "62.0"
    for month in ("2025-09", "2025-12", "2026-01", "2026-02"):
        leads_of(crm, month, owner_id="U-02")[1]["mql_at"] = ""
    by_id["L-02790"] |= {"mql_at": "2026-02-30T10:15:00", "score": "74"}


def plant_lead_rows(crm: Crm) -> None:
    """Rows that must be set aside: a key twice (two ways), no key."""
    by_id = {row["lead_id"]: row for row in crm.leads}
    old = by_id["L-00410"] | {"score": "12", "mql_at": ""}
    crm.leads.insert(crm.leads.index(by_id["L-00410"]), old)
    moment = at(by_id["L-01220"]["created_at"]) - timedelta(days=2)
    crm.leads.append(by_id["L-01220"] | {"created_at": local(moment), "score": "8", "mql_at": ""})
    crm.leads.append(by_id["L-00777"] | {"lead_id": ""})


def plant_deal_faults(crm: Crm) -> None:
    deals = crm.opportunities
    for row in deals:
        if row["account"] == "Harbor Optics":
            row["account"] = "Harbour Optics"
    won = [row for row in deals if row["stage"] == "Closed Won"]
    for row in (won[9], won[-2], deals[350]):
        row["account"] = ""
    lost = [row for row in deals if row["stage"] == "Closed Lost" and row["close_date"] >= "2026-01-15"]
    for row in (lost[0], next(row for row in lost if row["close_date"] >= "2026-02-05")):
        row["stage"] = "Parked"
    early = next(row for row in won if row["close_date"].startswith("2026-02") and row["kickoff_on"])
    early["kickoff_on"] = (date.fromisoformat(early["close_date"]) - timedelta(days=3)).isoformat()


def build() -> dict[str, list[Row]]:
    """Every stream of the export, as rows in file order."""
    crm = grow()
    plant_borders(crm)
    plant_weekend(crm)
    plant_lead_faults(crm)
    plant_lead_rows(crm)
    plant_deal_faults(crm)
    bring_over(crm)
    crm.act(at("2025-08-05T09:30:00"), "L-77777", "U-01", "Call")
    crm.act(at("2026-02-10T09:30:00"), "L-77778", "U-01", "Call")
    crm.act(AS_OF, crm.leads[5]["lead_id"], "", "System")  # the nightly run of the CRM: the watermark
    crm.activities.sort(key=lambda act: (act[0], act[1]["lead_id"], act[1]["type"]))
    activities = [
        {"activity_id": f"A-{number:05}", **row, "occurred_at": local(moment)}
        for number, (moment, row) in enumerate(crm.activities, 1)
    ]
    lists = {
        "users": crm.users,
        "accounts": crm.accounts,
        "leads": crm.leads,
        "activities": activities,
        "opportunities": crm.opportunities,
    }
    return lists | larkspur_tracks.tracks(lists) | larkspur_books.books(lists)


COLUMNS = {
    "users": ["user_id", "role", "region", "team", "calendar"],
    "accounts": ["account", "industry", "country", "employees"],
    "leads": [
        "lead_id", "created_at", "company", "owner_id", "source", "score", "mql_at", "sql_at", "rejected_at",
        "rejection_reason", "rejection_answered_at", "demo_requested_at", "duplicate", "opted_out",
    ],
    "activities": ["activity_id", "lead_id", "user_id", "type", "automated", "occurred_at"],
    "opportunities": [
        "opportunity_id", "account", "owner_id", "lead_id", "opened_on", "stage", "close_date", "amount", "kickoff_on",
    ],
    **larkspur_tracks.COLUMNS,
    **larkspur_books.COLUMNS,
}  # fmt: skip


def write(folder: Path) -> None:
    """One CSV file a stream in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for stream, rows in build().items():
        with (folder / f"{stream}.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, COLUMNS[stream], restval="", extrasaction="ignore", lineterminator="\n")
            out.writeheader()
            out.writerows(rows)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "data")

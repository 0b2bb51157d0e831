"""A company that reports are made of, by hand: every status, both sorts of reading, and text that means harm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aac.findings import Finding, Span
from aac.judging import FAIL_BY_DEFAULT
from aac.periods import ALL, Window
from aac.reports.base import Entry
from aac.results import (
    ClockReading,
    Escalation,
    Item,
    NumberReading,
    Outcome,
    Result,
    Results,
    SourceState,
    Status,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.expressions.nodes import Value

HOUR = 3600 * 1_000_000
HOSTILE = "<script>alert(1)</script> {{ 7 * 7 }} {% raw %} \x1b[31mred\x9b2J & \"quoted\" 'single' \u202eturned"
FEBRUARY = Window("2026-02", "month", date(2026, 2, 1), date(2026, 3, 1))
MARCH = Window("2026-03", "month", date(2026, 3, 1), date(2026, 4, 1))


def us(text: str) -> int:
    """A moment in microseconds since the epoch."""
    return round(datetime.fromisoformat(text).timestamp()) * 1_000_000


AS_OF = us("2026-03-02T05:00:00+00:00")
NOW = us("2026-03-02T06:10:00+00:00")


@dataclass
class Project:
    """What reports ask of a project (`aac.reports.base.ReportProject`)."""

    documents: tuple[Entry, ...]
    findings: tuple[Finding, ...] = ()
    name: str = "Larkspur"
    root: Path = Path("/nowhere")
    timezone: str = "Europe/Berlin"
    told: tuple[tuple[str, str], ...] = ()

    def in_words(self, kind: str, id: str) -> tuple[tuple[str, str], ...]:
        del kind, id
        return self.told

    def entries(self) -> tuple[Entry, ...]:
        return self.documents


def entry(subject: str, name: str = "", *, rests_on: str = "", used_by: str = "", **fields: Any) -> Entry:
    """A document; ``rests_on`` and ``used_by`` are subjects with spaces between them."""
    kind, _, id = subject.partition(":")
    file = f"alignment/{kind}s/{id}.yml"
    written = {"name": name, **fields} if name else fields
    return Entry(kind, id, name or id, file, 1, written, tuple(rests_on.split()), tuple(used_by.split()))


def item(key: str | tuple[str, ...], started: str, due: str, done: str | None, used_us: int) -> Item:
    """A promise of 4 hours."""
    return Item(key, us(started), us(due), us(done) if done else None, used_us, 4 * HOUR)


def clock(
    id: str,
    window: Window,
    counts: Mapping[Outcome, int],
    status: Status | None,
    objective: str | None = "0.95",
    *,
    by: Mapping[str, Value] | None = None,
    kind: str = "sla",
    late: tuple[Item, ...] = (),
    opened: tuple[Item, ...] = (),
    due: tuple[Escalation, ...] = (),
    budget: tuple[int, int] | None = None,
    outside_hours: int = 0,
    unknown: int = 0,
) -> Result:
    is_open = window is MARCH
    reading = ClockReading(
        f"{kind}:{id}", window, AS_OF, is_open, status is Status.STALE, by or {}, counts, outside_hours, unknown,
        (0, 0), late, opened,
    )  # fmt: skip
    verdict = Verdict(status, Fraction(objective) if objective else None, None, budget, due)
    return Result(kind, id, reading, verdict, "current" if is_open else "last")


def counted(
    id: str,
    window: Window,
    unit: str,
    value: Fraction | None,
    status: Status | None = None,
    target: Mapping[str, Any] | None = None,
    *,
    of: tuple[int, int] | None = None,
    n: int = 0,
    unknown: int = 0,
    by: Mapping[str, Value] | None = None,
) -> Result:
    above, below = (Fraction(of[0]), Fraction(of[1])) if of else (None, None)
    is_open = window is not FEBRUARY
    reading = NumberReading(
        f"metric:{id}", window, AS_OF, is_open, False, by or {}, value, above, below, n or (of[1] if of else 0),
        unknown, unit,
    )  # fmt: skip
    return Result("metric", id, reading, Verdict(status, None, target), "current" if window is MARCH else "last")


def tally(
    met: int, late: int = 0, open: int = 0, excused: int = 0, unmeasurable: int = 0, outside: int = 0
) -> dict[Outcome, int]:
    """Counts by outcome."""
    return {
        Outcome.MET: met,
        Outcome.LATE: late,
        Outcome.OPEN: open,
        Outcome.EXCUSED: excused,
        Outcome.UNMEASURABLE: unmeasurable,
        Outcome.OUTSIDE: outside,
    }


ENTRIES = tuple(
    sorted(
        (
            entry(
                "company:larkspur", "Larkspur", currency="EUR", timezone="Europe/Berlin", calendar="desk",
                rests_on="calendar:desk",
            ),
            entry(
                "calendar:desk", "The desk", timezone="Europe/Berlin",
                hours={"mon-fri": "09:00-12:00, 13:00-18:00"}, holidays={"country": "DE", "region": "BY"},
                closed=["2026-12-24"], used_by="company:larkspur sla:sales_follow_up",
            ),
            entry("team:marketing", "Marketing", lead_role="Head of marketing", used_by="sla:sales_follow_up"),
            entry(
                "team:sales", "Sales", lead_role="Head of sales",
                queues=[{"id": "sdr_queue", "role": "sdr"}, {"id": "sdr_backup", "role": "sdr"}],
                used_by="sla:sales_follow_up metric:win_rate",
            ),
            entry("team:cs", "Customer success", used_by="sla:intro_call_48h"),
            entry(
                "entity:lead", "Lead", key="lead_id", occurs="created_at", **{"from": "crm.leads"},
                means="Somebody who asked, or was asked, whether Larkspur could help.",
                fields={
                    "lead_id": "text",
                    "created_at": {"type": "timestamp", "from": '"Created Date"', "format": "%d-%m-%Y %H:%M"},
                    "account": {"ref": "account", "from": "company"},
                    "source": {"type": "text", "values": ["inbound", "outbound", "partner"], "map": {"Web": "inbound"}},
                    "email": {"type": "text", "pii": "true", "map": {"anna@example.com": "anna@example.org"}},
                    "nickname": {"type": "text", "pii": "yes", "values": ["Annabel", "Bertram"]},
                    "size_band": {"is": "case when account.employees < 100 then 'SMB' else 'Enterprise' end"},
                    "first_touch_at": {
                        "rollup": "min(occurred_at)", "over": "activity", "where": "is_human", "after": "mql_at",
                    },
                },
                rests_on="entity:account", used_by="definition:mql",
            ),
            entry(
                "entity:account", "Account", key="account_id", **{"from": "crm.accounts"},
                fields={"account_id": "text", "segment": "text", "employees": "integer"}, used_by="entity:lead",
            ),
            entry(
                "definition:mql", "Marketing qualified lead", of="lead", when="score > 50 and source <> 'mql'",
                at="mql_at", owner="marketing", parties=["marketing", "sales"], tags=["funnel", "handover"],
                means="A lead whose score **passed** the agreed threshold.\n\nThe threshold is *exclusive*: 50 is not "
                "enough.\n\n# Worked examples\n\n| score | MQL? |\n|---|---|\n| 51 | yes |\n| 50 | no |",
                why="Agreed after the February review: below 50, one lead in nine was ever answered.",
                as_written="We only want leads that are really worth a call.", review_by="2026-09-01",
                links=["https://example.com/notes", "shared drive, folder Agreements"],
                rests_on="entity:lead team:marketing team:sales", used_by="sla:sales_follow_up",
            ),
            entry(
                "sla:sales_follow_up", "First contact with MQLs",
                what="Sales makes a first human contact with every marketing qualified lead that fits",
                who={"owes": "sales", "to": "marketing"}, when={"within": "4 business hours", "calendar": "desk"},
                how_measured={
                    "each": "mql", "where": "source <> 'partner' and mql", "starts": "mql.at",
                    "stops": "first_touch_at", "excused": "duplicate or opted_out", "objective": "95%",
                    "window": "month", "by": [{"segment": "account.segment"}, "source"],
                },
                escalation=[
                    {"at": "75% of time", "do": "remind", "to": "sdr_queue"},
                    {"at": "late", "do": "requeue", "to": "sdr_backup"},
                    {"at": "off_target", "do": "agenda"},
                ],
                rests_on="calendar:desk definition:mql team:marketing team:sales",
            ),
            entry(
                "sla:rejection_reasons", "Reasons for rejected leads", what="Sales says why a lead was rejected",
                who={"owes": "sales", "to": "marketing"}, when={"within": "2 days"},
                how_measured={"each": "lead", "stops": "reason_at", "objective": "95%"}, escalation=[],
                rests_on="entity:lead team:marketing team:sales",
            ),
            entry(
                "sla:intro_call_48h", "Introduction within two days", what="Sales introduces each new customer",
                who={"owes": "sales", "to": "cs"}, when={"within": "48 hours"},
                how_measured={"each": "lead", "stops": "intro_at", "objective": "90%", "min_n": "20"}, escalation=[],
                rests_on="team:cs team:sales",
            ),
            entry(
                "sla:expansion_signals_to_sales", "Signals of expansion", what="CS hands over each signal",
                who={"owes": "cs", "to": "sales"}, when={"within": "2 days"},
                how_measured={"each": "lead", "stops": "handed_at", "objective": "90%"}, escalation=[],
                rests_on="team:cs team:sales",
            ),
            entry(
                "sla:renewal_notice", "Notice before renewal", what="CS warns sales of a renewal in danger",
                who={"owes": "cs", "to": "sales"}, when={"within": "5 business days"},
                how_measured={"each": "lead", "stops": "noticed_at", "objective": "90%"}, escalation=[],
                rests_on="team:cs team:sales",
            ),
            entry(
                "metric:win_rate", "Win rate", formula="share(won)", of="closed_deal", at="closed_at", unit="percent",
                better="higher", owner="sales", serves="successful_acquisition", by=[{"segment": "account.segment"}],
                target={"at_least": "22%"}, means="Of the deals closed in the period, the share we won, by number.",
                rests_on="team:sales definition:mql",
            ),
            entry(
                "metric:revenue", "Revenue won", formula="sum(amount)", of="closed_deal", at="closed_at", unit="EUR",
                better="higher", owner="sales", serves="successful_acquisition", rests_on="team:sales",
            ),
            entry(
                "metric:cycle", "Days from first call to signature", formula="median(days_between(a, b))",
                of="closed_deal", unit="days", better="lower", owner="sales", serves="successful_acquisition",
                target={"at_most": "60"}, rests_on="team:sales",
            ),
            entry(
                "metric:coverage", "Pipeline coverage", formula="sum(open) / sum(quota)", of="deal", unit="ratio",
                better="higher", owner="sales", serves="successful_acquisition",
                target={"open": "to be agreed in April"}, rests_on="team:sales",
            ),
            entry(
                "handoff:warm", "Warm handoff", steps=[{"name": "note", "within": "1 day"}, {"name": HOSTILE}],
                from_team="sales", note=None, means=f"{HOSTILE}\n\n![seen](https://tracker.example/p.gif) "
                "[bad](javascript:alert(1)) [dead](gone.html)", rests_on="team:sales",
            ),
        ),
        key=lambda document: (document.kind, document.id),
    )
)  # fmt: skip

LATE = (
    item(
        "L-1041",
        "2026-02-03T09:00:00+01:00",
        "2026-02-03T14:00:00+01:00",
        "2026-02-03T16:10:00+01:00",
        6 * HOUR + HOUR // 6,
    ),
    item("L-1077", "2026-02-06T17:30:00+01:00", "2026-02-09T13:30:00+01:00", None, 121 * HOUR + 1),
    item(
        ("EU", "77"),
        "2026-02-17T10:00:00+01:00",
        "2026-02-17T15:00:00+01:00",
        "2026-02-17T15:00:30+01:00",
        4 * HOUR + 30_000_000,
    ),
)
OPEN = (
    item("L-1300", "2026-03-02T09:00:00+01:00", "2026-03-02T14:00:00+01:00", None, 1 * HOUR),
    item("L-1290", "2026-02-27T14:30:00+01:00", "2026-03-02T09:30:00+01:00", None, 3 * HOUR + HOUR // 2),
    LATE[1],
)
DUE = (
    *(
        Escalation(key, "late", "requeue", "sdr_backup", None, us("2026-02-09T13:30:00+01:00"))
        for key in ("L-1077", "L-1", "L-2", "L-3", ("EU", "78"))
    ),
    Escalation(None, "off_target", "agenda", None, None, None),
)
RESULTS_FOUND = (
    clock(
        "sales_follow_up",
        FEBRUARY,
        tally(171, 29, 0, 3, 5, 7),
        Status.OFF_TARGET,
        budget=(10, 29),
        late=LATE,
        due=DUE,
        outside_hours=12,
    ),
    clock("sales_follow_up", FEBRUARY, tally(0, 2), Status.OFF_TARGET, by={"segment": None}),
    clock("sales_follow_up", FEBRUARY, tally(101, 4), Status.ON_TARGET, by={"segment": "SMB"}),
    clock("sales_follow_up", FEBRUARY, tally(70, 23, 0, 3), Status.OFF_TARGET, by={"segment": "Enterprise"}),
    clock("sales_follow_up", FEBRUARY, tally(171, 29), Status.OFF_TARGET, by={"source": HOSTILE}),
    clock("sales_follow_up", MARCH, tally(19, 1, 4), Status.AT_RISK, budget=(1, 1), opened=OPEN),
    clock("sales_follow_up", MARCH, tally(19, 1, 4), Status.AT_RISK, by={"segment": "SMB"}),
    clock("rejection_reasons", FEBRUARY, tally(40, 1), Status.ON_TARGET, budget=(2, 1), late=LATE[:1]),
    clock("intro_call_48h", FEBRUARY, tally(16, 1), Status.NOT_ENOUGH_DATA, "0.9", budget=(1, 1)),
    clock("expansion_signals_to_sales", FEBRUARY, tally(0, 0, 0, 0, 12), Status.NOT_MEASURABLE, "0.9", budget=(0, 0)),
    clock("renewal_notice", FEBRUARY, tally(8999, 1), Status.STALE, "0.9", budget=(900, 1), unknown=2),
    counted(
        "win_rate",
        FEBRUARY,
        "percent",
        Fraction(30, 131),
        Status.ON_TARGET,
        {"at_least": Fraction("0.22")},
        of=(30, 131),
        n=140,
        unknown=4,
    ),
    counted(
        "win_rate",
        FEBRUARY,
        "percent",
        Fraction(21, 100),
        Status.OFF_TARGET,
        {"at_least": Fraction("0.22")},
        of=(21, 100),
        by={"segment": "SMB"},
    ),
    counted(
        "win_rate",
        FEBRUARY,
        "percent",
        Fraction(9, 31),
        Status.ON_TARGET,
        {"at_least": Fraction("0.22")},
        of=(9, 31),
        by={"segment": None},
    ),
    counted("win_rate", MARCH, "percent", None, Status.NOT_ENOUGH_DATA, {"at_least": Fraction("0.22")}, of=(0, 0)),
    counted("revenue", FEBRUARY, "EUR", Fraction("10005534.1234"), n=4238),
    counted("revenue", FEBRUARY, "EUR", Fraction("0.000001"), n=1, by={"share": Decimal("0.25"), "won": True}),
    counted("cycle", ALL, "days", Fraction(57), Status.AT_RISK, {"at_most": Fraction(60)}, n=4238),
    counted(
        "coverage", FEBRUARY, "ratio", Fraction(31, 10), None, {"open": "to be agreed in April"}, of=(3100, 1000), n=88
    ),
)
FINDINGS = (
    Finding(
        "AAC503",
        "warning",
        "1,480 references to a product find nothing, such as `GTXPro`",
        "add `map: {GTXPro: GTX Pro}` to the field",
        Span("alignment/entities/lead.yml", 9, 5, 7, "    account: {ref: account}"),
        "entity:lead",
        1480,
        ("L-7", "L-9"),
    ),
    Finding("AAC505", "info", f"2 leads have {HOSTILE}", "nothing needs to be done", None, "entity:lead", 2),
)
RESULTS = Results(
    "Larkspur",
    "3f9c2e1",
    NOW,
    (
        SourceState("crm", AS_OF, us("2026-03-02T05:20:00+00:00"), {"leads": 8000, "accounts": 912}, "fresh"),
        SourceState(
            "billing", us("2026-02-20T00:00:00+00:00"), us("2026-02-20T01:00:00+00:00"), {"invoices": 31}, "stale"
        ),
    ),
    {"lead": 7998, "account": 912},
    RESULTS_FOUND,
    FINDINGS,
    fail_on=FAIL_BY_DEFAULT,
)
WARNING = Finding(
    "AAC401",
    "warning",
    "nobody agreed what happens when this promise is missed",
    "add a step, as in `- {at: late, do: notify, to: <team>}`",
    Span("alignment/slas/rejection_reasons.yml", 14, 1, 14, "escalation: []"),
    "sla:rejection_reasons",
)
PROJECT = Project(ENTRIES, (WARNING,))

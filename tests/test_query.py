"""`aac query`: the same numbers as `aac check`, over time and by group, in three formats."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

from aac.errors import UsageError
from aac.evaluate import Asked
from aac.operations import open_sound_project, pull_sources, query
from aac.querying import Question, in_own_windows
from tests.commands import run_aac
from tests.small import COMPANY, metric, write_project

ROOT = Path(__file__).parent.parent
EXPECTED: dict[str, Any] = json.loads((ROOT / "tests" / "expected" / "larkspur.json").read_text())["metrics"]
NOW_US = 1_772_442_000_000_000
NOW = "2026-03-02T09:00"


@pytest.fixture(scope="module")
def larkspur(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("query") / "project"
    root.mkdir()
    for name in ("alignment", "data"):
        copytree(ROOT / name, root / name, ignore=ignore_patterns(".*"))
    settings = (ROOT / "aac.toml").read_text(encoding="utf-8").replace("k = 5", "k = 1")  # groups of any size
    (root / "aac.toml").write_text(settings, encoding="utf-8")
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


LEADS = """\
kind: entity
id: lead
from: crm.leads
key: id
occurs: at
fields: {id: text, at: timestamp}
---
"""
GRAINS_OF = {"q": "quarter", "r": "quarter", "m": "month"}


def asked(root: Path, *metrics: str, form: str = "json", as_of_us: int | None = None, **keys: Any) -> str:
    question = Question(metrics, **keys)
    return query(open_sound_project(root), NOW_US, question, Asked(as_of_us, question.windows), form, print)


def test_without_a_grain_metrics_are_told_in_their_own_windows(tmp_path: Path) -> None:
    text = (
        COMPANY
        + LEADS
        + "".join(metric(id_, "count(*)", of="lead", at="at", window=window) for id_, window in GRAINS_OF.items())
    )
    project = open_sound_project(write_project(tmp_path, text.removesuffix("---\n"), {})).project
    for metrics, grain in ((("q",), "quarter"), (("q", "r"), "quarter"), (("q", "m"), None), (("m",), None)):
        assert in_own_windows(Question(metrics), project).grain == grain
        assert in_own_windows(Question(metrics, grain="week"), project).grain == "week"


def test_windows_before_the_first_record_are_not_told(larkspur: Path) -> None:
    def years(*metrics: str, **keys: Any) -> dict[str, list[str]]:
        found = json.loads(asked(larkspur, *metrics, grain="year", **keys))["results"]
        return {id_: [r["window"]["label"] for r in found if r["id"] == id_] for id_ in metrics}

    assert years("new_customers", "arr") == {
        "new_customers": ["2024", "2025", "2026"],
        "arr": ["2022", "2023", "2024", "2025", "2026"],
    }
    assert years("new_customers", first="2023-01-01", until="2025-01-01")["new_customers"] == ["2023", "2024"]


def cells(text: str, id_: str, label: str) -> dict[str, tuple[Any, ...]]:
    """What a metric came to in a window, by group as JSON; cells without records are left out."""
    return {
        json.dumps(r["by"], sort_keys=True): (r["value"], r["numerator"], r["denominator"], r["n"], r["unknown"])
        for r in json.loads(text)["results"]
        if (r["id"], r["window"]["label"]) == (id_, label) and (r["n"] or r["unknown"])
    }


def oracle(id_: str, label: str, *names: str) -> dict[str, tuple[Any, ...]]:
    """The oracle's total and groups by one of ``names``; quotients as the nearest double."""
    found = EXPECTED[id_]["windows"][label]["cells"]
    return {
        json.dumps(cell["by"], sort_keys=True): (
            *(_number(cell[key]) for key in ("value", "numerator", "denominator")),
            cell["n"],
            cell["unknown"],
        )
        for cell in found
        if set(cell["by"]) <= set(names)
    }


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    above, _, below = text.partition("/")
    return int(above) / int(below) if below else float(text)


@pytest.mark.parametrize("by", ["segment", "region", "source"])
def test_every_number_is_that_of_the_oracle(larkspur: Path, by: str) -> None:
    ids = [
        id_
        for id_, expected in EXPECTED.items()
        if any(by in cell["by"] for window in expected["windows"].values() for cell in window["cells"])
    ]
    assert ids
    text = asked(larkspur, *ids, by=(by,), first="2024-09-01")
    for id_ in ids:
        for label in EXPECTED[id_]["windows"]:
            assert cells(text, id_, label) == oracle(id_, label, by), (id_, label)


def test_without_a_dimension_there_are_totals(larkspur: Path) -> None:
    text = asked(larkspur, *EXPECTED, first="2024-09-01", until="2026-03-01")
    for id_, expected in EXPECTED.items():
        for label in expected["windows"].keys() - {"2026-03"}:
            assert cells(text, id_, label) == oracle(id_, label), (id_, label)


def test_crossed_groups_add_up_to_each_alone(larkspur: Path) -> None:
    crossed = cells(asked(larkspur, "win_rate", by=("segment", "region")), "win_rate", "2026-02")
    alone = cells(asked(larkspur, "win_rate", by=("region",)), "win_rate", "2026-02")
    assert all(set(json.loads(by)) in ({"segment", "region"}, set()) for by in crossed)
    assert crossed.pop("{}") == alone.pop("{}")
    for by, (_, above, below, n, unknown) in alone.items():
        region = json.loads(by)["region"]
        parts = [cell for key, cell in crossed.items() if json.loads(key)["region"] == region]
        assert [sum(part[place] for part in parts) for place in range(1, 5)] == [above, below, n, unknown]
        assert len(parts) > 1


def test_months_add_up_to_longer_windows(larkspur: Path) -> None:
    months = [cells(asked(larkspur, "win_rate"), "win_rate", f"2025-{month:02}")["{}"] for month in range(4, 13)]
    for grain, label, which in (
        ("quarter", "2025-Q3", months[3:6]),
        ("fiscal_quarter", "FY2026-Q1", None),
        ("year", "2025", None),
        ("fiscal_year", "FY2026", None),
    ):
        longer = cells(asked(larkspur, "win_rate", grain=grain), "win_rate", label)["{}"]
        if which is not None:
            assert longer[1:] == tuple(map(sum, list(zip(*which, strict=True))[1:]))
    assert cells(asked(larkspur, "win_rate", grain="week"), "win_rate", "2026-W08")


def test_all_time_is_one_window(larkspur: Path) -> None:
    (result,) = json.loads(asked(larkspur, "win_rate", grain="all"))["results"]
    assert result["window"] == {"label": "all", "from": None, "until": None, "provisional": True}


def test_a_year_of_months_and_the_current_one_without_a_range(larkspur: Path) -> None:
    labels = [r["window"]["label"] for r in json.loads(asked(larkspur, "win_rate"))["results"]]
    assert (len(labels), labels[0], labels[-1]) == (13, "2025-03", "2026-03")


def test_ranges(larkspur: Path) -> None:
    def labels(**keys: Any) -> list[str]:
        return [r["window"]["label"] for r in json.loads(asked(larkspur, "win_rate", **keys))["results"]]

    assert labels(first="2026-01-15") == ["2026-01", "2026-02", "2026-03"]
    assert labels(first="2026-01-15", until="2026-02-01") == ["2026-01"]
    assert labels(first="2026-01-15", until="2026-02-02") == ["2026-01", "2026-02"]
    assert labels(until="2026-01-01")[0::11] == ["2025-01", "2025-12"]
    assert labels(first="2026-02-01", until="2030-01-01") == ["2026-02", "2026-03"]
    assert labels(first="2026-02-10", until="2026-02-24", grain="week") == ["2026-W07", "2026-W08", "2026-W09"]


def test_rolling_windows(tmp_path: Path) -> None:
    documents = COMPANY + METRICS
    rows = {
        "events": """
        id,at,day
        1,2026-03-09T11:59:59Z,2026-03-08
        2,2026-03-09T12:00:00Z,2026-03-09
        3,2026-03-10T11:59:59Z,2026-03-10
        4,2026-03-10T11:00:00Z,2026-03-10
        5,2026-03-01T11:00:00Z,2026-03-01
        """
    }
    root = write_project(tmp_path / "p", documents, rows)
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    found = json.loads(asked(root, "moments", "days", grain="rolling 1 days"))["results"]
    assert {r["id"]: r["value"] for r in found} == {"moments": 3, "days": 2}
    assert {r["window"]["label"] for r in found} == {"rolling to 2026-03-10"}
    found = json.loads(asked(root, "moments", "days", grain="rolling 2 days"))["results"]
    assert {r["id"]: r["value"] for r in found} == {"moments": 4, "days": 3}


METRICS = (
    metric("moments", "count(*)", of="event", at="at")
    + metric("days", "count(*)", of="event", at="day")
    + metric("ever", "count(*)", of="event")
    + """\
kind: entity
id: event
from: crm.events
key: id
fields:
  id: text
  at: timestamp
  day: date
"""
)
HOSTILE = (
    metric("events", "count(*)", of="event", at="at", by="[label, amount]")
    + metric("people", "count(*)", of="person", by="[email, mail_of]")
    + """\
kind: entity
id: event
from: crm.events
key: id
fields:
  id: text
  at: timestamp
  label: text
  amount: number
  sure: {is: amount > 0}
  person: {ref: person}
---
kind: entity
id: person
from: crm.people
key: person_id
fields:
  person_id: {type: text, pii: true}
  email: {type: text, pii: true}
  mail_of: {is: lower(email)}
"""
)
LABELS = ['=HYPERLINK("x")', "+1", "-2.5", "@cmd", "-x", "\tx", "a,b", "", "plain"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "at", "label", "amount", "person"])
    for number, label in enumerate(LABELS):
        writer.writerow([number, "2026-03-05T12:00:00Z", label, -number, "p"])
    tables = {"events": text.getvalue(), "people": "person_id,email\np,p@example.com\n"}
    root = write_project(tmp_path_factory.mktemp("hostile") / "p", COMPANY + HOSTILE, dict.fromkeys(tables, ""))
    for name, table in tables.items():
        (root / "data" / f"{name}.csv").write_text(table)
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


def test_no_cell_of_csv_is_a_formula(hostile: Path) -> None:
    text = asked(hostile, "events", by=("label",), form="csv", first="2026-03-01")
    rows = list(csv.DictReader(StringIO(text)))
    shown = {row["label"] for row in rows if row["cell"] == "group"}
    assert shown == {'\'=HYPERLINK("x")', "'+1", "-2.5", "'@cmd", "'-x", "'\tx", "a,b", "", "plain"}
    assert [(row["window"], row["value"], row["unit"]) for row in rows if row["cell"] == "total"] == [
        ("2026-03", "9", "count")
    ]


def test_numbers_of_csv_stay_numbers(hostile: Path) -> None:
    rows = list(csv.DictReader(StringIO(asked(hostile, "events", by=("amount",), form="csv", first="2026-03-01"))))
    assert {row["amount"] for row in rows if row["cell"] == "group"} == {str(-n) if n else "0" for n in range(9)}


def test_what_is_personal_splits_nothing(hostile: Path) -> None:
    for name in ("email", "mail_of"):
        with pytest.raises(UsageError, match=f"--by: `{name}` is personal"):
            asked(hostile, "people", by=(name,))


def test_text_has_80_columns(larkspur: Path) -> None:
    for by in ((), ("segment",), ("segment", "region"), ("source", "region")):
        text = asked(larkspur, "leads" if "source" in by else "win_rate", by=by, form="text")
        assert max(map(len, text.splitlines())) <= 80


def test_text(larkspur: Path) -> None:
    text = asked(larkspur, "win_rate", by=("segment",), form="text", first="2026-02-01")
    assert (
        text.partition("\n")[2]
        == """
Win rate (win_rate, percent, target ≥ 30%)
  window   segment     value
  2026-02  total       30.2%  19 of 63  1 unknown
           Enterprise  33.3%  4 of 12
           Mid-market  21.1%  4 of 19
           SMB         33.3%  10 of 30  1 unknown
           not known     50%  1 of 2
  2026-03  total          0%  0 of 3    so far
           Enterprise     0%  0 of 1    so far
           SMB            0%  0 of 2    so far
"""
    )


def test_a_monthly_target_does_not_judge_a_quarter(larkspur: Path) -> None:
    for grain, judged in (("quarter", False), ("month", True)):
        found = json.loads(asked(larkspur, "revenue", grain=grain))["results"]
        assert {r["status"] is not None for r in found} == {judged}


@pytest.mark.parametrize(
    ("metrics", "keys", "told"),
    [
        (("win_rat",), {}, "there is no metric `win_rat`; did you mean `win_rate`?"),
        (("mql",), {}, "`mql` is no metric, but a document of kind `definition`; `aac explain mql` tells about it"),
        (("win_rate",), {"by": ("segmnt",)}, "--by: `segmnt` is declared with `by` nowhere; did you mean `segment`?"),
        (
            ("win_rate",),
            {"by": ("source",)},
            "--by: `source` means nothing on `opportunity`; one of: `channel`, `region`, `segment`",
        ),
        (("win_rate",), {"by": ("region", "region")}, "--by: `region` is told twice"),
        (("win_rate",), {"grain": "moth"}, "--grain: there is no grain `moth`; did you mean `month`?"),
        (("win_rate",), {"grain": "rolling 0 days"}, "--grain: there is no grain `rolling 0 days`; did you mean"),
        (("win_rate",), {"first": "2026-02"}, "--from: `2026-02` is no day; write it as `2026-02-01`"),
        (("win_rate",), {"until": "soon"}, "--until: `soon` is no day; write it as `2026-02-01`"),
        (("win_rate",), {"first": "2026-02-30"}, "`2026-02-30` is no day"),
        (("win_rate",), {"first": "1200-01-01"}, "`1200-01-01` is not in the years 1990 to 2100"),
        (("win_rate",), {"first": "2026-02-01", "until": "2026-02-01"}, "there is no month between these days"),
        (("win_rate",), {"first": "2027-01-01"}, "there is no month between these days that has begun"),
        (("win_rate",), {"grain": "all", "first": "2026-01-01"}, "--grain: `all` has no beginning to choose"),
        (("win_rate",), {"grain": "week", "first": "1990-01-01"}, "these are more than 1000 windows"),
        (("win_rate",), {"form": "xlsx"}, "--format: there is no format `xlsx`; one of: `csv`, `json`, `text`"),
    ],
)
def test_what_cannot_be_asked(larkspur: Path, metrics: tuple[str, ...], keys: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as stopped:
        asked(larkspur, *metrics, **keys)
    assert told in str(stopped.value)


def test_there_is_no_metric_at_all(tmp_path: Path) -> None:
    root = write_project(tmp_path / "p", COMPANY, {})
    with pytest.raises(UsageError) as stopped:
        asked(root, "ever")
    assert str(stopped.value) == "there is no metric `ever`; no metric can be measured yet"


def test_a_metric_without_a_moment_has_all_time_alone(tmp_path: Path) -> None:
    root = write_project(tmp_path / "p", COMPANY + METRICS, {"events": "id,at,day\n1,2026-03-01T00:00:00Z,2026-03-01"})
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    for grain in (None, "all"):
        (result,) = json.loads(asked(root, "ever", grain=grain))["results"]
        assert (result["window"]["label"], result["value"]) == ("all", 1)
    with pytest.raises(UsageError, match="`metric:ever` says no moment with `at`"):
        asked(root, "ever", grain="week")


def test_the_command(larkspur: Path) -> None:
    done = run_aac(larkspur, "query", "win_rate", "--by", "segment", "--from", "2026-02-01", "--now", NOW)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Enterprise" in done.stdout
    done = run_aac(larkspur, "query", "win_rate", "--as-of", "2025-12-31", "--format", "csv", "--now", NOW)
    assert done.stdout.splitlines()[-1].startswith("win_rate,2026-01,2026-01-01,2026-02-01,total,")
    done = run_aac(larkspur, "query", "win_rat")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "aac: there is no metric `win_rat`; did you mean `win_rate`?\n"
    assert run_aac(larkspur, "query").returncode == 2


@pytest.mark.parametrize(("value", "shown"), [("a\tb", "a\\x09b"), ("anna.very.long@example.com", "a….v….l…@e….c…")])
def test_the_table_is_straight_though_a_value_is_shown_otherwise(tmp_path: Path, value: str, shown: str) -> None:
    leads = LEADS.replace("id: text, at: timestamp", "id: text, at: timestamp, source: text")
    text = COMPANY + leads + metric("leads", "count(*)", of="lead", at="at", by="[source]")
    rows = f"id,at,source\n1,2026-01-02 10:00,{value}\n2,2026-01-02 10:00,website\n"
    root = write_project(tmp_path, text, {"leads": rows})
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    told = asked(root, "leads", by=("source",), form="text").splitlines()
    assert any(shown in line for line in told)
    assert len({len(line) for line in told if line.startswith("  ") and line[-1].isdigit()}) == 1, told

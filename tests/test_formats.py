"""Every format of `aac check`, held to golden files; those that other tools read also to their schemas."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from aac.distribution import VERSION
from aac.findings import Finding, Level, Span
from aac.reports.filling import fill
from aac.reports.github import GithubReport
from aac.reports.gitlab import GitlabReport
from aac.reports.json import JsonReport
from aac.reports.junit import JunitReport
from aac.reports.markdown import MarkdownReport
from aac.reports.sarif import SarifReport
from aac.reports.text import TextReport
from aac.results import Results, Status
from tests.commands import run_aac
from tests.reported import FEBRUARY, MARCH, PROJECT, RESULTS, WARNING, clock, tally

if TYPE_CHECKING:
    from aac.reports.base import Report
    from tests.conftest import Snapshots

TESTS = Path(__file__).parent
EXPECTED = TESTS / "expected" / "formats"
REPORTS: tuple[type[Report], ...] = (
    GithubReport, GitlabReport, JsonReport, JunitReport, MarkdownReport, SarifReport, TextReport,
)  # fmt: skip
ODD = "a|b: 100%, <b>&\"'`x`*_\r\n::error::\x1b[31m\x00\ufffe\ud800😀"
"""Text that means something in each of the formats."""
ODD_FINDING = Finding("AAC203", "error", ODD, ODD, Span("alignment/ä b,c:d%.yml", 7, 3, 4, f"x: {ODD}"), "metric:x")
FOUND = replace(RESULTS, findings=(ODD_FINDING, WARNING, *RESULTS.findings))
ALONE = Results("Larkspur", None, RESULTS.now_us, (), {}, (), ())


def page(report: type[Report], results: Results) -> str:
    """The text of a report."""
    (made,) = fill(report().render(report().view(PROJECT, results)))
    return made.text


@cache
def schema(name: str) -> Any:
    return json.loads((TESTS / "schemas" / name).read_text(encoding="utf-8"))


def assert_sarif(text: str) -> dict[str, Any]:
    """The one run of a log that keeps the schema of SARIF 2.1.0."""
    log = json.loads(text)
    validator: Any = Draft4Validator(schema("sarif-2.1.0-rtm.4.json"))
    validator.validate(log)
    (run,) = log["runs"]
    return run


def assert_junit(text: str) -> ElementTree.Element:
    """The root of XML that keeps the XSD."""
    xmlschema.XMLSchema(TESTS / "schemas" / "junit-10.xsd").validate(text)
    return ElementTree.fromstring(text)


def assert_gitlab(text: str) -> list[dict[str, Any]]:
    """The issues of a report that keeps the schema, no two with one fingerprint."""
    issues = json.loads(text)
    validator: Any = Draft202012Validator(schema("gitlab-code-quality.json"))
    validator.validate(issues)
    prints = [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == len(prints)
    return issues


def assert_github(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Command, properties and message of each line, as the runner of GitHub reads them."""
    read: list[tuple[str, dict[str, str], str]] = []
    for line in text.split("\n")[:-1]:
        found = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert found, line
        properties = dict(part.split("=", 1) for part in found[2].split(","))
        read.append((found[1], {name: unquote(value) for name, value in properties.items()}, unquote(found[3])))
    return read


def assert_markdown(text: str) -> list[list[str]]:
    """The rows of the tables: every one has as many cells as its head."""
    rows: list[list[str]] = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()]
        assert len({len(row) for row in cells}) == 1
        rows += [[cell.strip() for cell in row] for row in cells[2:]]
    return rows


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
@pytest.mark.parametrize(("named", "results"), [("found", FOUND), ("nothing", ALONE)])
def test_golden_files(report: type[Report], named: str, results: Results, snapshots: Snapshots) -> None:
    text = page(report, results)
    for key in ("semanticVersion", "aac"):  # who made it changes with each version of ours
        text = text.replace(f'"{key}": "{VERSION}"', f'"{key}": "…"')
    text = text.replace(f"aac {VERSION} ", "aac … ")
    snapshots.check(EXPECTED / f"{report.name}-{named}.txt", text)


def test_golden_files_are_all_asked_for() -> None:
    made = {f"{report.name}-{named}.txt" for report in REPORTS for named in ("found", "nothing")}
    assert {path.name for path in EXPECTED.iterdir()} == made


def test_the_same_results_give_the_same_bytes() -> None:
    for report in REPORTS:
        assert page(report, FOUND) == page(report, FOUND)
        json.dumps(report().view(PROJECT, FOUND))  # a view is plain data


def test_sarif() -> None:
    run = assert_sarif(page(SarifReport, FOUND))
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    first, second, *_ = run["results"]
    (location,) = first["locations"]
    place = location["physicalLocation"]
    assert unquote(place["artifactLocation"]["uri"]) == "alignment/ä b,c:d%.yml"
    assert place["region"].items() >= {"startLine": 7, "startColumn": 3, "endColumn": 7}.items()
    assert (first["level"], second["level"]) == ("error", "warning")
    assert {rule["id"]: rule["shortDescription"]["text"] for rule in rules}["AAC203"] == "A name means nothing here"
    off = [result for result in run["results"] if result["ruleId"] == "off_target"]
    assert [(result["level"], result["message"]["text"]) for result in off] == [
        ("error", "sla `sales_follow_up` in 2026-02: off target, 85.5% (171 of 200) where 95% was agreed")
    ]
    assert off[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "alignment/slas/sales_follow_up.yml"


def test_a_finding_without_a_place_stands_in_its_document_or_in_the_settings() -> None:
    lost = (
        Finding("AAC505", "info", "a", "b", None, "sla:sales_follow_up"),
        Finding("AAC505", "info", "a", "b", None, "sla:gone"),
        Finding("AAC111", "error", "a", "b"),
    )
    issues = assert_gitlab(page(GitlabReport, replace(ALONE, findings=lost)))
    assert [issue["location"] for issue in issues] == [
        {"path": "alignment/slas/sales_follow_up.yml", "lines": {"begin": 1}},
        {"path": "aac.toml", "lines": {"begin": 1}},
        {"path": "aac.toml", "lines": {"begin": 1}},
    ]


def test_gitlab_fingerprints_stay_when_lines_move() -> None:
    def prints(*lines: int) -> list[str]:
        findings = tuple(replace(WARNING, message=f"line {n}", span=Span("a.yml", n, 1, 1, "x: y")) for n in lines)
        return [i["fingerprint"] for i in assert_gitlab(page(GitlabReport, replace(ALONE, findings=findings)))]

    assert prints(3, 9) == prints(14, 20)
    assert prints(3) == prints(3, 9)[:1]


def test_gitlab_has_no_results_that_are_well() -> None:
    issues = assert_gitlab(page(GitlabReport, replace(RESULTS, findings=())))
    assert {issue["check_name"] for issue in issues} == {"off_target", "stale", "at_risk", "not_measurable"}


def test_junit() -> None:
    root = assert_junit(page(JunitReport, FOUND))
    documents, agreements = root
    counts = {name: sum(int(suite.get(name, "")) for suite in root) for name in ("tests", "failures", "errors")}
    assert {name: int(root.get(name, "")) for name in counts} == counts
    ends = {str(case.get("name")): [part.tag for part in case] for case in agreements}
    assert ends["sales_follow_up 2026-02"] == ["failure"]
    assert ends["renewal_notice 2026-02"] == ["error"]
    assert ends["expansion_signals_to_sales 2026-02"] == ["skipped"]
    assert ends["intro_call_48h 2026-02"] == ["skipped"]
    assert ends["win_rate 2026-02"] == ["system-out"]
    assert "sales_follow_up 2026-03" not in ends  # the exit code follows the last window
    assert "revenue 2026-02" not in ends  # nothing was promised
    files = {str(case.get("name")): [part.tag for part in case] for case in documents}
    assert files["alignment/ä b,c:d%.yml"] == ["failure"]
    assert files["alignment/slas/rejection_reasons.yml"] == ["system-out"]
    assert files["alignment/teams/sales.yml"] == []


def test_github() -> None:
    (command, properties, message), *others = assert_github(page(GithubReport, FOUND))
    assert command == "error"
    place = {"file": "alignment/ä b,c:d%.yml", "line": "7", "col": "3", "endColumn": "7", "title": "AAC203"}
    assert properties == place
    assert message.startswith("a|b: 100%, <b>&\"'`x`*_\r\n::error::\\x1b[31m\\x00")
    assert [command for command, *_ in others[:3]] == ["warning", "warning", "notice"]


def test_markdown() -> None:
    rows = assert_markdown(page(MarkdownReport, FOUND))
    assert rows[0] == ["`sales_follow_up`", "2026-02", "85.5% (171 of 200)", "95%", "■ off target"]
    (odd,) = [row for row in rows if row[0] == "error AAC203"]
    assert odd[1] == "`alignment/ä b,c:d%.yml:7:3`"
    assert r"a\|b: 100%, \<b\>\&" in odd[2]
    assert "`x`" in odd[2]
    assert page(MarkdownReport, ALONE) == "### Larkspur\n\nNothing is wrong.\n"


def test_current_windows_are_told_when_they_are_at_risk() -> None:
    results = (
        clock("sales_follow_up", MARCH, tally(1, 9), Status.OFF_TARGET),  # so far: it may still be reached
        clock("sales_follow_up", MARCH, tally(9, 1), Status.AT_RISK),
        clock("sales_follow_up", FEBRUARY, tally(9, 1), Status.AT_RISK, by={"segment": "SMB"}),
    )
    issues = assert_gitlab(page(GitlabReport, replace(ALONE, results=results)))
    assert [issue["check_name"] for issue in issues] == ["at_risk", "at_risk"]


spans = st.builds(Span, st.text(min_size=1), st.integers(1, 9), st.integers(1, 9), st.integers(0, 9), st.text())
findings = st.builds(
    Finding,
    st.sampled_from(["AAC101", "AAC203", "AAC999"]),
    st.sampled_from(Level.__args__),
    st.text(min_size=1),
    st.text(),
    st.none() | spans,
)


@given(st.lists(findings, max_size=4))
@settings(deadline=None, max_examples=60)
def test_any_text_keeps_every_format(found: list[Finding]) -> None:
    results = replace(ALONE, findings=tuple(found))
    assert len(assert_sarif(page(SarifReport, results))["results"]) == len(found)
    assert len(assert_github(page(GithubReport, results))) == len(found)
    assert len(assert_markdown(page(MarkdownReport, results))) == len(found)
    assert_junit(page(JunitReport, results))
    issues = json.loads(page(GitlabReport, results))
    assert len({issue["fingerprint"] for issue in issues}) == len(found)


def test_a_file_s_name_need_not_be_text() -> None:
    span = Span(b"alignment/\xff.yml".decode(errors="surrogateescape"), 1, 1)
    results = replace(ALONE, findings=(replace(ODD_FINDING, span=span),))
    (result,) = assert_sarif(page(SarifReport, results))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "alignment/%FF.yml"
    for report in REPORTS:
        assert page(report, results).encode()


# -- the command


BAD = "kind: team\nid: nobody\nname: Nobody\ncolour: red\n"
GOOD = "kind: team\nid: sales\nname: Sales\n"
WARNED = """\
kind: metric
id: speed
formula: count(*)
of: lead
at: created_at
unit: count
better: lower
owner: sales
serves: customer_success
role: input
target: {at_least: 5}
---
kind: entity
id: lead
key: id
fields: {id: text, created_at: timestamp}
"""
SETTINGS = '[project]\nname = "Small"\nspec = 1\n[sources.crm]\nconnector = "csv"\npath = "data"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a wrong document in a folder and a right one in another."""
    for file, text in {"aac.toml": SETTINGS, "alignment/a/bad.yml": BAD, "alignment/b/good.yml": GOOD}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    return tmp_path


def test_validate_writes_every_format(root: Path) -> None:
    names = [report.name for report in REPORTS]
    options = [option for name in names for option in ("--format", name, "--output", f"{name}.out")]
    done = run_aac(root, "validate", *options)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
    texts = {name: (root / f"{name}.out").read_text(encoding="utf-8") for name in names}
    assert assert_sarif(texts["sarif"])["results"][0]["ruleId"] == "AAC207"
    assert assert_gitlab(texts["gitlab"])[0]["location"] == {"path": "alignment/a/bad.yml", "lines": {"begin": 4}}
    files = [case.get("name") for case in assert_junit(texts["junit"])[0]]
    assert files == ["alignment/a/bad.yml", "alignment/b/good.yml"]
    assert assert_github(texts["github"])[0][1]["line"] == "4"
    assert len(assert_markdown(texts["markdown"])) == 1
    assert json.loads(run_aac(root, "validate", "--format", "json").stdout)["findings"][0]["code"] == "AAC207"


@pytest.mark.parametrize(
    ("paths", "code", "told"),
    [
        ((), 2, "1 error in 1 file"),
        ((".",), 2, "1 error in 1 file"),
        (("alignment/a",), 2, "1 error in 1 file"),
        (("alignment/b",), 0, "1 document is fine"),
        (("alignment/b/good.yml",), 0, "1 document is fine"),
        (("alignment/b/../b",), 0, "1 document is fine"),
        (("alignment/b", "alignment/a/bad.yml"), 2, "1 error in 1 file"),
        (("aac.toml",), 0, "0 documents are fine"),
        (("..",), 2, "does not lie in the project"),
        (("nowhere.yml",), 2, "does not exist"),
        (("--format", "xml"), 2, "no format `xml`"),
        (("--output", "a", "--output", "b"), 2, "more --output files"),
    ],
)
def test_validate_tells_what_lies_in_its_paths(root: Path, paths: tuple[str, ...], code: int, told: str) -> None:
    done = run_aac(root, "validate", *paths)
    assert done.returncode == code
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert ("AAC207" in done.stdout) == ("in 1 file" in told)


def test_paths_count_from_where_one_stands(root: Path) -> None:
    assert run_aac(root / "alignment" / "b", "validate", "good.yml").returncode == 0
    assert run_aac(root / "alignment" / "b", "validate", "../a").returncode == 2


def test_strict_ends_with_an_error_for_warnings(root: Path) -> None:
    (root / "alignment/a/bad.yml").write_text(WARNED)
    done = run_aac(root, "validate")
    assert done.returncode == 0, done.stdout
    assert "warning[AAC403]" in done.stdout
    assert run_aac(root, "validate", "--strict").returncode == 2
    assert run_aac(root, "validate", "--strict", "alignment/b").returncode == 0


def test_without_plugins_none_is_run(root: Path) -> None:
    (root / "alignment/a/bad.yml").write_text("kind: pledge\nid: one\n")
    (root / "plugins").mkdir()
    (root / "plugins/pledge.py").write_text("raise RuntimeError('I was run')\n")
    assert "I was run" in run_aac(root, "validate").stderr
    done = run_aac(root, "validate", "--no-plugins")
    assert (done.returncode, done.stderr) == (0, "")
    assert "note[AAC208]: there is no kind `pledge` without the plugins of the project" in done.stdout
    assert "= leave out `--no-plugins`" in done.stdout
    (root / "aac.toml").write_text(SETTINGS.replace('"csv"', '"mainframe"'))
    done = run_aac(root, "validate", "--no-plugins")
    assert done.returncode == 0
    assert "note[AAC610]: there is no connector `mainframe` without the plugins of the project" in done.stdout
    (root / "alignment/a/bad.yml").write_text("kind: taem\nid: other\n")
    assert run_aac(root, "validate", "--no-plugins").returncode == 2  # that is a misspelt kind of ours

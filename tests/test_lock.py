"""`aac lock`: which numbers of a period are kept, and which of them would come out differently later, and why.

The numbers are counted by hand from the tables of `tests/test_restate.py`.
"""

from __future__ import annotations

import json
from shutil import copytree
from typing import TYPE_CHECKING, cast

import pytest

from aac.changes import document_changes
from aac.distribution import VERSION
from aac.documents import read_text
from aac.errors import UsageError
from aac.evaluate import Asked
from aac.locking import Locked, lock, written
from aac.meanings import conflicts
from aac.operations import (
    build,
    measure,
    open_project,
    open_sound_project,
    pull_sources,
    read_moment,
    with_reviews,
)
from tests.commands import run_aac
from tests.small import COMPANY, NOW_US, write_project
from tests.test_restate import ENTITY, LEADS, counting, mql, reply

if TYPE_CHECKING:
    from pathlib import Path

LOCKED_US = 1_773_500_000_000_000
"""2026-03-14."""
JANUARY = "alignment/locks/2026-01.yml"
DOCUMENTS = COMPANY + ENTITY + mql(50) + counting("mql") + reply("1 hour")
CARD = """\
kind: scorecard
id: card
owner: sales
rows: [{sla: reply}]
---
"""


def pull(root: Path) -> None:
    pulled = pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    assert not [finding for finding in pulled.findings if finding.level == "error"], pulled.findings


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lock") / "project"
    write_project(root, DOCUMENTS + CARD.removesuffix("---\n"), {"leads": LEADS}, watermark="2026-03-10T12:00:00Z")
    pull(root)
    return root


@pytest.fixture
def project(pulled: Path, tmp_path: Path) -> Path:
    return copytree(pulled, tmp_path / "project")


def locked(root: Path, period: str, as_of: str | None = None) -> Locked:
    opened = open_sound_project(root)
    at = read_moment("--as-of", as_of, opened.project.timezone) if as_of else None
    return lock(opened, period, LOCKED_US, Asked(at), lambda _: None)


def numbers(root: Path, file: str = JANUARY) -> dict[str, dict[str, dict[str, str]]]:
    (document,), findings = read_text((root / file).read_bytes(), file)
    assert not findings
    return cast("dict[str, dict[str, dict[str, str]]]", document.data["numbers"])


def told(root: Path, code: str = "AAC445", as_of: str | None = None) -> list[str]:
    opened = open_sound_project(root)
    at = read_moment("--as-of", as_of, opened.project.timezone) if as_of else None
    results = measure(opened, NOW_US, Asked(at), lambda _: None, everything=True)
    return [finding.message for finding in results.findings if finding.code == code]


def edit(path: Path, was: str, becomes: str) -> None:
    text = path.read_text()
    assert text.count(was) == 1, text
    path.write_text(text.replace(was, becomes))


# -- what is kept


def test_a_month_is_kept_as_it_was(project: Path) -> None:
    found = locked(project, "2026-01")
    assert (found.file, found.stored, found.before, found.left) == (JANUARY, 3, 0, ())
    as_of = {"as_of": "2026-03-10T12:00:00Z"}
    assert numbers(project) == {
        "metric/mqls": {"2026-01": as_of | {"value": "2", "n": "2", "unit": "count"}},
        "scorecard/card": {"2026-01": as_of | {"status": "off_target", "score": "0"}},
        "sla/reply": {"2026-01": as_of | {"status": "off_target", "met": "1", "late": "2"}},
    }
    text = (project / JANUARY).read_text().splitlines()
    assert text[:5] == [
        "kind: lock", "id: locked_2026_01", "window: 2026-01", "locked_on: 2026-03-14", f"aac: {VERSION}"
    ]  # fmt: skip
    prints = [line.split(":")[0].strip() for line in text[text.index("fingerprints:") + 1 :]]
    assert prints == [
        "company/small", "definition/mql", "entity/lead", "entity/lead.at", "entity/lead.reply", "entity/lead.score",
        "metric/mqls", "scorecard/card", "sla/reply", "source/crm", "team/sales",
    ]  # fmt: skip
    assert open_project(project).findings == open_project(project).project.findings
    assert [f.code for f in open_project(project).findings if f.level == "error"] == []
    assert told(project) == []


def test_the_same_is_written_of_the_same(project: Path) -> None:
    locked(project, "2026-01")
    text = (project / JANUARY).read_bytes()
    (project / JANUARY).unlink()
    locked(project, "2026-01")
    assert (project / JANUARY).read_bytes() == text


def test_what_is_locked_is_not_locked_again(project: Path) -> None:
    locked(project, "2026-01")
    text = (project / JANUARY).read_bytes()
    with pytest.raises(UsageError, match=f"all of 2026-01 is locked already, in `{JANUARY}`; delete the file"):
        locked(project, "2026-01")
    assert (project / JANUARY).read_bytes() == text


def test_a_quarter_holds_its_months_and_what_is_not_final_is_named(project: Path) -> None:
    locked(project, "2026-01")
    first = locked(project, "2026-Q1")
    # January was locked before; March, and so the quarter, is not over on 10 March
    assert (first.file, first.stored, first.before) == ("alignment/locks/2026-Q1.yml", 3, 3)
    assert {of: list(windows) for of, windows in numbers(project, first.file).items()} == {
        "metric/mqls": ["2026-02"], "scorecard/card": ["2026-02"], "sla/reply": ["2026-02"]
    }  # fmt: skip
    assert [of for of, _ in first.left] == [
        "metric mqls 2026-Q1", "metric mqls 2026-03", "scorecard card 2026-Q1", "scorecard card 2026-03",
        "sla reply 2026-Q1", "sla reply 2026-03",
    ]  # fmt: skip
    assert "  sla reply 2026-03: its data ends before the window does\n" in written(first)
    with pytest.raises(UsageError, match="nothing more of 2026-Q1 is final yet: metric mqls 2026-Q1"):
        locked(project, "2026-Q1")
    later = locked(project, "2026-Q1", "2026-04-01")
    assert (later.file, later.stored, later.before, later.left) == ("alignment/locks/2026-Q1-2026-03-14.yml", 6, 6, ())
    assert list(numbers(project, later.file)["sla/reply"]) == ["2026-03", "2026-Q1"]
    # (1 + 2 + 0) of (3 + 4 + 1)
    quarter = numbers(project, later.file)["sla/reply"]["2026-Q1"]
    assert (quarter["met"], quarter["late"]) == ("3", "5")


@pytest.mark.parametrize(
    ("period", "says"),
    [
        ("2026-13", "there is no window `2026-13`"),
        ("all", "all time is never over"),
        ("2027", "nothing of 2027 is final yet"),
    ],
)
def test_what_is_no_period_that_is_over(project: Path, period: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        locked(project, period)
    assert not (project / "alignment/locks").exists()


# -- what would come out differently


def test_a_definition_that_was_edited(project: Path) -> None:
    locked(project, "2026-01")
    edit(project / "alignment/all.yml", "score > 50", "score > 60")
    assert told(project) == [
        "metric `mqls` in 2026-01 was 2 when 2026-01 was locked, and comes to 1 now: it rests on a changed `mql`"
    ]


def test_the_way_to_what_changed_is_told(project: Path) -> None:
    path = project / "alignment/all.yml"
    hot = "---\nkind: definition\nid: hot\nof: mql\nowner: sales\nwhen: reply is not null\nat: at\n---\n"
    path.write_text(path.read_text() + hot + counting("hot").removesuffix("---\n\n"))
    lock(open_sound_project(project), "2026-01", LOCKED_US, Asked(), lambda _: None, ("hots",))
    edit(path, "score > 50", "score > 60")
    assert told(project) == [
        "metric `hots` in 2026-01 was 2 when 2026-01 was locked, and comes to 1 now: it rests on a changed `mql` over "
        "`hot`"
    ]


def test_another_spelling_and_a_version_that_begins_later_change_nothing(project: Path) -> None:
    locked(project, "2026-01")
    path = project / "alignment/all.yml"
    edit(path, "when: score > 50\nat: at\n", "when: (score) > 50.0\nat: at\neffective_until: 2026-02-01\n")
    path.write_text(path.read_text() + "---\n" + mql(60, "effective_from: 2026-02-01").removesuffix("---\n\n"))
    assert told(project) == []
    # a lock of both knows each of the versions
    found = locked(project, "2026-02")
    assert numbers(project, found.file)["metric/mqls"]["2026-02"]["value"] == "2"  # 65 and 75
    assert "definition/mql@2026-02-01: " in (project / found.file).read_text()
    edit(path, "score > 60", "score > 70")
    assert told(project) == [
        "metric `mqls` in 2026-02 was 2 when 2026-02 was locked, and comes to 1 now: it rests on a changed `mql`"
    ]


def test_a_promise_that_was_edited(project: Path) -> None:
    locked(project, "2026-01")
    edit(project / "alignment/all.yml", "within: 1 hour", "within: 3 hours")
    assert told(project) == [
        "scorecard `card` in 2026-01 was off target with 0% of its weight on target when 2026-01 was locked, and comes "
        "to on target with 100% of its weight on target now: it rests on a "
        "changed `sla.reply`",
        "sla `reply` in 2026-01 was 33.3% (1 of 3) when 2026-01 was locked, and comes to 100% (3 of 3) now: what it "
        "says changed",
    ]


def test_an_objective_moves_the_status_alone(project: Path) -> None:
    locked(project, "2026-01")
    edit(project / "alignment/all.yml", "objective: 90%", "objective: 30%")
    assert told(project)[-1] == (
        "sla `reply` in 2026-01 was off target when 2026-01 was locked, and comes to on target now: what it says "
        "changed"
    )


def test_data_that_was_edited(project: Path) -> None:
    locked(project, "2026-01")
    edit(project / "data/leads.csv", "1,2026-01-05T09:00:00,40,", "1,2026-01-05T09:00:00,51,")
    pull(project)
    assert told(project) == [
        "metric `mqls` in 2026-01 was 2 when 2026-01 was locked, and comes to 3 now: the data of `crm` is not what it "
        "was"
    ]
    edit(project / "alignment/all.yml", "score > 50", "score > 60")
    assert told(project) == [
        "metric `mqls` in 2026-01 was 2 when 2026-01 was locked, and comes to 1 now: it rests on a changed `mql` and "
        "the data of `crm` is not what it was"
    ]


def test_data_that_came_later_changes_no_number(project: Path) -> None:
    locked(project, "2026-01")
    path = project / "data/leads.csv"
    path.write_text(path.read_text() + "9,2026-03-03T09:00:00,65,2026-03-03T12:00:00\n")
    pull(project)
    assert told(project) == []


def test_the_company_and_how_a_source_is_read(project: Path) -> None:
    locked(project, "2026-01")
    edit(project / "aac.toml", 'path = "data"\n', 'path = "data"\nnulls = ["", "2026-01-06T09:30:00"]\n')
    pull(project)
    edit(project / "alignment/all.yml", "currency: EUR", "currency: USD")
    assert told(project)[-1] == (
        "sla `reply` in 2026-01 was 33.3% (1 of 3) when 2026-01 was locked, and comes to 0% (0 of 3) now: it rests on "
        "a changed `company.small`, `source.crm`"
    )


def test_only_what_is_selected(project: Path) -> None:
    found = lock(open_sound_project(project), "2026-01", LOCKED_US, Asked(), lambda _: None, ("card",))
    assert (found.stored, list(numbers(project))) == (2, ["scorecard/card", "sla/reply"])
    rest = locked(project, "2026-01")
    assert (rest.stored, rest.before, list(numbers(project, rest.file))) == (1, 2, ["metric/mqls"])


def test_another_aac(project: Path) -> None:
    locked(project, "2026-01")
    path = project / JANUARY
    path.write_text(
        path.read_text().replace(f"aac: {VERSION}", "aac: 0.0.9").replace("value: 2, n: 2", "value: 5, n: 5")
    )
    (message,) = told(project)
    assert "was 5 when 2026-01 was locked, and comes to 2 now: aac" in message
    assert " measures it, and aac 0.0.9 with duckdb " in message


def test_whose_settled_number_is_edited_is_asked(project: Path) -> None:
    locked(project, "2026-01")
    before = open_sound_project(project).project
    edit(project / JANUARY, "late: 2", "late: 1")
    found, _ = document_changes(before, open_sound_project(project).project)
    assert [(change.rule, change.level, change.teams) for change in found] == [
        ("lock.numbers.late.lowered", "breaking", ("sales", "marketing"))
    ]
    (project / JANUARY).unlink()
    found, _ = document_changes(before, open_sound_project(project).project)
    assert [(change.rule, set(change.teams)) for change in found] == [("lock.removed", {"sales", "marketing"})]
    back, _ = document_changes(open_sound_project(project).project, before)
    assert [(change.rule, change.teams) for change in back] == [("lock.added", ())]


def test_a_lock_that_was_edited(project: Path) -> None:
    locked(project, "2026-01")
    edit(project / JANUARY, "late: 2", "late: 0")
    assert told(project) == [
        "sla `reply` in 2026-01 was 100% (1 of 1) when 2026-01 was locked, and comes to 33.3% (1 of 3) now: nothing "
        "that is kept of what it was measured with changed, so perhaps the lock was"
    ]


def test_as_of_a_day_before_it_was_settled_nothing_is_told(project: Path) -> None:
    locked(project, "2026-01")
    edit(project / "alignment/all.yml", "score > 50", "score > 60")
    assert told(project, as_of="2026-01-20") == []
    assert told(project, as_of="2026-03-09") == []


# -- what is wrong with locks


@pytest.mark.parametrize(
    ("was", "becomes", "code", "says"),
    [
        ("met: 1", "met: -1", "AAC301", "`-1` counts nothing"),
        ("value: 2", "value: two", "AAC301", "`two` is not a number"),
        ("status: off_target, met", "status: failed, met", "AAC308", "`failed` is not possible here"),
        ("window: 2026-01", "window: 2026-21", "AAC308", "there is no window `2026-21`"),
        ("sla/reply:\n    2026-01", "sla/reply:\n    2026-1", "AAC308", "there is no window `2026-1`"),
        ("  sla/reply:\n", "  definition/mql:\n", "AAC308", "`definition/mql` names nothing that has numbers"),
        ("unit: count", "units: count", "AAC207", "`units`"),
        ('as_of: "2026-03-10T12:00:00Z", value', "as_of: March, value", "AAC308", "`March` is no moment"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(project: Path, was: str, becomes: str, code: str, says: str) -> None:
    locked(project, "2026-01")
    edit(project / JANUARY, was, becomes)
    found = [f for f in open_project(project).findings if f.span is not None and f.span.file == JANUARY]
    assert [(f.code, f.level) for f in found] == [(code, "error")], found
    assert says in found[0].message


def test_a_number_is_locked_once(project: Path) -> None:
    locked(project, "2026-01")
    text = (project / JANUARY).read_text()
    (project / "alignment/locks/again.yml").write_text(text.replace("locked_2026_01", "again_2026_01"))
    found = [f for f in open_project(project).findings if f.level == "error"]
    assert {f.code for f in found} == {"AAC209"}
    assert sorted(f.message for f in found)[0] == "`metric/mqls` in 2026-01 is locked already, by `again_2026_01`"


def test_the_command(project: Path) -> None:
    done = run_aac(project, "lock", "2026-01", "--now", "2026-03-13")
    assert (done.returncode, done.stdout) == (0, f"2026-01: 3 numbers locked\n  {JANUARY}\n"), done.stderr
    assert run_aac(project, "lock", "2026-01").returncode == 2
    checked = run_aac(project, "check", "--fail-on", "never")
    assert (checked.returncode, "AAC445" in checked.stdout) == (0, False)
    edit(project / "alignment/all.yml", "score > 50", "score > 60")
    assert "warning[AAC445] metric `mqls` in 2026-01 was 2 when" in run_aac(project, "check").stdout


# -- on the pages


def test_pages_draw_both_lines(project: Path) -> None:
    path = project / "alignment/all.yml"
    edit(path, "score > 50\nat: at\n", "score > 50\nat: at\neffective_until: 2026-02-01\n")
    path.write_text(path.read_text() + "---\n" + mql(60, "effective_from: 2026-02-01").removesuffix("---\n\n"))
    build(open_sound_project(project), NOW_US, Asked(), lambda _: None)
    page = (project / "site/metric/mqls.html").read_text()
    # two in January as it was defined then, one as February has it; two in February both ways
    assert "mql changed on 2026-02-01, from 2026-02 on" in page
    assert page.count('<polyline class="again"') == 1
    cells = [row.split("</tr>")[0] for row in page.split('data-label="Window">')[1:]]
    restated = {cell[:7]: cell.split('data-label="Restated">')[1].split("<")[0] for cell in cells if "Restated" in cell}
    assert {label: shown for label, shown in restated.items() if shown != "the same"} == {"2026-01": "1"}


def test_pages_draw_what_was_locked(project: Path) -> None:
    locked(project, "2026-01")
    edit(project / "alignment/all.yml", "score > 50", "score > 60")
    build(open_sound_project(project), NOW_US, Asked(), lambda _: None)
    page = (project / "site/metric/mqls.html").read_text()
    assert page.count('<polyline class="again"') == 1
    assert '<span class="number">2</span> <span class="aside">locked</span>' in page
    assert 'data-label="Restated">1<' in page


# -- what is gone, and what means another thing


def findings(root: Path, *codes: str) -> list[tuple[str, str]]:
    found = with_reviews(open_project(root), NOW_US).findings
    return [(finding.code, finding.message) for finding in found if finding.code in codes]


def test_what_a_document_names_is_kept(project: Path) -> None:
    locked(project, "2026-01")
    lines = (project / JANUARY).read_text().splitlines()
    begins, ends = lines.index("meant:"), lines.index("fingerprints:")
    assert lines[begins + 1 : ends] == [
        '  definition/mql: "of lead"', '  metric/mqls: "of lead, in count"', '  sla/reply: "owed by sales to marketing"'
    ]  # fmt: skip


def test_a_version_that_is_gone_is_told(project: Path) -> None:
    path = project / "alignment/all.yml"
    edit(path, "score > 50\nat: at\n", "score > 50\nat: at\neffective_until: 2026-02-01\n")
    first = path.read_text()
    path.write_text(first + "---\n" + mql(60, "effective_from: 2026-02-01").removesuffix("---\n\n"))
    locked(project, "2026-01")
    locked(project, "2026-02")
    assert findings(project, "AAC446") == []
    path.write_text(first.replace("score > 50", "score > 60").replace("effective_until: 2026-02-01", "means: Hot"))
    # the one that begins first says what the second did: then that one is not gone
    assert findings(project, "AAC446") == []
    path.write_text(first.replace("score > 50", "score > 70").replace("effective_until", "effective_from"))
    assert findings(project, "AAC446") == [
        (
            "AAC446",
            "the version of definition `mql` that held first is gone, and closed windows of 2026-01 were measured with "
            "it",
        ),
    ]
    path.write_text(first)
    assert findings(project, "AAC446") == [
        (
            "AAC446",
            "the version of definition `mql` that held from 2026-02-01 on is gone, and closed windows of 2026-02 were "
            "measured with it",
        ),
    ]


def test_a_document_that_is_gone_is_told(project: Path) -> None:
    locked(project, "2026-01")
    path = project / "alignment/all.yml"
    path.write_text(path.read_text().replace(counting("mql"), ""))
    assert findings(project, "AAC446") == [
        ("AAC446", "metric `mqls` is gone, and closed windows of 2026-01 were measured with it")
    ]
    assert told(project) == []


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        (
            "unit: count",
            "unit: score",
            "metric `mqls` is of lead, in score, and was of lead, in count when 2026-01 was ",
        ),
        (
            "{owes: sales, to: marketing}",
            "{owes: marketing, to: sales}",
            "sla `reply` is owed by marketing to sales, and ",
        ),
    ],
)
def test_an_id_that_means_another_thing_than_when_it_was_locked(
    project: Path, was: str, becomes: str, says: str
) -> None:
    locked(project, "2026-01")
    edit(project / "alignment/all.yml", was, becomes)
    (found,) = findings(project, "AAC447")
    assert found[1].startswith(says)


def test_versions_of_one_id_mean_one_thing(project: Path) -> None:
    path = project / "alignment/all.yml"
    until = counting("mql", "effective_until: 2026-03-01")
    since = counting("mql", "effective_from: 2026-03-01").replace("unit: count", "unit: score")
    path.write_text(path.read_text().replace(counting("mql"), until + since))
    assert findings(project, "AAC447") == [
        (
            "AAC447",
            "metric `mqls` is of lead, in score, and was of lead, in count before 2026-03-01: one id means one thing",
        )
    ]


# -- in a review


def test_a_change_of_what_was_locked_is_to_be_settled(project: Path, tmp_path: Path) -> None:
    locked(project, "2026-01")
    base = copytree(project, tmp_path / "base")
    path = project / "alignment/all.yml"
    edit(path, "score > 50", "score > 60")
    says = (
        "`mql`: 1 settled number was locked with what it said in 2026-01 (`mqls`); begin what is new with "
        "`effective_from`, which leaves closed windows"
    )
    assert list(conflicts(open_project(base).project, open_project(project).project)) == [says]
    done = run_aac(project, "diff", str(base), "--format", "json")
    assert json.loads(done.stdout)["impact"]["conflicts"] == [says], done.stderr
    path.write_bytes((base / "alignment/all.yml").read_bytes())
    edit(path, "unit: count", "unit: score")
    told = list(conflicts(open_project(base).project, open_project(project).project))
    assert told[1].startswith("`mqls`: metric `mqls` is of lead, in score, and was of lead, in count when 2026-01 was")
    # what cannot have versions is not told to begin
    path.write_bytes((base / "alignment/all.yml").read_bytes())
    edit(path, "at: timestamp", "at: {type: timestamp, from: other}")
    (told,) = conflicts(open_project(base).project, open_project(project).project)
    assert told.endswith("what is locked stays as it is, and later runs name each number that comes out otherwise")
    # a version leaves what was locked
    path.write_bytes((base / "alignment/all.yml").read_bytes())
    edit(path, "score > 50\nat: at\n", "score > 50\nat: at\neffective_until: 2026-03-01\n")
    path.write_text(path.read_text() + "---\n" + mql(60, "effective_from: 2026-03-01").removesuffix("---\n\n"))
    assert list(conflicts(open_project(base).project, open_project(project).project)) == []

"""Up to which moment a source is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.landing import NOW_US, Project, column, table, us

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def watermark(project: Project, text: str | None, zone: str | None = None) -> int:
    """The watermark that a pull finds."""
    project.set(watermark=text, timezone=zone)
    pulled = project.pull()
    assert [each for each in pulled.findings if each.level == "error"] == []
    return pulled.sources[0].watermark_us


def test_watermarks(project: Project) -> None:
    project.put(
        "lead",
        'id,at,on,"Closed, at",mixed\n1,2026-02-01 10:00:00,2026-01-31,1-2-2026,2026-02-01\n'
        "2,2026-02-01T09:30:00-02:00,2026-02-01,28-1-2026,2026-02-01 23:00\n3,,9999-12-31,,\n",
    )
    project.tables = [table("lead", column("id"), column("closed", "date", "Closed, at", format="%d-%m-%Y"))]
    assert watermark(project, None) == NOW_US
    assert watermark(project, "2026-02-28") == us(2026, 3, 1)
    assert watermark(project, "2026-02-28", "Europe/Berlin") == us(2026, 2, 28, 23)
    assert watermark(project, "2026-02-28 12:00", "Europe/Berlin") == us(2026, 2, 28, 11)
    assert watermark(project, "2026-02-28T12:00:00Z", "Europe/Berlin") == us(2026, 2, 28, 12)
    assert watermark(project, "max(lead.at)") == us(2026, 2, 1, 11, 30)
    assert watermark(project, "max(lead.at)", "America/New_York") == us(2026, 2, 1, 15)
    assert watermark(project, "max( lead.on )", "Europe/Berlin") == us(2026, 2, 1, 23)
    assert watermark(project, 'max("lead"."Closed, at")') == us(2026, 2, 2)
    assert watermark(project, "max(lead.mixed)") == us(2026, 2, 2)


def test_a_watermark_may_read_a_stream_that_no_entity_does(project: Project) -> None:
    project.put("lead", "id\n1\n")
    project.put("log", "at\n2026-02-01 10:00\n2026-02-03 10:00\n")
    project.tables = [table("lead", column("id"))]
    assert watermark(project, "max(log.at)") == us(2026, 2, 3, 10)
    with project.landed() as data:
        (source,) = data.sources
        assert (source.rows, source.watermark_us, source.pulled_at_us) == (
            {"lead": 1, "log": 2},
            us(2026, 2, 3, 10),
            NOW_US,
        )


def test_a_watermark_that_changed_is_found_again_without_a_pull(project: Project) -> None:
    project.put("lead", "id,at\n1,2026-02-01 10:00\n")
    project.tables = [table("lead", column("id"), column("at", "timestamp"))]
    project.pull()
    for text, zone, expected in [
        (None, "UTC", NOW_US),
        ("2026-03-01", "UTC", us(2026, 3, 2)),
        ("max(lead.at)", "UTC", us(2026, 2, 1, 10)),
        ("max(lead.at)", "Europe/Berlin", us(2026, 2, 1, 9)),
    ]:
        project.set(watermark=text)
        with project.landed(zone) as data:
            assert [source.watermark_us for source in data.sources] == [expected]


def test_a_text_that_is_no_moment_is_shown_of_a_column_that_holds_moments(project: Project) -> None:
    project.put("lead", "id,at\n1,28-02-2026 10:00\n2,31-02-2026 10:00\n")
    project.tables = [table("lead", column("id"), column("at", "timestamp", format="%d-%m-%Y %H:%M"))]
    project.set(watermark="max(lead.at)")
    (finding,) = project.pull().findings
    assert finding.message == "1 text of `lead.at`, the watermark of `crm`, is no moment: '31-02-2026 10:00'"


@pytest.mark.parametrize(
    ("text", "code", "message", "instead"),
    [
        (
            "max(lead.at)",
            "AAC608",
            "2 texts of `lead.at`, the watermark of `crm`, are no moments",
            "the `format` it is written in",
        ),
        (
            "max(lead.empty)",
            "AAC608",
            "there is no moment in `lead.empty`, the watermark of `crm`",
            "or leave the watermark out",
        ),
        (
            "max(lead.att)",
            "AAC606",
            "the watermark of `crm` reads `att`, which `crm.lead` does not have",
            "did you mean `at`?",
        ),
        (
            "max(leads.at)",
            "AAC607",
            "the watermark of `crm` reads `leads`, which it does not have",
            "did you mean `lead`?",
        ),
        ("yesterday", "AAC608", "`yesterday` is no moment of 1990 to 2100", "as in `max(stream.column)`"),
    ],
)
def test_watermarks_that_cannot_be_found_fail_the_source(
    project: Project, text: str, code: str, message: str, instead: str
) -> None:
    project.put("lead", "id,at,empty\n1,2026-02-01,\n2,soon,\n3,02.01.2026,\n4,,\n")
    project.tables = [table("lead", column("id"))]
    project.pull()
    project.set(watermark=text)
    (finding,) = project.pull(now_us=NOW_US + 1).findings
    assert (finding.code, finding.level, finding.message) == (code, "error", message)
    assert finding.instead.endswith(instead)
    assert project.ask("SELECT watermark_us FROM _aac.sources") == [(NOW_US,)]
    if code != "AAC607":
        with project.landed() as data:
            assert [(each.code, each.message) for each in data.findings] == [(code, message)]

"""What a document rests on can alter its number or its promise; what it only names stands apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aac.operations import open_sound_project
from aac.selecting import select

if TYPE_CHECKING:
    from aac.project import Project
    from aac.reports.base import Entry

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def project() -> Project:
    return open_sound_project(ROOT).project


@pytest.fixture(scope="module")
def entries(project: Project) -> dict[str, Entry]:
    return {f"{entry.kind}:{entry.id}": entry for entry in project.entries()}


@pytest.mark.parametrize(
    ("user", "other"),
    [
        ("metric:win_rate", "metric:new_customers"),  # leads_to
        ("metric:acceptance_rate", "metric:decided_in_a_week"),  # its guardrail
        ("sla:enough_mqls", "meeting:weekly_lead_review"),  # where a step of the escalation leads
        ("meeting:weekly_lead_review", "sla:sales_follow_up"),  # what is shown there
        ("meeting:quarterly_review", "scorecard:joint"),
        ("decision:threshold_stays", "definition:mql"),
        ("definition:mql", "team:marketing"),
    ],
)
def test_what_is_only_named_is_no_ground(entries: dict[str, Entry], user: str, other: str) -> None:
    assert (other in entries[user].rests_on, other in entries[user].mentions) == (False, True)
    assert (user in entries[other].used_by, user in entries[other].mentioned_in) == (False, True)


@pytest.mark.parametrize(
    ("user", "other"),
    [
        ("sla:enough_mqls", "metric:mqls"),
        ("sla:enough_mqls", "waiver:summer_campaign"),
        ("sla:complete_handoff", "calendar:desk"),
        ("metric:follow_up_kept", "sla:sales_follow_up"),
        ("metric:icp_share", "icp:core"),
        ("scorecard:joint", "metric:win_rate"),
        ("definition:rejected_lead", "definition:mql"),
        ("metric:mqls", "entity:lead"),
    ],
)
def test_what_alters_a_number_is_its_ground(entries: dict[str, Entry], user: str, other: str) -> None:
    assert other in entries[user].rests_on
    assert user in entries[other].used_by
    assert other not in entries[user].mentions


def test_a_selection_follows_grounds_alone(project: Project) -> None:
    """Of an entity only its readers are followed: who reads an account is not who reads a lead with an account."""
    mql = select(["mql+"], project)
    assert {"metric:mqls", "sla:sales_follow_up", "metric:follow_up_kept", "scorecard:joint"} <= mql.others
    assert not {"metric:win_rate", "sla:complete_handoff", "meeting:weekly_lead_review"} & mql.others
    assert "metric:mqls" not in select(["entity:forecast+"], project).others
    assert "sla:kickoff" not in mql.others

"""What a change does that cannot be counted: it is named with the reason, and never said to have come out the same."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from aac.operations import open_sound_project, pull_sources
from aac.reviewing import backtest, diff, review
from tests.small import NOW_US, write_project
from tests.test_impact import DOCUMENTS, LEADS, changed, edit, numbers, project
from tests.test_revisions import git

__all__ = ["project"]

ROOT = Path(__file__).parent.parent

OURS = """\
from aac import hookimpl


@hookimpl
def aac_functions():
    return []
"""


def reasons(told: dict[str, Any]) -> dict[str, str]:
    return {each["of"]: each["why"] for each in told["impact"]["not_compared"]}


def commit(root: Path, branch: str = "edit") -> None:
    git(root, "checkout", "--quiet", "-B", branch)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "edit")


def reviewed(root: Path) -> dict[str, Any]:
    return json.loads(review(root, "main..HEAD", ("last:2",), None).artefact)


def test_code_that_a_review_does_not_run(project: Path) -> None:
    (project / "plugins").mkdir()
    (project / "plugins" / "ours.py").write_text(OURS)
    commit(project)
    told = reviewed(project)
    assert told["impact"]["unchanged"] == []
    why = reasons(told)
    assert {"plugins/ours.py", "metric:hots", "sla:touch"} <= why.keys()
    assert "no code of a branch" in why["metric:hots"]
    comment = review(project, "main..HEAD", ("last:2",), None).comment
    assert "came out the same" not in comment
    # who runs it counts it
    assert changed(project, "main..HEAD")["impact"]["unchanged"] != []


def test_code_beside_another_edit(project: Path) -> None:
    """What the other edit moves is told; that the code is left out, too."""
    (project / "plugins").mkdir()
    (project / "plugins" / "ours.py").write_text(OURS)
    edit(project, "when: score > 50", "when: score > 55 and fit")
    commit(project)
    told = reviewed(project)
    assert numbers(told)["hots"] == ("2.5", "1", "−1.5")
    assert set(reasons(told)) == {"plugins/ours.py", "metric:fitting"}


def test_a_path_from_which_nothing_was_pulled(project: Path) -> None:
    (project / "data").rename(project / "other")
    edit(project, 'path = "data"', 'path = "other"', "aac.toml")
    told = changed(project)
    assert (told["impact"]["unchanged"], told["impact"]["numbers"]) == ([], [])
    assert "aac pull" in reasons(told)["metric:hots"]
    commit(project)
    told = reviewed(project)
    assert (told["impact"]["unchanged"], told["impact"]["numbers"]) == ([], [])
    assert "branch" in reasons(told)["metric:hots"]


def test_how_a_branch_reads_a_source_is_not_tried_in_a_review(project: Path) -> None:
    """Sources are read as the base says; `aac diff` shows what the edit does."""
    edit(project, "[sources.crm]\n", '[sources.crm]\nnulls = ["", "60"]\n', "aac.toml")
    assert numbers(changed(project))["hots"] == ("2.5", "2", "−0.5")
    commit(project)
    told = reviewed(project)
    assert (told["impact"]["unchanged"], told["impact"]["numbers"]) == ([], [])
    assert "metric:hots" in reasons(told)


def test_how_old_data_may_be_moves_no_number(project: Path) -> None:
    edit(project, "[sources.crm]\n", '[sources.crm]\nfreshness = { warn_after = "1 day" }\n', "aac.toml")
    edit(project, "when: score > 50", "when: score > 55")
    told = changed(project)
    assert list(reasons(told)) == ["sources.crm.freshness"]  # it moves statuses by the hour
    assert [records["id"] for records in told["impact"]["records"]] == ["hot", "buyer"]
    edit(project, "when: score > 55", "when: score > 50")
    assert changed(project)["rests_on"] == []


def test_records_are_compared_where_they_are_read_the_same(project: Path) -> None:
    """A source that has nothing to do with a word does not keep its records from being compared."""
    edit(project, "[sources.crm]\n", '[sources.crm]\ntimezone = "Asia/Tokyo"\n', "aac.toml")
    edit(project, "when: score > 50", "when: score > 55")
    told = changed(project)
    assert set(reasons(told)) == {"definition:hot", "definition:buyer"}
    screen = diff(project, None, "text", ("last:2",))
    assert " ".join(screen.split()).count("the records themselves are read otherwise") == 1


def test_windows_without_anything(project: Path) -> None:
    edit(project, "when: score > 50", "when: score > 55")
    told = json.loads(diff(project, None, "json", ("2012-01",)))
    assert told["impact"]["unchanged"] == []
    assert "nothing to count" in reasons(told)["metric:hots"]


VERSIONS = """\
when: score > 50
at: hot_at
owner: marketing
parties: [marketing, sales]
effective_until: 2026-02-01
---
kind: definition
id: hot
name: Hot lead
of: lead
when: score > 55
at: hot_at
effective_from: 2026-02-01
"""


def test_a_version_that_is_removed(project: Path) -> None:
    """January was measured with it, and now by the other one: the recount, by the newest, cannot show that."""
    before = (project / "alignment" / "all.yml").read_text()
    edit(project, "when: score > 50\nat: hot_at\n", VERSIONS)
    git(project, "commit", "--quiet", "-am", "versions")
    (project / "alignment" / "all.yml").write_text(before.replace("score > 50", "score > 55"))
    told = changed(project)
    assert "definition.version_removed" in {change["rule"] for change in told["changes"]}
    assert told["impact"]["unchanged"] == []
    assert "version" in reasons(told)["metric:hots"]


def test_an_edit_of_a_version_that_no_longer_holds(project: Path) -> None:
    edit(project, "when: score > 50\nat: hot_at\n", VERSIONS)
    git(project, "commit", "--quiet", "-am", "versions")
    edit(project, "when: score > 50", "when: score > 52")
    told = changed(project)
    assert (told["impact"]["unchanged"], told["impact"]["numbers"]) == ([], [])
    assert "version" in reasons(told)["metric:hots"]


def test_errors_of_the_base_are_named(project: Path) -> None:
    edit(project, "formula: share(fit)", "formula: share(fitt)")
    git(project, "commit", "--quiet", "-am", "a typing error")
    edit(project, "formula: share(fitt)", "formula: share(fit)")
    told = changed(project)
    assert told["impact"]["unchanged"] == []
    (broken,) = [each for each in told["not_compared"] if each["id"] == "fitting"]
    assert "AAC203" in broken["why"]
    assert "fitt" in broken["why"]


def test_open_windows_stand_apart(tmp_path: Path) -> None:
    """A lead of February has until March to be answered: its window is not settled, and January's is."""
    root = write_project(tmp_path / "small", DOCUMENTS, {"leads": LEADS})
    (root / ".gitignore").write_text(".aac/\n")
    edit(root, "when: {within: 4 hours}", "when: {within: 40 days}")
    git(root, "init", "--quiet", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    edit(root, "when: {within: 40 days}", "when: {within: 5 hours}")
    impact = changed(root)["impact"]
    (row,), (open_,) = impact["numbers"], impact["provisional"]
    assert [(each["window"], each["provisional"]) for each in row["each"]] == [("2026-01", False), ("2026-02", True)]
    # a and b of January; c and f of February, of which d is still open as it was
    assert (row["before"], row["after"], row["windows"]) == ("100%", "50%", 1)
    assert (open_["before"], open_["after"], open_["windows"]) == ("100%", "33.3%", 1)
    assert [told for told in impact["conflicts"] if "2 windows" in told] == []
    told = json.loads(backtest(root, None, "touch", ["5 hours", "40 days"], ["50"], "json", ("last:2",)))
    for tried in told["tried"]:
        assert [w["window"] for w in tried["windows"]] == ["2026-01"]
        assert [w["window"] for w in tried["provisional"]] == ["2026-02"]


def test_windows_of_two_grains_are_no_row(project: Path) -> None:
    edit(
        project,
        "of: lead\nat: hot_at\nunit: percent",
        "of: lead\nat: hot_at\nwindow: quarter\nunit: percent",
    )
    told = changed(project)
    assert "fitting" not in numbers(told)
    assert (
        reasons(told)["metric:fitting"] == "it is counted by month before and by quarter now, so no window is the same"
    )


@pytest.mark.parametrize("way", ["raised", "lowered"])
def test_both_sides_are_counted_at_one_moment(project: Path, way: str) -> None:
    """Where the watermark is another one, the earlier of both."""
    later, earlier = 'watermark = "2026-03-02T06:00:00Z"', 'watermark = "2026-02-04T12:00:00Z"'
    text = (project / "aac.toml").read_text()
    assert "watermark" in text
    old, new = (earlier, later) if way == "raised" else (later, earlier)
    start = next(line for line in text.splitlines() if line.startswith("watermark"))
    edit(project, start, old, "aac.toml")
    git(project, "commit", "--quiet", "-am", "watermark")
    edit(project, old, new, "aac.toml")
    told = changed(project)
    assert all(len(row["each"]) <= 2 for row in told["impact"]["numbers"])
    for row in told["impact"]["numbers"]:
        assert all(each["before"] is not None and each["after"] is not None for each in row["each"])


def test_a_project_that_still_is_the_sample_is_counted_on_what_was_shipped(tmp_path: Path) -> None:
    """Nothing was pulled: as long as its data is the sample's to the byte, the sample is what it is counted on."""
    root = tmp_path / "larkspur"
    for part in ("alignment", "data"):
        copytree(ROOT / part, root / part)
    (root / "aac.toml").write_text((ROOT / "aac.toml").read_text())
    git(root, "init", "--quiet", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    edit(root, "when: score > param.mql_threshold", "when: score > 60", "alignment/definitions/mql.yml")
    told = changed(root)
    assert told["impact"]["sample"] == "the sample company"
    assert "mqls" in numbers(told)
    assert not (root / ".aac").exists()
    with (root / "data" / "leads.csv").open("a") as file:
        file.write("\n")
    told = changed(root)
    assert (told["impact"]["sample"], set(reasons(told))) == (None, {"all numbers"})


KIND = """\
from typing import ClassVar

from aac import Kind, hookimpl


class Club(Kind):
    kind_name: ClassVar[str] = "club"
    draft: ClassVar[str] = "kind: club\\nid: $id\\n"


@hookimpl
def aac_kinds():
    return [Club]
"""


def test_what_only_the_code_of_a_branch_knows(project: Path) -> None:
    """A document of a kind of its own, and a formula with a function of its own."""
    (project / "plugins").mkdir()
    (project / "plugins" / "ours.py").write_text(KIND)
    (project / "alignment" / "club.yml").write_text("kind: club\nid: chess\n")
    edit(project, "formula: share(fit)", "formula: share(fit) * doubled(1)")
    commit(project)
    told = reviewed(project)
    assert [(each["kind"], each["id"]) for each in told["not_compared"]] == [("club", "chess")]
    assert "without the code of the branch" in reasons(told)["metric:fitting"]
    assert (
        "not compared: club chess: what this kind is only" in review(project, "main..HEAD", ("last:2",), None).comment
    )


def test_a_new_source_may_move_what_names_none(project: Path) -> None:
    edit(project, "from: crm.leads\n", "")
    git(project, "commit", "--quiet", "-am", "whichever")
    edit(project, "[sources.crm]\n", '[sources.more]\nconnector = "csv"\npath = "more"\n\n[sources.crm]\n', "aac.toml")
    told = changed(project)
    assert [(change["rule"], change["class"]) for change in told["changes"]] == [("settings.sources.added", "breaking")]
    assert told["impact"]["unchanged"] == []
    assert "metric:hots" in reasons(told)


def test_how_old_data_may_be_and_what_is_hidden(project: Path) -> None:
    with (project / "aac.toml").open("a") as file:
        file.write('freshness = {error_after = "1 day"}\n\n[privacy]\nk = 50\n')
    why = reasons(changed(project))
    assert set(why) == {"sources.crm.freshness", "privacy.k"}
    assert "see `aac check` on both sides" in why["sources.crm.freshness"]
    assert "see `aac build` on both sides" in why["privacy.k"]


def test_a_split_that_is_dropped(project: Path) -> None:
    """It takes numbers away, which is breaking; totals come out the same, and nothing is said of earlier versions."""
    edit(project, "formula: share(fit)\n", "formula: share(fit)\nby: [score]\n")
    git(project, "commit", "--quiet", "-am", "a split")
    edit(project, "by: [score]\n", "")
    told = changed(project)
    assert [(change["rule"], change["class"]) for change in told["changes"]] == [("metric.by.removed", "breaking")]
    assert reasons(told) == {"metric:fitting by score": "groups are not counted on either side, only totals"}
    assert told["impact"]["unchanged"] == ["metric:fitting"]

"""Edits of the sample company and of a real CRM export, each a branch of a repository: what `aac diff` calls it, and
that its numbers are those that come out when each side is checked out and measured by itself."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from aac.evaluate import Asked, evaluate
from aac.folders import ALLOWED
from aac.landing.landed import prepared
from aac.operations import open_sound_project, pull_sources
from aac.reviewing import comparing, impact
from aac.selecting import measurable
from tests.test_revisions import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aac.results import Result

HERE = Path(__file__).parent
ROOT = HERE.parent
DATA = Path(os.environ.get("AAC_SHARED", ROOT.parent / "shared")) / "data" / "maven_crm"
WINDOWS = ("last:2",)
NOW_US = 1_772_438_400_000_000
"""2026-03-02T09:00 in Berlin: when the sample company looks at its numbers."""


class Edit(NamedTuple):
    """A text that takes the place of another in a file, and what is said of it: rule, class, part of the sentence."""

    file: str
    old: str
    new: str
    rule: str
    level: str
    sentence: str
    moves: tuple[str, ...] = ()
    """Numbers that have to move; which ones do is known of each side measured alone."""


LARKSPUR = {
    "narrower word": Edit(
        "alignment/definitions/mql.yml", "when: score > param.mql_threshold", "when: score > 60",
        "definition.when.changed", "breaking",
        "the rule changes from `score > param.mql_threshold` to `score > 60`", ("mqls", "enough_mqls"),
    ),
    "same rule, spelt otherwise": Edit(
        "alignment/definitions/mql.yml", "when: score > param.mql_threshold",
        'when: "(score  >  param.mql_threshold)" # so',
        "", "", "",
    ),
    "prose": Edit(
        "alignment/definitions/mql.yml", "name: Marketing Qualified Lead", "name: Marketing qualified lead",
        "document.name.changed", "editorial",
        "`name` changes from `Marketing Qualified Lead` to `Marketing qualified lead`",
    ),
    "parameter": Edit(
        "aac.toml", "mql_threshold = 50", "mql_threshold = 55", "settings.param.changed", "breaking",
        "the parameter `mql_threshold` changes from `50` to `55`", ("mqls",),
    ),
    "how a source writes nothing": Edit(
        "aac.toml", 'nulls = ["", "n/a"]', 'nulls = [""]', "settings.sources.nulls.changed", "breaking",
        "`nulls` of the source `crm` changes from",
    ),
    "zone of a source": Edit(
        "aac.toml", 'path = "data"                                # every', 'path = "data" # every', "", "", "",
    ),
    "points": Edit(
        "alignment/icp/core.yml", "points: 20, why", "points: 5, why", "icp.criteria.points.lowered", "breaking",
        "from `20` to `5`", ("icp_share",),
    ),
    "tier": Edit(
        "alignment/icp/core.yml", "tiers: {A: 80, B: 60}", "tiers: {A: 80, B: 70}", "icp.tiers.raised", "breaking",
        "from `60` to `70`",
    ),
    "weaker objective": Edit(
        "alignment/slas/sales_follow_up.yml", "objective: 90%", "objective: 80%",
        "sla.how_measured.objective.lowered", "breaking",
        "the objective is lowered from `90%` to `80%`, a weaker promise",
    ),
    "longer time": Edit(
        "alignment/slas/sales_follow_up.yml", "within: 4 business hours", "within: 8 business hours",
        "sla.when.within.raised", "breaking",
        "the time promised is raised from `4 business hours` to `8 business hours`, a weaker promise",
        ("sales_follow_up",),
    ),
    "excused": Edit(
        "alignment/slas/sales_follow_up.yml", "excused: duplicate or opted_out", "excused: duplicate",
        "sla.how_measured.excused.changed", "breaking", "from `duplicate or opted_out` to `duplicate`",
    ),
    "step of an escalation": Edit(
        "alignment/slas/sales_follow_up.yml", "  - {at: late, do: requeue, to: sdr_backup}\n", "",
        "sla.escalation.removed", "breaking", "",
    ),
    "hours": Edit(
        "alignment/calendars/desk.yml", "09:00-12:00, 13:00-18:00", "08:00-18:00", "calendar.hours.changed", "breaking",
        "", ("sales_follow_up", "speed_to_lead"),
    ),
    "closed day": Edit(
        "alignment/calendars/desk.yml", "closed: [2025-12-24]", "closed: [2025-12-24, 2026-02-16]",
        "calendar.closed.added", "breaking", "2026-02-16",
    ),
    "target": Edit(
        "alignment/metrics/win_rate.yml", "at_least: 30%", "at_least: 40%", "metric.target.at_least.raised", "breaking",
        "the least that is on target is raised from `30%` to `40%`, a stricter promise",
    ),
    "formula": Edit(
        "alignment/metrics/win_rate.yml", "formula: share(won_deal)", "formula: share(not won_deal)",
        "metric.formula.changed", "breaking", "the formula changes from `share(won_deal)` to `share(not won_deal)`",
        ("win_rate",),
    ),
    "another split": Edit(
        "alignment/metrics/win_rate.yml", "by: [segment, region]", "by: [region, segment, {rep: owner}]",
        "metric.by.added", "compatible", "rep",
    ),
    "span": Edit(
        "alignment/metrics/net_retention.yml", "span: 12 months", "span: 6 months", "metric.span.lowered", "breaking",
        "from `12 months` to `6 months`", ("net_retention",),
    ),
    "choice": Edit(
        "alignment/metrics/net_retention.yml", "reactivation: counts for those", "reactivation: counts only for those",
        "metric.choices.changed", "breaking", "",
    ),
    "renamed": Edit(
        "alignment/metrics/seat_churn.yml", "id: seat_churn\n", "id: seats_lost\n", "metric.renamed", "breaking",
        "`seats_lost`",
    ),
    "queue": Edit(
        "alignment/teams/sales.yml", "queues:\n", "queues:\n  - {id: night_queue, role: night shift}\n",
        "team.queues.added", "compatible", "night_queue",
    ),
    "volume": Edit(
        "alignment/slas/enough_mqls.yml", "at_least: 120", "at_least: 130", "sla.how_measured.at_least.raised",
        "breaking", "the least that is promised is raised from `120` to `130`, a stricter promise",
    ),
    "parties": Edit(
        "alignment/definitions/mql.yml", "parties: [marketing, sales]", "parties: [sales, marketing, customer_success]",
        "document.parties.added", "breaking", "customer_success",
    ),
    "from a day on": Edit(
        "alignment/definitions/mql.yml", "at: mql_at\n",
        "at: mql_at\neffective_until: 2026-02-01\n---\nkind: definition\nid: mql\nname: Marketing Qualified Lead\n"
        "owner: marketing\nparties: [marketing, sales]\nof: lead\nwhen: score > 60\nat: mql_at\n"
        "effective_from: 2026-02-01\n",
        "definition.when.changed", "breaking", "to `score > 60`", ("mqls",),
    ),
    "code": Edit(
        "plugins/brief.py", '"""', '"""More: ', "plugin.code.changed", "breaking",
        "its code changes from",
    ),
}  # fmt: skip
MAVEN = {
    "narrower word": Edit(
        "alignment/definitions/won_deal.yml", "when: deal_stage = 'Won'",
        "when: deal_stage = 'Won' and close_value > 1000",
        "definition.when.changed", "breaking", "to `deal_stage = 'Won' and close_value > 1000`",
        ("won", "win_rate", "revenue", "average_deal"),
    ),
    "shorter time": Edit(
        "alignment/slas/close_in_60_days.yml", "within: 60 days", "within: 30 days", "sla.when.within.lowered",
        "breaking", "from `60 days` to `30 days`, a stricter promise", ("close_in_60_days",),
    ),
    "another aggregate": Edit(
        "alignment/metrics/cycle.yml", "median(", "avg(", "metric.formula.changed", "breaking",
        "the formula changes",
        ("cycle",),
    ),
    "repaired spelling": Edit(
        "alignment/entities/opportunity.yml", "product: {ref: product}",
        "product: {ref: product, map: {GTXPro: GTX Pro}}",
        "entity.fields.map.added", "breaking", "GTX Pro",
    ),
}  # fmt: skip


@dataclass
class Repository:
    """A project on its branch `main`, pulled, and what it comes to."""

    root: Path
    totals: Mapping[tuple[str, str, str], object]


def committed(root: Path, ignored: str) -> Repository:
    (root / ".gitignore").write_text(ignored)
    git(root, "init", "--quiet", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return Repository(root, totals(root))


def totals(root: Path) -> dict[tuple[str, str, str], object]:
    """What a project that is checked out comes to, as the newest documents say, by kind, id and window."""
    made = open_sound_project(root).project
    settings, asked = made.config, Asked(windows=WINDOWS, restate=True)
    with prepared(root, made.tables, settings.sources, made.timezone, settings.engine) as data:
        results, _ = evaluate(made, data, data.engine, asked, measurable)
    return {place(r): came_to(r) for r in results if not r.reading.by and r.selection != "unplaced"}


def place(result: Result) -> tuple[str, str, str]:
    return result.kind, result.id, result.reading.window.label


def came_to(result: Result | None) -> object:
    """Everything that is told of a total."""
    if result is None:
        return None
    reading: Any = result.reading
    names = ("value", "numerator", "denominator", "n", "unknown", "counts", "outside_hours", "rows")
    return result.verdict.status, [getattr(reading, name, None) for name in names]


@pytest.fixture(scope="module")
def larkspur(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    root = tmp_path_factory.mktemp("edits") / "larkspur"
    for part in ("alignment", "data", "plugins", "templates"):
        copytree(ROOT / part, root / part)
    (root / "aac.toml").write_text((ROOT / "aac.toml").read_text())
    return committed(root, ".aac/\n__pycache__/\n")


@pytest.fixture(scope="module")
def maven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    root = tmp_path_factory.mktemp("edits") / "maven"
    copytree(HERE / "projects" / "maven", root)
    settings = root / "aac.toml"
    settings.write_text(settings.read_text().replace("@DATA@", str(DATA.resolve())))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ALLOWED, str(DATA.resolve()))
        yield committed(root, ".aac/\n")


@pytest.mark.parametrize("name", LARKSPUR)
def test_an_edit_of_the_sample_company(larkspur: Repository, name: str) -> None:
    assert_reviewed(larkspur, LARKSPUR[name])


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real CRM export is absent: {DATA}")
@pytest.mark.parametrize("name", MAVEN)
def test_an_edit_of_a_real_export(maven: Repository, name: str) -> None:
    assert_reviewed(maven, MAVEN[name])


def assert_reviewed(repository: Repository, edit: Edit) -> None:
    root, file = repository.root, repository.root / edit.file
    git(root, "checkout", "--quiet", "-B", "edit", "main")
    try:
        text = file.read_text()
        assert text.count(edit.old) >= 1
        file.write_text(text.replace(edit.old, edit.new, 1))
        git(root, "commit", "--quiet", "--allow-empty", "--all", "-m", "edit")
        after = totals(root)
        with comparing(root, "main..edit") as found:
            own = [change for change in found.changes if not change.over]
            counted = impact(found, WINDOWS)
    finally:
        git(root, "checkout", "--quiet", "main")
    told = {change.rule: (change.level, change.sentence) for change in own}
    assert [rule for rule in told if rule == edit.rule or told[rule][0] != "editorial"] == (
        [edit.rule] * bool(edit.rule)
    )
    if edit.rule:
        assert told[edit.rule][0] == edit.level
        assert edit.sentence in told[edit.rule][1]
    numbers = {(n.kind, n.id, n.window): n for n in counted.numbers if n.kind not in ("definition", "icp", "scoring")}
    former = {change.doc[1]: change.was or change.doc[1] for change in own}
    for (kind, id_, window), number in numbers.items():
        assert came_to(number.before) == repository.totals.get((kind, former.get(id_, id_), window))
        assert came_to(number.after) == after.get((kind, id_, window))
        assert number.has_moved or kind != "scorecard" or came_to(number.before) == came_to(number.after)
    off = {name for name, _ in counted.not_compared}
    for there in repository.totals.keys() & after.keys() - numbers.keys():
        # what was not counted again came out the same, or is told not to be known
        assert f"{there[0]}:{there[1]}" in off or repository.totals[there] == after[there], there
    moved = {id_ for (_, id_, _), number in numbers.items() if number.has_moved}
    assert moved >= set(edit.moves)
    if edit.level != "breaking":
        assert not moved


def test_the_exit_codes(larkspur: Repository) -> None:
    """A review fails for an agreement that is missing where the base asks for it, and never for a number."""
    from tests.commands import run_aac

    root = larkspur.root
    git(root, "checkout", "--quiet", "-B", "codes", "main")
    try:
        file = root / "alignment" / "definitions" / "mql.yml"
        file.write_text(file.read_text().replace("param.mql_threshold", "90"))
        git(root, "commit", "--quiet", "--all", "-m", "far too few")
        assert run_aac(root, "review", "main..codes").returncode == 0
        assert run_aac(root, "diff", "main..codes").returncode == 0
        file.write_text(file.read_text().replace("when: score > 90", "when: scare > 90"))
        git(root, "commit", "--quiet", "--all", "-m", "a typing error")
        done = run_aac(root, "review", "main..codes")
        assert done.returncode == 2
        assert "AAC203" in done.stderr
        assert run_aac(root, "review", "main..nowhere").returncode == 2
    finally:
        git(root, "checkout", "--quiet", "main")
    told = json.loads(run_aac(root, "diff", "main..codes~1", "--format", "json").stdout)
    assert {team["state"] for change in told["changes"] if (team := change.get("agreement"))} <= {
        "agreed", "waiting", "lapsed", "alone"
    }  # fmt: skip

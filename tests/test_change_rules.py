"""The rules of changes: each is come to by an edit, in its class, with a sentence that tells both values."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from aac import config
from aac.agreements import fingerprint
from aac.change_rules import rules_of, unknown_rules
from aac.changes import document_changes
from aac.comparing import differences, rule_id
from aac.expressions.parsed import Rules
from aac.loading import load
from aac.packs import Packs
from aac.plugins import load as load_plugins
from aac.setting_changes import PLUGIN, SETTING_RULES, plugin_changes, setting_changes
from tests.change_cases import documents, edits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.changes import Change
    from aac.kinds.base import Kind
    from aac.project import Project
    from tests.conftest import Snapshots

HEAD = '[project]\nname = "Small"\nspec = 1\n'
REGISTRY = load_plugins(None)
RULES = rules_of(REGISTRY.kinds)
PARSE = Rules().parse
WRITTEN = ("signoff", "lock")
"""Kinds that commands write, whole: nobody edits one."""
APART = tuple(f"{name}." for name in ("settings", "plugin", *WRITTEN))
OF_FIELDS = [rule for rule in RULES if rule.count(".") > 1 and not rule.startswith(APART) and ".rests_on." not in rule]
NEVER = {
    # one of several keys is there, and never none or two
    *(f"metric.target.{key}" for key in ("at_least", "at_most", "between", "from", "open")),
    *(f"entity.fields.{key}" for key in ("type", "ref", "is", "rollup", "over")),
    *(f"scorecard.rows.{key}" for key in ("metric", "sla")),
    *(f"sla.when.{key}" for key in ("within", "every")),
    *(f"sla.how_measured.{key}" for key in ("each", "stops", "must", "metric")),
    *(f"sla.how_measured.paused.{key}" for key in ("from", "until", "while", "at")),
    *(f"metric.{key}" for key in ("in_force", "span", "per")),
}
"""What a kind does not let come or go alone: then the part that it stands in is told as a whole, or another rule says
it."""


def settings(text: str = "") -> config.Config:
    return config.read((HEAD + text).encode(), Path("small"))


def project(*several: dict[str, Any]) -> Project:
    """A project of some documents; what is wrong with what they name is of no interest here."""
    text = yaml.safe_dump_all(several, sort_keys=False, allow_unicode=True).encode()
    return load(settings(), REGISTRY.kinds, packs=Packs(REGISTRY.packs), files=[("alignment/all.yml", text)])[0]


def changes(old: dict[str, Any], new: dict[str, Any]) -> tuple[Change, ...]:
    found, broken = document_changes(project(old), project(new))
    assert broken == ()
    return found


def rules_between(kind: type[Kind], old: Kind, new: Kind) -> set[str]:
    return {rule_id(kind.kind_name, found.keys, found.verb) for found in differences(old, new, PARSE)}


@cache
def cases() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For each rule about a field the first edit that comes to it."""
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for data in documents():
        kind = REGISTRY.kinds[data["kind"]]
        before = kind.model_validate(data)
        for made, after in edits(data, kind):
            for pair, models in (((data, made), (before, after)), ((made, data), (after, before))):
                for rule in rules_between(kind, *models):
                    found.setdefault(rule, pair)
    return found


def is_never(rule: str) -> bool:
    about, _, verb = rule.rpartition(".")
    return verb in ("added", "removed") and (about in NEVER or about.endswith(".parts.rule"))


def test_there_are_many_rules() -> None:
    assert len(RULES) > 500
    assert {rule.level for rule in RULES.values()} == {"breaking", "compatible", "editorial"}
    assert [rule.id for rule in RULES.values() if not rule.says] == []


@pytest.mark.parametrize("rule", OF_FIELDS)
def test_each_rule_of_a_field_has_an_edit(rule: str) -> None:
    if rule == "sla.how_measured.changed":  # another form is another `when`, too
        pair = tuple(next(data for data in documents() if data["id"] == id_) for id_ in ("stands", "enough"))
        old, new = pair[0], {**pair[1], "id": "stands"}
    elif rule == "entity.extends.changed":
        old = next(data for data in documents() if "extends" in data)
        new = {**old, "extends": "fivetran_hubspot"}
    elif is_never(rule):
        assert rule not in cases()
        return
    else:
        old, new = cases()[rule]
    found = [change for change in changes(old, new) if change.rule == rule]
    assert found, rule
    for change in found:
        assert change.level == RULES[rule].level
        for value in (change.old, change.new):
            assert value is None or f"`{value}`" in change.sentence


def test_fingerprints_are_those_of_every_version(snapshots: Snapshots) -> None:
    """What teams signed holds for as long as these are the same: another one belongs into the changelog."""
    models = [REGISTRY.kinds[data["kind"]].model_validate(data) for data in documents()]
    lines = [f"{model.kind}/{model.id} {fingerprint(model, PARSE)}\n" for model in models]
    snapshots.check(Path(__file__).parent / "expected" / "fingerprints.txt", "".join(lines))


def test_every_change_has_a_rule() -> None:
    assert cases().keys() - RULES.keys() == set()


@pytest.mark.parametrize("kind", REGISTRY.kinds)
def test_documents_come_and_go_and_are_renamed(kind: str) -> None:
    data = next((data for data in documents() if data["kind"] == kind), None)
    if data is None:
        assert kind in WRITTEN
        return
    empty: tuple[dict[str, Any], ...] = ()
    for before, after, verb in ((empty, (data,), "added"), ((data,), empty, "removed")):
        found = document_changes(project(*before), project(*after))[0]
        (change,) = (change for change in found if change.doc == (kind, data["id"]))
        assert (change.rule, change.level) == (f"{kind}.{verb}", RULES[f"{kind}.{verb}"].level)
        assert f"`{data['id']}`" in change.sentence
    if kind == "entity":  # a packaged one of its id is there as long as another names it
        data = {"kind": "entity", "id": "thing", "key": "thing_id", "fields": {"thing_id": "text"}}
    (change,) = (c for c in changes(data, {**data, "id": "other"}) if c.doc == (kind, "other"))
    assert (change.rule, change.level) == (f"{kind}.renamed", "breaking")
    assert change.sentence == f"is called `other` now, and was `{data['id']}`"


TEXTS = {
    "settings.project.name": ("", 'name = "Other"'),
    "settings.engine.path": ("", '[engine]\npath = "other.duckdb"\n'),
    "settings.engine.memory_limit": ("", '[engine]\nmemory_limit = "4GB"\n'),
    "settings.engine.threads": ("[engine]\nthreads = 2\n", "[engine]\nthreads = 4\n"),
    "settings.engine.time_limit": ('[engine]\ntime_limit = "1 hour"\n', '[engine]\ntime_limit = "2 hours"\n'),
    "settings.engine.type": ("", '[engine]\ntype = "other"\n'),
    "settings.privacy.k": ("[privacy]\nk = 5\n", "[privacy]\nk = 10\n"),
    "settings.privacy.keys": ("", '[privacy]\nkeys = "hashed"\n'),
    "settings.review.require": ("", "[review]\nrequire = true\n"),
    "settings.review.sample": ('[review]\nsample = "one"\n', '[review]\nsample = "two"\n'),
    "settings.review.severity": (
        '[review.severity]\n"team.added" = "editorial"\n', '[review.severity]\n"team.added" = "breaking"\n'
    ),
    "settings.review.acknowledged": (
        '[[review.acknowledged]]\nfingerprint = "0123456789abcdef"\nreason = "one"\n',
        '[[review.acknowledged]]\nfingerprint = "0123456789abcdef"\nreason = "two"\n',
    ),
    "settings.param": ("[param]\na = 1\n", "[param]\na = 2\n"),
    **{
        f"settings.sources.{name}": tuple(f'[sources.crm]\nconnector = "csv"\n{text}\n' for text in texts)
        for name, texts in {
            "timezone": ('timezone = "UTC"', 'timezone = "Europe/Berlin"'),
            "nulls": ('nulls = [""]', 'nulls = ["", "n/a"]'),
            "watermark": ('watermark = "max(a.b)"', 'watermark = "max(a.c)"'),
            "freshness": (
                'freshness = { warn_after = "36 hours" }',
                'freshness = { warn_after = "2 days", error_after = "90 minutes" }',
            ),
            "connection": ('path = "data"', 'path = "other"'),
        }.items()
    },
    "settings.sources.connector": ('[sources.crm]\nconnector = "csv"\n', '[sources.crm]\nconnector = "xlsx"\n'),
    "settings.sources": ("", '[sources.crm]\nconnector = "csv"\n'),
}  # fmt: skip


def setting_edits(rule: str) -> Iterator[tuple[config.Config, config.Config]]:
    old, new = TEXTS[rule]
    if rule == "settings.project.name":
        one, other = settings(), config.read(HEAD.replace("Small", "Other").encode(), Path("small"))
    else:
        one, other = settings(old), settings(new)
    start = '[sources.crm]\nconnector = "csv"\n'
    none = settings(start if old.startswith(start) and "\n" in old.removeprefix(start).strip("\n") + "\n" else "")
    yield from ((one, other), (none, other), (other, none))


@pytest.mark.parametrize("rule", SETTING_RULES)
def test_each_rule_of_a_setting_has_an_edit(rule: str) -> None:
    about, _, verb = rule.rpartition(".")
    found = [c for pair in setting_edits(about) for c in setting_changes(*pair) if c.rule == rule]
    has_default = about.split(".")[1] in ("project", "engine") and not about.endswith(("limit", "threads"))
    is_there = has_default or about.endswith((".keys", ".require", ".connector", ".nulls"))
    if verb != "changed" and is_there:
        assert found == []  # it has a value that holds when nothing is written
        return
    if rule == "settings.engine.memory_limit.changed":
        pair = (settings(f'[engine]\nmemory_limit = "{much}GB"\n') for much in (4, 8))
        found = list(setting_changes(*pair))
    assert found, rule
    for change in found:
        assert change.level == RULES[rule].level
        assert all(value is None or f"`{value}`" in change.sentence for value in (change.old, change.new))


@pytest.mark.parametrize("rule", PLUGIN)
def test_each_rule_of_code_has_an_edit(rule: str) -> None:
    verb = rule.rpartition(".")[2]
    before = {"plugins/a.py": b"1"} if verb != "added" else dict[str, bytes]()
    after = {"plugins/a.py": b"2"} if verb != "removed" else dict[str, bytes]()
    (change,) = plugin_changes(before, after)
    assert (change.rule, change.level, change.doc) == (rule, "breaking", ("plugin", "plugins/a.py"))
    assert all(value is None or f"`{value}`" in change.sentence for value in (change.old, change.new))


def test_a_rule_that_there_is_not_is_told() -> None:
    text = '[review.severity]\n"sla.how_measured.objektive.lowered" = "editorial"\n"team.added" = "editorial"\n'
    (finding,) = unknown_rules(settings(text), REGISTRY.kinds)
    assert (finding.code, str(finding.span)) == ("AAC602", "aac.toml:5:1")
    assert finding.message == "there is no rule of changes `sla.how_measured.objektive.lowered`"
    assert finding.instead == "did you mean `sla.how_measured.objective.lowered`?"

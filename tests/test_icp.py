"""Ideal customer profiles: what is known of whom, against every way in which the unknown could turn out."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from random import Random
from typing import TYPE_CHECKING, TypeVar

import pytest

from aac.engines.base import Entity, Select
from aac.expressions.check import check_rule
from aac.expressions.nodes import Stored, Type, walk
from aac.expressions.parse import parse
from aac.results import NumberReading
from tests.loading import load_documents
from tests.running import run_project
from tests.small import COMPANY, SLA, measured, metric, number, outcomes, write_project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from aac.expressions.nodes import Meaning
    from aac.project import Project

ROWS = ("a", "b", "c", "d")
AGAINST = ("x", "y")
NAMES = (*ROWS, *AGAINST)
ANSWERS: dict[str, bool | None] = {"true": True, "false": False, "": None}
ACCOUNT = f"""\
kind: entity
id: account
from: crm.account
key: id
fields: {{id: text, {", ".join(f"{name}: boolean" for name in NAMES)}}}
---
"""
EVERYONE: list[dict[str, str]] = [
    dict(zip(NAMES, answers, strict=True)) for answers in product(ANSWERS, repeat=len(NAMES))
]
"""Accounts with every combination of true, false and unknown."""

Answer = tuple[Decimal | None, str | None, bool | None]
"""Score, tier and whether it fits."""
T = TypeVar("T")


class Profile:
    """A small profile at random, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)
        numbers = ["-40", "-15", "-2.5", "0.5", "10", "25", "40", "60"]
        self.points = {name: Decimal(random.choice(numbers)) for name in random.sample(ROWS, random.randrange(1, 5))}
        self.needed = random.sample(sorted(self.points), random.randrange(min(3, len(self.points) + 1)))
        self.against = random.sample(AGAINST, random.randrange(3))
        limits = random.sample([-30, -5, 0, 10, 20, 35, 50, 65, 80, 100], random.randrange(4))
        self.tiers = dict(zip("ABC", sorted(limits, reverse=True), strict=False))
        self.fits = list(self.tiers)[: random.randrange(1, len(self.tiers) + 1)] if self.tiers else []

    def document(self, id_: str) -> str:
        """The profile as it is written."""
        criteria = [f"{{id: {name}, when: {name}, points: {points}}}" for name, points in self.points.items()]
        against = [f"{{id: {name}, when: {name}}}" for name in self.against]
        lines = [f"kind: icp\nid: {id_}\nof: account\nowner: sales\ncriteria: [{', '.join(criteria)}]"]
        lines += [f"required: [{', '.join(self.needed)}]", f"anti_patterns: [{', '.join(against)}]"]
        if self.tiers:
            lines.append(f"tiers: {{{', '.join(f'{tier}: {limit}' for tier, limit in self.tiers.items())}}}")
            lines.append(f"fits: [{', '.join(self.fits)}]")
        return "\n".join(lines) + "\n---\n"

    def of_known(self, account: Mapping[str, bool | None]) -> Answer:
        """The answer for an account of which all is known."""
        score = sum((points for name, points in self.points.items() if account[name]), Decimal(0))
        tier = next((tier for tier, limit in self.tiers.items() if score >= limit), None)
        fits = all(account[name] for name in self.needed) and not any(account[name] for name in self.against)
        return score, tier, fits and (not self.tiers or tier in self.fits)

    def of(self, account: Mapping[str, bool | None]) -> Answer:
        """The answer if every way in which the unknown could turn out gives the same one, else unknown."""
        open_ = [name for name in (*self.points, *self.against) if account[name] is None]
        ways = [dict(zip(open_, way, strict=True)) for way in product((True, False), repeat=len(open_))]
        scores, tiers, fits = zip(*[self.of_known({**account, **way}) for way in ways], strict=True)
        in_doubt = any(account[name] is None for name in self.points)
        return None if in_doubt else scores[0], only(tiers), only(fits)


def only(answers: Sequence[T]) -> T | None:
    """The answer that all give."""
    return answers[0] if len(set(answers)) == 1 else None


def table(accounts: Sequence[Mapping[str, str]]) -> str:
    lines = [f"n{number:04},{','.join(account[name] for name in NAMES)}" for number, account in enumerate(accounts)]
    return "\n".join([f"id,{','.join(NAMES)}", *lines]) + "\n"


def test_every_account_of_any_profile(tmp_path: Path) -> None:
    """All 729 accounts of 60 profiles, on the engine."""
    profiles = {f"p{seed}": Profile(seed) for seed in range(60)}
    documents = COMPANY + ACCOUNT + "".join(profile.document(id_) for id_, profile in profiles.items())
    write_project(tmp_path / "p", documents, {"account": table(EVERYONE)})
    accounts = [{name: ANSWERS[value] for name, value in account.items()} for account in EVERYONE]
    with run_project(tmp_path / "p") as running:
        for id_, profile in profiles.items():
            names = [f"icp.{id_}.score", *([f"icp.{id_}.tier"] if profile.tiers else []), f"icp.{id_}"]
            columns = tuple((name, check_rule(parse(name), "account", running.names).node) for name in names)
            output = Select(Entity("account"), (("id", Stored("account", "id")), *columns), order=("id",))
            (rows,) = running.engine.run(running.setting.query((), (output,)))
            expected = [profile.of(account) for account in accounts]
            told = [(row[1], row[2] if profile.tiers else None, row[-1]) for row in rows]
            assert told == expected, profile.document(id_)


# Where its names stand

SALES = """\
kind: entity
id: account
from: crm.account
key: id
fields: {id: text, industry: text, employees: integer}
---
kind: entity
id: lead
from: crm.lead
key: id
occurs: created_at
fields: {id: text, account: {ref: account}, created_at: timestamp, replied_at: timestamp}
---
kind: icp
id: core
owner: sales
of: account
criteria:
  - {id: industry, when: "industry in ('Software', 'Finance')", points: 40}
  - {id: size, when: employees between 50 and 1000, points: 40}
required: [size]
anti_patterns: [{id: agency, when: industry = 'Agency'}]
tiers: {A: 80, B: 40}
fits: [A, B]
---
"""
TEAM = "kind: team\nid: sales\nname: Sales\n"
RECORDS = {
    "account": """\
        id,industry,employees
        both,Software,100
        size,Retail,100
        nobody,,100
        small,Software,
        agency,Agency,70
        """,
    "lead": """\
        id,account,created_at,replied_at
        L1,both,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z
        L2,size,2026-02-02T10:00:00Z,2026-02-09T11:00:00Z
        L3,nobody,2026-02-02T10:00:00Z,
        L4,small,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z
        L5,agency,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z
        L6,,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z
        """,
}


@pytest.mark.parametrize("where", ["icp.core", "account.icp.core"])
def test_a_promise_about_those_who_fit(tmp_path: Path, where: str) -> None:
    """L1 and L2 fit. L3 may be an agency, L4 too small, L6 anybody; L5 is an agency."""
    how = f"{{each: lead, where: {where}, starts: created_at, stops: replied_at, objective: 90%}}"
    promise = f"{SLA}when: {{within: 2 hours}}\nhow_measured: {how}\n"
    write_project(tmp_path / "p", COMPANY + SALES + promise, RECORDS)
    told = outcomes(measured(tmp_path / "p", "2026-02"), "reply", "2026-02")
    assert told == {"met": 1, "late": 1, "unmeasurable": 3}


@pytest.mark.parametrize("tier", ["icp.core.tier", "account.icp.core.tier"])
def test_leads_by_tier(tmp_path: Path, tier: str) -> None:
    """L3 could be an A or a B, and so could L4."""
    document = metric("n", "count(*)", of="lead", at="created_at", by=f"[{{tier: {tier}}}]")
    write_project(tmp_path / "p", COMPANY + SALES + document, RECORDS)
    results = [r.reading for r in measured(tmp_path / "p", "2026-02").results if r.id == "n"]
    told = {reading.by.get("tier", "all"): reading.value for reading in results if isinstance(reading, NumberReading)}
    assert told == {"all": 6, "A": 1, "B": 2, None: 3}


def test_sums_of_scores(tmp_path: Path) -> None:
    """Of `nobody` and `small` it is not known whether they have 40 points or 80."""
    document = metric("points", "sum(icp.core.score)", of="account", unit="score")
    document += metric("fitting", "share(icp.core)", of="account", unit="percent")
    write_project(tmp_path / "p", COMPANY + SALES + document, RECORDS)
    results = measured(tmp_path / "p", "all")
    points, fitting = number(results, "points", "all"), number(results, "fitting", "all")
    assert (points.value, points.unknown) == (160, 2)
    assert (fitting.numerator, fitting.denominator, fitting.unknown) == (2, 3, 2)


def test_what_it_lends(tmp_path: Path) -> None:
    document = SALES.replace("points: 40}\nrequired", "points: 2.5}\nrequired").replace(
        "{A: 80, B: 40}", "{A: 40, B: 2}"
    )
    project, findings = load_documents(tmp_path, document + TEAM)
    assert findings == ()
    types = {name: meaning.type for name in project.models["icp", "core"].names if (meaning := of(project, name))}
    assert types == {
        "icp.core": Type("boolean"),
        "icp.core.score": Type("number", unit="score"),
        "icp.core.tier": Type("text", values=("A", "B")),
    }


def of(project: Project, name: str) -> Meaning | None:
    return project.graph.meaning("account", name)


def test_a_long_profile_is_a_flat_rule(tmp_path: Path) -> None:
    """A hundred criteria and ten tiers: each criterion stands in the rule a few times a tier, and no deeper for it."""
    criteria = ", ".join(f"{{id: c{n}, when: employees > {n}, points: {n}}}" for n in range(1, 101))
    tiers = ", ".join(f"T{n}: {1000 - n * 50}" for n in range(10))
    keys = f"criteria: [{criteria}]\ntiers: {{{tiers}}}\n"
    word = "kind: definition\nid: fine\nof: account\nowner: sales\nwhen: icp.long.tier = 'T3'\n"
    text = f"{SALES}kind: icp\nid: long\nowner: sales\nof: account\n{keys}---\n{word}---\n{TEAM}"
    project, findings = load_documents(tmp_path, text)
    assert findings == ()
    meaning = of(project, "icp.long.tier")
    assert meaning is not None
    assert len(list(walk(meaning.node))) < 100 * 10 * 20

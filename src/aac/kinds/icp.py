"""An ideal customer profile: which records fit, how well, and why (LANGUAGE §5).

It lends `icp.<id>` (whether a record fits), with criteria `icp.<id>.score`, and with tiers `icp.<id>.tier`.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from aac.expressions.nodes import BOOLEAN, BROKEN, NOTHING, TEXT, TRUE, Call, Literal, Meaning, Named, conjunction
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref, Versioned
from aac.kinds.classes import Change
from aac.kinds.points import (
    Criterion,
    Excluding,
    Ladder,
    check_ids,
    check_ladder,
    check_names,
    check_points,
    check_reached,
    counted,
    known,
    reaches,
    score_type,
    step_of,
    total,
)
from aac.kinds.written import Share, Strict, wrong

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from aac.expressions.nodes import Node
    from aac.kinds.base import Scope
    from aac.kinds.points import Score
    from aac.measures import Compiled


def refuse_no_share(share: Fraction) -> Fraction:
    """A share above 0 and up to 1; raises a finding AAC301."""
    if not 0 < share <= 1:
        raise wrong("AAC301", "this is no part of the customers", "write a share above 0 and up to 100 %, as in `20%`")
    return share


def refuse_no_measure(by: tuple[str, ...]) -> tuple[str, ...]:
    """What customers are ranked by; raises a finding AAC308 when that is nothing."""
    if not by:
        advice = "name metrics, or numbers of a customer, as in `by: [revenue]`"
        raise wrong("AAC308", "nothing says which customers are better than others", advice)
    return by


class Best(Strict):
    """Which customers are the best ones."""

    top: Annotated[Share, AfterValidator(refuse_no_share), Change(says="the share of the best")]
    """The share of them that counts as the best, as in `20%`."""
    by: Annotated[tuple[str, ...], AfterValidator(refuse_no_measure), Change(says="what the best are ranked by")]
    """What they are ranked by: metrics, or numbers of a customer's record."""


class Evidence(Strict):
    """What the profile was drawn from, so that it can be drawn again."""

    best: Annotated[Best, Change(says="the best customers")]
    """Which customers are the best ones."""
    of: Annotated[str, Ref("definition", "entity"), Change(says="who is a customer")]
    """Who is a customer: a definition or an entity."""


class Icp(Versioned):
    """Who is an ideal customer: criteria with points, what is required, and what speaks against it."""

    kind_name: ClassVar[str] = "icp"
    required: ClassVar[tuple[str, ...]] = ("owner",)
    draft: ClassVar[str] = """\
kind: icp
id: $id
name: $name
owner: $team
of: $entity  # the entity whose records fit or not
criteria:  # each one that is true adds its points; one that cannot be told leaves the score unknown
  - id: known
    when: $key is not null
    points: 60
    why: Say here what shows that such customers are better.
tiers: {A: 60}  # the least score of each, the best first
fits: [A]  # the tiers that fit
# required: [known]  # criteria without which nobody fits, whatever the score
# anti_patterns:  # rows that exclude, whatever the score
#   - {id: agency, when: "industry = 'Agency'", why: 3 of 4 churned within a year}
"""

    of: Annotated[str, Ref("entity"), Change(says="what it is about")]
    """The entity whose records fit or not."""
    criteria: Annotated[tuple[Criterion, ...], Change(says="the criteria", each="the criterion")] = ()
    """What speaks for a customer, in points."""
    needed: Annotated[tuple[str, ...], Change(says="the criteria that are required")] = Field((), alias="required")
    """The criteria without which nobody fits, whatever the score."""
    anti_patterns: Annotated[tuple[Excluding, ...], Change(says="the anti-patterns", each="the anti-pattern")] = ()
    """What excludes a customer, whatever the score; score and tier stay as they are."""
    tiers: Annotated[Ladder | None, Change(says="the tiers", each="the tier")] = None
    """Names of tiers and the least score of each, the best first; below the last one there is none."""
    fits: Annotated[tuple[str, ...] | None, Change(says="the tiers that fit")] = None
    """The tiers that fit, from the best one down; left out, all of them."""
    evidence: Annotated[Evidence | None, Change(says="the evidence")] = None
    """What the profile was drawn from."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.criteria and not self.anti_patterns:
            advice = "name what speaks for a customer, as in `- {id: size, when: employees > 50, points: 40}`"
            raise wrong("AAC210", "this profile has no criteria", advice, "criteria", key=True)
        if self.tiers is not None and not self.criteria:
            raise wrong("AAC210", "tiers need criteria that add points", "name `criteria`", "tiers", key=True)
        if self.fits is not None and self.tiers is None:
            raise wrong("AAC210", "`fits` names tiers, and there are none", "add `tiers: {A: 80}`", "fits", key=True)
        if self.fits == ():
            advice = "name the tiers that fit, or leave the key out"
            raise wrong("AAC308", "no tier fits", advice, "fits", key=True)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        name = f"icp.{self.id}"
        return (
            name,
            *((f"{name}.score",) if self.criteria else ()),
            *((f"{name}.tier",) if self.tiers is not None else ()),
        )

    def entity(self, scope: Scope) -> str | None:
        return scope.entity(self.of, "of")

    def meaning(self, scope: Scope, name: str) -> Meaning:
        entity = self.entity(scope)
        met = _rules(scope, entity, "criteria", self.criteria)
        against = _rules(scope, entity, "anti_patterns", self.anti_patterns)
        if met is None or against is None:
            return Meaning(NOTHING, BROKEN)
        score = total([counted(rule, row.points) for row, rule in zip(self.criteria, met, strict=True)])
        match name.removeprefix(f"icp.{self.id}"):
            case ".score":
                return Meaning(Named(name, score.value), score_type(row.points for row in self.criteria))
            case ".tier":
                tiers = self.tiers or {}
                return Meaning(Named(name, step_of(score, tiers)), replace(TEXT, values=tuple(tiers)))
            case _:
                return Meaning(Named(name, self._fits(met, against)), BOOLEAN)

    def _fits(self, met: Sequence[Node], against: Sequence[Node]) -> Node:
        """All that is required, no anti-pattern, and points enough for the lowest tier that fits.

        Whoever fits has the points of all that is required: so only the other rows can leave the points in doubt, and
        the answer is unknown exactly when it could be either.
        """
        rules: list[Node] = []
        points: list[Score] = []
        for row, rule in zip(self.criteria, met, strict=True):
            is_needed = row.id in self.needed
            rules += [rule] if is_needed else []
            points.append(known(Literal(row.points)) if is_needed else counted(rule, row.points))
        rules += [Call("not", (rule,)) for rule in against]
        if self.tiers is not None:
            fitting = [limit for tier, limit in self.tiers.items() if self.fits is None or tier in self.fits]
            # names of tiers that are not there are told by `compile`
            rules.append(reaches(total(points), min(fitting, default=Decimal(0))))
        return conjunction(rules) or TRUE

    def compile(self, scope: Scope) -> tuple[Compiled, ...]:
        check_ids(scope, "criteria", self.criteria)
        check_ids(scope, "anti_patterns", self.anti_patterns)
        check_points(scope, "criteria", self.criteria)
        check_names(scope, "criterion", self.needed, [row.id for row in self.criteria], "required")
        check_names(scope, "tier", self.fits or (), self.tiers or {}, "fits")
        if self.tiers is not None and check_ladder(scope, "tiers", self.tiers):
            check_reached(scope, "tiers", self.tiers, [row.points for row in self.criteria])
            self._check_fitting(scope, list(self.tiers), self.fits or ())
        if self.evidence is not None:
            self._check_evidence(scope, self.evidence)
        return ()

    def _check_fitting(self, scope: Scope, tiers: list[str], fits: tuple[str, ...]) -> None:
        """Whoever fits still does with more points (else AAC433)."""
        places = [tiers.index(tier) for tier in fits if tier in tiers]
        enough = tiers[: max(places) + 1] if places else []
        left_out = next((tier for tier in enough if tier not in fits), None)
        if left_out is not None:
            message = f"`{left_out}` is better than `{enough[-1]}`, and does not fit"
            choice = f"a rule may choose among tiers itself, as in `icp.{self.id}.tier = '{enough[-1]}'`"
            scope.report("AAC433", message, f"write `fits: [{', '.join(enough)}]`; {choice}", "fits")

    def _check_evidence(self, scope: Scope, evidence: Evidence) -> None:
        entity = scope.entity(evidence.of, "evidence", "of")
        metrics = scope.ids("metric")
        ranked = [
            by in metrics or scope.rule(by, entity, "evidence", "best", "by", number, wants="number") is not None
            for number, by in enumerate(evidence.best.by)
            if entity is not None
        ]
        if ranked and all(ranked):
            scope.unmeasured("`evidence`", "evidence")


def _rules(
    scope: Scope, entity: str | None, key: str, rows: Sequence[Criterion | Excluding]
) -> tuple[Node, ...] | None:
    """What each row of a list says; null when one of them, or the entity, is broken."""
    if entity is None:
        return None
    checked = [scope.rule(row.when, entity, key, number, "when", wants="boolean") for number, row in enumerate(rows)]
    return tuple(rule.node for rule in checked if rule is not None) if None not in checked else None


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Icp]

"""A metric: a formula over a population, counted in the period its records fall into (LANGUAGE §8)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, cast

from pydantic import BeforeValidator, model_validator

from aac.hookspecs import hookimpl
from aac.judging import number_status
from aac.kinds.base import Kind, Ref, Scope, Verdict, dimensions
from aac.kinds.written import By, Count, Percentage, Share, Strict, read_share, wrong
from aac.measures import Measure, Moment
from aac.results import NumberReading
from aac.units import fits, is_unit

if TYPE_CHECKING:
    from typing import Any

    from aac.kinds.base import Reading

RATIO_MIN_N = 20
"""Fewer than this in the denominator of a ratio say nothing yet (LANGUAGE §8)."""


def read_unit(value: object) -> str:
    """A unit; raises a finding AAC308."""
    text = str(value)
    if not is_unit(text):
        advice = "write `count`, `percent`, `ratio`, `score`, a time such as `days`, or a currency such as `EUR`"
        raise wrong("AAC308", f"`{text}` is no unit", advice)
    return text


def read_between(value: object) -> tuple[Fraction, Fraction]:
    """``[10, 20]``, least first; raises a finding AAC301."""
    limits = cast("list[object]", value) if isinstance(value, list) else []
    if len(limits) != 2:
        raise wrong("AAC301", "`between` takes the least and the greatest value", "write `between: [10, 20]`")
    least, greatest = map(read_share, limits)
    if least > greatest:
        raise wrong("AAC301", "the least value comes first", f"write `between: [{limits[1]}, {limits[0]}]`")
    return least, greatest


def read_target(value: object) -> object:
    """A mapping; a number alone does not say on which side of it to be: raises a finding AAC308."""
    if isinstance(value, str):
        limit = value.lstrip("<>= ") or value
        raise wrong("AAC308", f"`{value}` does not say on which side of it to be", f"write `{{at_least: {limit}}}`")
    return value


class Target(Strict):
    """What was agreed: a limit, two limits, or `open` with words when none is agreed yet."""

    at_least: Share | None = None
    at_most: Share | None = None
    between: Annotated[tuple[Fraction, Fraction] | None, BeforeValidator(read_between)] = None
    open: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(value is not None for value in (self.at_least, self.at_most, self.between, self.open)) != 1:
            advice = "write one of `at_least`, `at_most`, `between` or `open`; two limits are `between: [10, 20]`"
            raise wrong("AAC308", "a target is one limit, or two with `between`", advice)
        return self

    @property
    def limits(self) -> tuple[Fraction | None, Fraction | None] | None:
        """The least and greatest value on target; null when none is agreed yet."""
        if self.open is not None:
            return None
        return self.between or (self.at_least, self.at_most)

    def as_written(self) -> dict[str, Any]:
        """The one key that was written, and its value."""
        return {key: value for key, value in self if value is not None}


class Metric(Kind):
    """``at``: which moment puts a record into a period; without it only all time is measured."""

    kind_name: ClassVar[str] = "metric"
    required: ClassVar[tuple[str, ...]] = ("owner",)

    formula: str
    of: Annotated[str, Ref("entity", "definition")]
    at: str | None = None
    unit: Annotated[str, BeforeValidator(read_unit)]
    better: Literal["higher", "lower"]
    serves: Literal["successful_acquisition", "customer_success"]
    by: By = ()
    target: Annotated[Target | None, BeforeValidator(read_target)] = None
    min_n: Count | None = None

    def compile(self, scope: Scope) -> tuple[Measure, ...]:
        found = scope.population(self.of, "of")
        if found is None:
            return ()
        population, _ = found
        entity = population.entity
        formula = scope.formula(self.formula, entity, "formula")
        split = dimensions(scope, self.by, entity, "by")
        anchor = self._anchor(scope, entity)
        if formula is None or (anchor is None and self.at is not None):
            return ()
        if not fits(self.unit, formula.type.unit):
            message = f"the formula comes to {formula.type.unit}, and the unit says {self.unit}"
            scope.report("AAC304", message, f"write `unit: {formula.type.unit}`", "unit")
            return ()
        if self.target is not None:
            self._check_target(scope, self.target)
        measure = Measure(
            subject=f"metric:{self.id}",
            population=population,
            anchor=anchor,
            formula=formula.node,
            unit=self.unit,
            scale=formula.type.scale,
            dimensions=split,
            grain="month",
            has_target=self.target is not None,
        )
        return (measure,)

    def _anchor(self, scope: Scope, entity: str) -> Moment | None:
        checked = scope.rule(self.at, entity, "at", wants="moment") if self.at is not None else None
        return Moment(checked.node, checked.type.name == "date") if checked else None

    def _check_target(self, scope: Scope, target: Target) -> None:
        """A limit that the unit cannot mean is an error, one on the other side of `better` a warning."""
        (key,) = target.as_written()
        for limit in target.limits or ():
            if isinstance(limit, Percentage) and self.unit not in ("percent", "ratio"):
                message = f"`%` is no part of a number in {self.unit}"
                scope.report("AAC304", message, "write the number alone", "target", key)
            elif not isinstance(limit, Percentage) and self.unit == "percent" and limit is not None and abs(limit) > 1:
                message = f"written so, the limit is {float(limit * 100):,.0f} %"
                advice = f"write `{limit}%`, or `{limit * 100}%` if you mean that"
                scope.report("AAC301", message, advice, "target", key)
        wrong_side = {"higher": "at_most", "lower": "at_least"}
        if key == wrong_side[self.better]:
            other, fitting = ("at_least", "lower") if self.better == "higher" else ("at_most", "higher")
            message = f"`better: {self.better}` and `{key}` point in opposite directions"
            scope.report("AAC403", message, f"write `{other}`, or `better: {fitting}`", "target", level="warning")

    def judge(self, reading: Reading) -> Verdict:
        if not isinstance(reading, NumberReading):
            return Verdict(status=None)
        least_n = self.min_n or (RATIO_MIN_N if reading.denominator is not None else 1)
        limits = self.target.limits if self.target else None
        target = self.target.as_written() if self.target else None
        return Verdict(number_status(reading, limits, least_n), target=target)


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Metric]

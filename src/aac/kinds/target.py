"""What was agreed of a number: the limits between which it is on target."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from aac.kinds.classes import Change
from aac.kinds.written import Percentage, Share, Strict, read_share, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def read_plan(value: object) -> str:
    """``plan.fy26`` as the plan's id; raises a finding AAC308."""
    match = re.fullmatch(r"plan\.([a-z][a-z0-9_]*)", str(value))
    if match is None:
        raise wrong("AAC308", f"`{value}` is no plan", "write `plan.` and the id of one, as in `plan.fy26`")
    return match[1]


class Target(Strict):
    """What was agreed: a limit, two limits, those of a plan, or `open` with words when none is agreed yet."""

    at_least: Annotated[Share | None, Change("promise", says="the least that is on target", stricter="more")] = None
    """The least value that is on target."""
    at_most: Annotated[Share | None, Change("promise", says="the most that is on target", stricter="less")] = None
    """The greatest value that is on target."""
    between: Annotated[
        tuple[Fraction, Fraction] | None,
        BeforeValidator(read_between),
        Change("promise", says="what is on target", ordered=True),
    ] = None
    """The least and the greatest value that are on target."""
    from_: Annotated[
        Annotated[str, BeforeValidator(read_plan)] | None, Change("promise", says="the plan with the targets")
    ] = Field(None, alias="from")
    """The plan that holds the limits by window and segment, as in `plan.fy26`."""
    open: Annotated[str | None, Change("promise", says="why there is no target")] = None
    """Why no target is agreed yet, in words."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.as_written) != 1:
            advice = "write one of `at_least`, `at_most`, `between`, `from` or `open`; for two `between: [10, 20]`"
            raise wrong("AAC308", "a target is one limit, or two with `between`", advice)
        return self

    @cached_property
    def limits(self) -> tuple[Fraction | None, Fraction | None] | None:
        """The least and greatest value on target; null when none is agreed yet, or a plan has them."""
        if self.open is not None or self.from_ is not None:
            return None
        return self.between or (self.at_least, self.at_most)

    @cached_property
    def as_written(self) -> Mapping[str, Any]:
        """The one key that was written, and its value."""
        written = {key: value for key, value in self if value is not None and key != "from_"}
        return written if self.from_ is None else {**written, "from": f"plan.{self.from_}"}


def misfit(limit: Fraction, unit: str) -> tuple[str, str, str] | None:
    """Code, message and advice for a limit that a number in ``unit`` cannot mean; null when it can."""
    if isinstance(limit, Percentage) and unit not in ("percent", "ratio"):
        return "AAC304", f"`%` is no part of a number in {unit}", "write the number alone"
    if not isinstance(limit, Percentage) and unit == "percent" and abs(limit) > 1:
        message = f"written so, the limit is {float(limit * 100):,.0f} %"
        return "AAC301", message, f"write `{float(limit):.12g}%`, or `{float(limit * 100):.12g}%` if you mean that"
    return None

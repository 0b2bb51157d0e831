"""The parts of an SLA as people write them: who, when, how it is measured, and the steps if it is missed (LANGUAGE §7).

A promise is measured in one of three ways, its form: a clock (`stops`), a rule (`must`) or a volume (`metric`). The
form decides which keys there are.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from aac.kinds.base import Ref
from aac.kinds.classes import Change
from aac.kinds.written import (
    By,
    Count,
    Looks,
    Part,
    Percentage,
    Promised,
    Row,
    Rule,
    Share,
    Strict,
    Windows,
    missing,
    read_duration,
    read_share,
    wrong,
)
from aac.periods import Duration

Form = Literal["clock", "rule", "volume"]

MARKS: dict[str, Form] = {"stops": "clock", "must": "rule", "metric": "volume"}
"""The key that says in which form a promise is measured."""
NEEDED: dict[Form, tuple[str, ...]] = {"clock": ("each", "objective"), "rule": ("each", "objective"), "volume": ()}
"""What each form cannot do without, beside its mark."""
BELONGS: dict[str, tuple[Form, ...]] = {
    **dict.fromkeys(("paused", "restarts", "through"), ("clock",)),
    **dict.fromkeys(
        ("each", "where", "starts", "excused", "objective", "window", "by", "min_n", "judge"), ("clock", "rule")
    ),
    **dict.fromkeys(("at_least", "at_most"), ("volume",)),
}
"""The forms that a key is part of."""

OF_TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?)% of time")
IN_A_ROW = re.compile(r"([0-9]{1,3}) windows? off_target")
WINDOW_STEPS = ("budget_spent", "off_target")
Every = Literal["week", "month", "quarter", "fiscal_quarter", "year", "fiscal_year"]


# Values


ONE_PERCENT = Fraction(1, 100)
"""An objective below it was meant as a share without the sign: `0.95%` for 0.95."""


def read_within(value: object) -> Duration | None:
    """A duration, or ``none``: no promise is made; raises a finding AAC308."""
    return None if value == "none" else read_duration(value)


def read_objective(value: object) -> Fraction | None:
    """A share between 0 and 1, or ``none``: measured, not judged; raises a finding AAC301."""
    if value == "none":
        return None
    share = read_share(value)
    if not 0 <= share <= 1:
        is_without_sign = 1 < share <= 100 and not isinstance(share, Percentage)
        advice = f"did you mean `{value}%`?" if is_without_sign else "write a share up to 100 %, as in `95%`"
        raise wrong("AAC301", f"an objective of `{value}` cannot be", advice)
    if isinstance(share, Percentage) and 0 < share < ONE_PERCENT:
        message = f"an objective of `{value}` is kept by one in a hundred"
        raise wrong("AAC301", message, f"did you mean `{float(share * 10_000):g}%`?")
    return share


def read_step(value: str) -> str:
    """When a step is due: ``75% of time``, ``late``, ``2 windows off_target`` …; raises a finding AAC308."""
    share, in_a_row = OF_TIME.fullmatch(value), IN_A_ROW.fullmatch(value)
    if share and not 0 < Fraction(share[1]) <= 100:
        is_over = Fraction(share[1]) > 100
        message = f"`{value}` is {'after the promise ran out' if is_over else 'before its time begins'}"
        raise wrong(
            "AAC308", message, "write a share of up to 100 %, or `late`" if is_over else "write a share above 0 %"
        )
    if in_a_row and int(in_a_row[1]) < 2:
        raise wrong("AAC308", f"`{value}` is not several windows", "write `off_target`, or `2 windows off_target`")
    if share or in_a_row or value in ("late", *WINDOW_STEPS):
        return value
    advice = "write `75% of time`, `late`, `budget_spent`, `off_target` or `2 windows off_target`"
    raise wrong("AAC308", f"`{value}` is no step", advice)


Within = Annotated[
    Duration | None, BeforeValidator(read_within), Looks({"type": "string", "examples": ["4 business hours", "none"]})
]
Objective = Annotated[
    Fraction | None,
    BeforeValidator(read_objective),
    Looks({"type": ["string", "number"], "examples": ["95%", 0.95, "none"]}),
]
STEPS = {
    "anyOf": [
        {"enum": ["late", *WINDOW_STEPS]},
        {"type": "string", "pattern": f"^({OF_TIME.pattern}|{IN_A_ROW.pattern})$", "examples": ["75% of time"]},
    ]
}


# Who and when


class Written(NamedTuple):
    """A time that is promised, the calendar written for it, and where the two stand in the document."""

    within: Duration
    calendar: str | None
    place: tuple[Part, ...]
    calendar_place: tuple[Part, ...]


class Who(Strict):
    """Who owes it to whom."""

    owes: Annotated[str, Ref("team"), Change(says="the team that owes it")]
    """The team that promises."""
    to: Annotated[str, Ref("team"), Change("promise", says="the team it is owed to")]
    """The team it is promised to."""


class PromiseCase(Row):
    """A row of a table of promises: for which records, and within which time."""

    for_: Annotated[Rule, Field(alias="for"), Change(says="the records of the case")]
    """Which records this row is for; the first row that is true holds."""
    within: Annotated[Within, Change(says="the time promised", stricter="less")]
    """The time promised to them, as in `4 business hours`; `none` if none is, and then `why`."""
    calendar: Annotated[str | None, Change(says="the calendar")] = None
    """Whose opening hours business time counts: a calendar's id, or an expression that yields one."""

    @model_validator(mode="after")
    def _says_why_nothing_is_promised(self) -> Self:
        if self.within is None and self.why is None:
            raise missing("why")
        if self.within is None and self.calendar is not None:
            raise wrong("AAC308", "no promise needs no calendar", "leave `calendar` out", "calendar")
        return self


class When(Strict):
    """Within which time: one for all, or by case; of a volume, in which windows."""

    within: Annotated[Promised | None, Change(says="the time promised", stricter="less")] = None
    """The time promised, as in `4 business hours`, `2 days` or `5 business days`."""
    cases: Annotated[tuple[PromiseCase, ...] | None, Change(says="the cases", each="the case", ordered=True)] = None
    """A table of promises by case, the first that is true holds; a record of no case is outside the promise."""
    every: Annotated[Every | None, Change(says="the windows")] = None
    """Of a volume: the windows it is counted in."""
    calendar: Annotated[str | None, Change(says="the calendar")] = None
    """Whose opening hours business time counts: a calendar's id, or an expression that yields one. Left out: the
    calendar of the team that owes, else the company's."""

    @model_validator(mode="after")
    def _says_one_time(self) -> Self:
        given = [key for key in ("within", "cases", "every") if getattr(self, key) is not None]
        if not given:
            advice = "add `within: 4 hours`, a table of `cases`, or for a volume `every: month`"
            raise wrong("AAC210", "`when` names no time", advice, key=True)
        if len(given) > 1:
            message = f"`{given[0]}` and `{given[1]}` both say when"
            raise wrong("AAC308", message, "keep one of them", given[1], key=True)
        if self.cases is not None and all(case.within is None for case in self.cases):
            message = "`cases` has no rows" if not self.cases else "no row promises anything"
            raise wrong(
                "AAC308", message, 'add one, as in `- {for: "priority = 1", within: 4 hours}`', "cases", key=True
            )
        if self.every is not None and self.calendar is not None:
            raise wrong("AAC308", "a volume needs no calendar", "leave it out", "calendar")
        return self

    @property
    def promises(self) -> tuple[Written, ...]:
        """Every time that is promised, and the calendar that was written for it."""
        if self.within is not None:
            return (Written(self.within, self.calendar, ("when", "within"), ("when", "calendar")),)
        made: list[Written] = []
        for number, case in enumerate(self.cases or ()):
            place = ("when", "cases", number)
            own = (*place, "calendar") if case.calendar is not None else ("when", "calendar")
            if case.within is not None:
                shared = self.calendar if case.within.clock == "business" else None
                made.append(Written(case.within, case.calendar or shared, (*place, "within"), own))
        return tuple(made)


# How it is measured


class Paused(Strict):
    """When the clock stands still: while child records last, or while a rule holds that an event made true."""

    over: Annotated[Annotated[str, Ref("entity")] | None, Change(says="what pauses the clock")] = None
    """The entity whose records pause the clock; it has a reference to what is measured."""
    via: Annotated[str | None, Change(says="the reference of the pauses")] = None
    """That reference, if there are several."""
    where: Annotated[Rule | None, Change(says="which pauses count")] = None
    """Which of its records pause the clock; left out, all."""
    from_: Annotated[str | None, Change(says="when a pause begins")] = Field(None, alias="from")
    """The moment a pause begins."""
    until: Annotated[str | None, Change(says="when a pause ends")] = None
    """The moment it ends; while that is unknown, it lasts."""
    while_: Annotated[Rule | None, Change(says="the rule of the pause")] = Field(None, alias="while")
    """A rule that is true of the event with which a pause begins; it lasts until the record's next event."""
    at: Annotated[str | None, Change(says="the moment of the pause")] = None
    """The moment of such an event."""

    @model_validator(mode="after")
    def _is_one_sort(self) -> Self:
        given = {info.alias or name for name, info in type(self).model_fields.items() if name in self.model_fields_set}
        lasting, event = ("over", "from", "until"), ("while", "at")
        is_event = "while" in given or ("at" in given and "from" not in given)
        foreign = [key for key in (("where", "from", "until") if is_event else event) if key in given]
        if foreign:
            message = f"`{foreign[0]}` does not go with `{'while' if is_event else 'from'}`"
            advice = "write `{over: …, where: …, from: …, until: …}`, or `{while: …, at: …}`"
            raise wrong("AAC308", message, advice, foreign[0], key=True)
        for key in event if is_event else lasting:
            if key not in given:
                raise missing(key)
        if "via" in given and "over" not in given:
            raise missing("over")
        return self

    @property
    def condition(self) -> str:
        """The key that says which records pause the clock."""
        return "while" if self.while_ is not None else "where"


class Restarts(Strict):
    """What begins the clock anew: each stretch is an item of its own, with the owner and the calendar it had then."""

    over: Annotated[str, Ref("entity"), Change(says="what restarts the clock")]
    """The entity whose records begin a stretch; it has a reference to what is measured."""
    via: Annotated[str | None, Change(says="the reference of the restarts")] = None
    """That reference, if there are several."""
    at: Annotated[str, Change(says="the moment of the restart")]
    """The moment of it."""
    ended: Annotated[Literal["excused"], Change(says="what becomes of an ended stretch")] = "excused"
    """What becomes of a stretch that another one ended."""


class HowMeasured(Strict):
    """Which records, from which moment to which, how often on time, in which windows; or which metric."""

    each: Annotated[Annotated[str, Ref("entity", "definition")] | None, Change(says="what it is promised for")] = None
    """What is promised for: an entity or a definition, one item a record."""
    where: Annotated[Rule | None, Change(says="for which it is promised")] = None
    """For which of them."""
    starts: Annotated[str | None, Change(says="when the clock starts")] = None
    """The moment the clock starts; left out, the moment of the definition that `each` names."""
    stops: Annotated[str | None, Change(says="when the clock stops")] = None
    """The moment it stops: makes the promise a clock."""
    must: Annotated[Rule | None, Change(says="what must be true")] = None
    """What must be true once the time is up: makes the promise a rule."""
    paused: Annotated[Paused | None, Change(says="the pause")] = None
    """When the clock stands still."""
    excused: Annotated[Rule | None, Change(says="what is excused")] = None
    """Which items count neither as met nor as late."""
    restarts: Annotated[Restarts | None, Change(says="the restart")] = None
    """What begins the clock anew."""
    through: Annotated[
        dict[str, str], Change(says="the moments on the way", each="the moment on the way", ordered=True)
    ] = Field(default_factory=dict[str, str])
    """Named moments on the way, in order: the time used is split into these steps."""
    objective: Annotated[Objective, Change("promise", says="the objective", stricter="more")] = None
    """The share that must be met, as in `95%`; `none` if nobody agreed one: measured, not judged."""
    window: Annotated[Windows, Change(says="the window")] = "month"
    """In which windows it is counted: `week`, `month`, `quarter`, `fiscal_quarter`, `year`, `fiscal_year`, `all`, or
    `rolling 28 days`."""
    by: Annotated[By, Change("promise", says="the splits", grows=True)] = ()
    """What the numbers are split by."""
    min_n: Annotated[Count, Change("promise", says="how many it takes to judge")] = 1
    """How many items it takes to judge."""
    judge: Annotated[Literal["interval"] | None, Change("promise", says="how it is judged")] = None
    """`interval`: a shortfall that chance explains (95 % Wilson interval) is a risk, and not yet off target."""
    metric: Annotated[Annotated[str, Ref("metric")] | None, Change(says="the metric")] = None
    """The metric whose value is promised: makes the promise a volume."""
    at_least: Annotated[Share | None, Change("promise", says="the least that is promised", stricter="more")] = None
    """The least the metric must come to."""
    at_most: Annotated[Share | None, Change("promise", says="the most that is promised", stricter="less")] = None
    """The most it may come to."""

    @property
    def form(self) -> Form:
        """Which of the three ways it is."""
        return next(form for mark, form in MARKS.items() if getattr(self, mark) is not None)

    @property
    def limits(self) -> dict[str, Fraction]:
        """The limits of a volume, by their keys."""
        limits = {"at_least": self.at_least, "at_most": self.at_most}
        return {key: limit for key, limit in limits.items() if limit is not None}

    @property
    def mark(self) -> str:
        """The key that makes it that form."""
        return next(mark for mark, form in MARKS.items() if form == self.form)

    @model_validator(mode="after")
    def _is_of_one_form(self) -> Self:
        given = [key for key in type(self).model_fields if key in self.model_fields_set]
        marks = [key for key in MARKS if key in given]
        if not marks:
            advice = "add `stops: <moment>` for a clock, `must: <rule>` for a rule, or `metric: <id>` for a volume"
            raise wrong("AAC210", "it is not said what ends the promise", advice, key=True)
        form = self.form
        foreign = [*marks[1:], *(key for key in given if form not in BELONGS.get(key, (form,)))]
        if foreign:
            forms = BELONGS.get(foreign[0]) or (MARKS[foreign[0]],)
            raise wrong("AAC228", *of_another_form(self, foreign[0], forms), foreign[0], key=True)
        for key in NEEDED[form]:
            if key not in given:
                raise missing(key)
        if "through" in given and not self.through:
            raise wrong(
                "AAC308", "`through` names no step", "add one, as in `assignment: assigned_at`", "through", key=True
            )
        if form == "volume":
            self._check_limits()
        return self

    def _check_limits(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise wrong("AAC210", "a volume needs a limit", "add `at_least: 200` or `at_most: 20`", "metric", key=True)
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise wrong("AAC301", "the least is more than the most", "exchange the two numbers", "at_most")


def of_another_form(how: HowMeasured, written: str, forms: tuple[Form, ...]) -> tuple[str, str]:
    """What is wrong with a part of other forms than the one that ``how`` has, and what to do."""
    named = " or ".join(f"a {form}" for form in forms)
    return f"`{written}` belongs to {named}, and `{how.mark}` makes this a {how.form}", "leave one of the two out"


# Escalation


class Step(Row):
    """One step of the escalation: when it is due, what is done, and which queue or team or meeting it goes to."""

    at: Annotated[str, AfterValidator(read_step), Looks(STEPS), Change("promise", says="when the step is due")]
    """When it is due: `75% of time`, `late`, `budget_spent`, `off_target` or `2 windows off_target`."""
    do: Annotated[Literal["remind", "requeue", "agenda", "decide", "notify"], Change("promise", says="what is done")]
    """What is done."""
    to: Annotated[str | None, Change("promise", says="where it goes")] = None
    """The queue or team it goes to."""
    meeting: Annotated[Annotated[str, Ref("meeting")] | None, Change("promise", says="the meeting")] = None
    """The meeting on whose agenda it stands."""

    @property
    def share_of_time(self) -> Fraction | None:
        """The share of the promised time after which it is due, for steps about open items."""
        match = OF_TIME.fullmatch(self.at)
        return Fraction(match[1]) / 100 if match else None

    @property
    def is_of_items(self) -> bool:
        """Whether it is due for single items, and not for a window as a whole."""
        return self.at == "late" or self.share_of_time is not None

    @property
    def windows_in_a_row(self) -> int | None:
        """After how many windows off target it is due, for steps that wait for several."""
        match = IN_A_ROW.fullmatch(self.at)
        return int(match[1]) if match else None

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        if self.meeting is not None and self.do not in ("agenda", "decide"):
            message = f"`{self.do}` needs no meeting"
            raise wrong(
                "AAC308", message, "write `do: agenda` or `do: decide`, or leave `meeting` out", "meeting", key=True
            )
        if self.do == "agenda" and self.meeting is None and self.to is None:
            raise wrong("AAC210", "it is not said on whose agenda", "add `meeting: <id>` or `to: <team>`", "do")
        if self.do == "requeue" and not self.is_of_items:
            message = f"at `{self.at}` there is no single item to put into another queue"
            raise wrong("AAC308", message, "write `at: late`, or `do: notify`", "do")
        return self

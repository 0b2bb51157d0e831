"""How a promise would have been kept had it been another one: its past, counted for each time and judged by each share.

The document is read again with another `within`, so that what its kind makes of that is what is counted.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aac.errors import UsageError
from aac.evaluate import recount
from aac.findings import did_you_mean
from aac.kinds.promise import read_objective
from aac.measures import Clock
from aac.models import read
from aac.recounts import Tried, is_final
from aac.results import ClockReading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from aac.evaluate import Asked
    from aac.graph import Id
    from aac.landing.landed import Landed
    from aac.project import Project


def promise(name: str, project: Project) -> Id:
    """The SLA of a name, with its kind ahead or without. Raises UsageError for what is none, or has no time to vary."""
    kind, _, id_ = name.rpartition(":")
    model: Any = project.models.get(("sla", id_))
    if kind not in ("", "sla") or model is None:
        raise UsageError(f"--backtest: there is no SLA `{name}`; {did_you_mean(id_, project.ids('sla'))}")
    if model.when.within is None:
        what = "its times are told case by case" if model.when.cases is not None else "it promises a volume"
        raise UsageError(f"--backtest: `{id_}` has no `within`: {what}")
    return "sla", id_


def objectives(texts: Sequence[str]) -> list[Fraction]:
    """Shares as people write them: `90`, `90%` or `0.9`. Raises UsageError."""
    found: list[Fraction] = []
    for text in texts:
        is_bare = text.replace(".", "", 1).isdecimal() and not text.startswith(("0", "1.")) and text != "1"
        try:
            share = read_objective(f"{text}%" if is_bare else text)
        except ValueError as error:
            raise UsageError(f"--objective: {error}") from None
        if share is None:
            raise UsageError("--objective: `none` is no share to try")
        found.append(share)
    return found


def tried(id_: Id, within: Sequence[str], project: Project, landed: Landed, asked: Asked) -> list[Tried]:
    """The past of a promise for each time: in the windows that are settled by all of them, and in the others apart.

    Raises UsageError for a time that it cannot promise, and EngineError.
    """
    clocks = [(text, _clock(id_, text, project)) for text in within]
    counted: dict[str, list[ClockReading]] = {}
    for text, clock in clocks:
        results = recount(project, landed, asked, lambda _, clock=clock: [clock])
        placed = [result.reading for result in results if result.selection != "unplaced"]
        counted[text] = [reading for reading in placed if isinstance(reading, ClockReading)]
    every = [reading for readings in counted.values() for reading in readings]
    opened = {reading.window.label for reading in every if not is_final(reading)}
    found: list[Tried] = []
    for text, readings in counted.items():
        settled, provisional = (
            tuple((r.window.label, r.attainment) for r in readings if (r.window.label in opened) is is_open)
            for is_open in (False, True)
        )
        found.append(Tried(text, min((r.as_of_us for r in readings), default=None), settled, provisional))
    return found


def _clock(id_: Id, within: str, project: Project) -> Clock:
    """The clock of an SLA with another time."""
    data = deepcopy(project.places[id_].data)
    when: Any = data["when"]
    when["within"] = within
    model = read(data, type(project.models[id_]))
    if isinstance(model, tuple):
        _, message, instead = model
        raise UsageError(f"--within: {message}; {instead}")
    told = len(project.told)
    parts = [part for part in model.compile(project.scope(id_)) if isinstance(part, Clock)]
    wrong = [finding for finding in project.told[told:] if finding.level == "error"]
    del project.told[told:]
    if wrong or not parts:
        reason = f"{wrong[0].message}; {wrong[0].instead}" if wrong else "it leaves nothing to measure"
        raise UsageError(f"--within: `{within}`: {reason}")
    return replace(parts[0], dimensions=(), remind_at=None, lookback=0)

"""A plan: every measure in as few scans as there are pairs of entity and moment, at each as_of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aac.planner.clocks import ClockScan, plan_clock
from aac.planner.metrics import MetricScan, plan_metrics
from aac.planner.windows import Chosen, all_time, choose, layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aac.expressions.nodes import Node
    from aac.measures import Clock, Measure, Moment
    from aac.planner.setting import Setting

MOST_DIMENSIONS = 62
"""A mask of 63 bits says which of the group columns a row is split by, and the window is one of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The scans of a run, each with the setting it was made for."""

    clocks: tuple[tuple[ClockScan, Setting], ...]
    metrics: tuple[tuple[MetricScan, Setting], ...]


def plan(
    clocks: Iterable[Clock],
    measures: Iterable[Measure],
    setting_of: Callable[[Clock | Measure], Setting],
    keys: Mapping[str, tuple[str, ...]],
    asked: Sequence[str],
) -> Plan:
    """The scans that answer all measures. ``setting_of`` gives each its as_of; ``asked``: the words of `--window`.

    Raises UsageError when a word names no window.
    """
    clock_scans: list[tuple[ClockScan, Setting]] = []
    for clock in clocks:
        setting = setting_of(clock)
        for layer in layers(choose(asked, clock.grain, setting.clockwork)):
            scan = plan_clock(clock, layer, setting, keys[clock.population.entity])
            clock_scans.append((scan, setting))
    together: defaultdict[_Scan, list[Measure]] = defaultdict(list)
    for measure in measures:
        setting = setting_of(measure)
        windows = choose(asked, measure.grain, setting.clockwork) if measure.anchor else all_time()
        for layer in layers(windows):
            together[_Scan(measure.population.entity, measure.anchor, layer, setting.as_of_us)].append(measure)
    metric_scans: list[tuple[MetricScan, Setting]] = []
    for scan, group in together.items():
        setting = setting_of(group[0])
        metric_scans += [(plan_metrics(part, scan.windows, setting), setting) for part in _parted(group)]
    return Plan(tuple(clock_scans), tuple(metric_scans))


def _parted(measures: Sequence[Measure]) -> list[tuple[Measure, ...]]:
    """The measures of one scan, or of several when there are more dimensions than a scan tells apart."""
    parts: list[list[Measure]] = []
    dimensions: set[Node] = set()
    for measure in measures:
        values = {dimension.value for dimension in measure.dimensions}
        if not parts or len(dimensions | values) > MOST_DIMENSIONS:
            parts.append([])
            dimensions = set()
        parts[-1].append(measure)
        dimensions |= values
    return [tuple(part) for part in parts]


@dataclass(frozen=True, slots=True)
class _Scan:
    """What measures must share to be answered by one scan."""

    entity: str
    anchor: Moment | None
    windows: tuple[Chosen, ...]
    as_of_us: int

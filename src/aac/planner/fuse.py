"""A plan: every measure in as few scans as there are pairs of entity and moment, at each as_of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from aac.measures import Retention, Snapshot
from aac.planner.clocks import plan_clock
from aac.planner.in_force import plan_in_force
from aac.planner.joint import Joint, joined
from aac.planner.known import as_known
from aac.planner.metrics import MetricScan, parted, plan_metrics
from aac.planner.places import placed
from aac.planner.windows import Chosen, layers
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aac.measures import Clock, Measure, Moment
    from aac.planner.clocks import ClockScan
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting

NumberScan = MetricScan
"""A query whose rows are cells of numbers."""


@record
class Plan:
    """The scans of a run, each with the setting it was made for."""

    clocks: tuple[Joint, ...]
    metrics: tuple[tuple[NumberScan, Setting], ...]


def plan(
    clocks: Iterable[Piece[Clock]],
    measures: Iterable[Piece[Measure]],
    setting_of: Callable[[Piece[Clock] | Piece[Measure]], Setting],
    keys: Mapping[str, tuple[str, ...]],
) -> Plan:
    """The scans that answer all pieces, whatever versions of a project or projects they are of.

    ``setting_of`` gives each its as_of; ``keys``: the key fields of each entity.
    """
    clock_scans: list[tuple[ClockScan, Setting]] = []
    for asked in clocks:
        setting = setting_of(asked)
        piece = replace(asked, of=placed(as_known(asked.of, setting), setting))
        for layer in layers(piece.windows):
            clock_scans.append((plan_clock(piece, layer, setting, keys[piece.of.population.entity]), setting))
    together: defaultdict[_Scan, list[Piece[Measure]]] = defaultdict(list)
    for asked in measures:
        setting = setting_of(asked)
        piece = replace(asked, of=placed(as_known(asked.of, setting), setting))
        measure = piece.of
        as_of, is_counted = setting.as_of_us, not isinstance(measure.basis, Snapshot | Retention)
        anchor = measure.anchor if is_counted else None
        together[_Scan(measure.population.entity, anchor, is_counted, as_of)].append(piece)
    metric_scans: list[tuple[NumberScan, Setting]] = []
    for scan, group in together.items():
        setting, windows = setting_of(group[0]), _all_windows(group)
        if not scan.is_counted:
            metric_scans += [(made, setting) for made in plan_in_force(group, windows, setting)]
            continue
        for layer in layers(windows):
            pieces = [piece for piece in group if not set(piece.windows).isdisjoint(layer)]
            metric_scans += [(plan_metrics(part, layer, setting), setting) for part in parted(pieces)]
    return Plan(joined(clock_scans), tuple(metric_scans))


def _all_windows(pieces: Iterable[Piece[Measure]]) -> tuple[Chosen, ...]:
    """The windows of all pieces, each once; those of one grain follow each other."""
    windows = dict.fromkeys(chosen for piece in pieces for chosen in piece.windows)
    return tuple(sorted(windows, key=lambda chosen: (chosen.window.grain, chosen.window.first or date.min)))


@record
class _Scan:
    """What measures must share to be answered by one scan: the entity, and the moment that puts records into windows
    (``is_counted``: records belong to the window of that moment, and not to all windows in which they are in force)."""

    entity: str
    anchor: Moment | None
    is_counted: bool
    as_of_us: int

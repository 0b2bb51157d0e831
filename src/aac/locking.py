"""What `aac lock` writes: the numbers of a period that are final, with the fingerprints they were measured with."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from aac.distribution import VERSION
from aac.errors import UsageError
from aac.files import write_file
from aac.kinds.lock import Lock
from aac.locks import data_print, kept, prints_of, settled
from aac.meanings import meanings_of
from aac.operations import on_its_day, pulled_data
from aac.periods import day_of, iso_utc, parse_label
from aac.records import record
from aac.reports.wording import plural
from aac.selecting import measurable, select
from aac.settling import numbers_of, open_because

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aac.evaluate import Asked
    from aac.landing.landed import Landed
    from aac.measures import Shown
    from aac.operations import Opened
    from aac.periods import Window
    from aac.project import Project
    from aac.results import Result
    from aac.selecting import Selection

FOLDER = "alignment/locks"
SHOWN = 12
"""How many numbers that are not final are named on a screen, before it says how many more there are."""


@record
class Locked:
    """What was locked: the file, how many numbers are in it, how many were locked before, and those that are not final
    with the reason."""

    window: str
    file: str
    stored: int
    before: int
    left: tuple[tuple[str, str], ...]


def lock(
    opened: Opened,
    label: str,
    now_us: int,
    asked: Asked,
    tell: Callable[[str], None],
    chosen: Sequence[str] = (),
) -> Locked:
    """Writes the numbers of a period, or those that were ``chosen`` as `--select` says, which are final and not locked
    yet; what is locked is never changed.

    Raises UsageError for a period that there is not, or of which nothing is left to lock, and what `check` raises.
    """
    made = opened.project
    period = _period(label, made)
    selection = select(chosen, made) if chosen else None
    with pulled_data(opened, asked, tell) as data:
        made = on_its_day(made, asked, data.sources)
        results = numbers_of(period, made, data, asked, partial(_wanted, selection))
        there = {(*one.id, one.window) for one in settled(made)}
        fresh = [result for result in results if (result.kind, result.id, result.reading.window) not in there]
        final = [result for result in fresh if open_because(result) is None]
        left = tuple((_named(result), why) for result in fresh if (why := open_because(result)) is not None)
        if not final:
            raise UsageError(_nothing(period, made, left))
        id_, file = _names(period, made, day_of(now_us - 1, made.timezone))
        text = _text(id_, period, final, made, data, day_of(now_us - 1, made.timezone))
    path = made.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, text)
    return Locked(period.label, file, len(final), len(results) - len(fresh), left)


def _wanted(selection: Selection | None, version: Project) -> list[Shown]:
    """All that has a number, or what was selected of it."""
    return measurable(version) if selection is None else selection.of(measurable(version))


def _period(label: str, made: Project) -> Window:
    try:
        window = parse_label(label, made.fiscal_start)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if window.first is None:
        raise UsageError("all time is never over; name a period, as in `2026-Q1` or `2026-02`")
    return window


def _nothing(period: Window, made: Project, left: Sequence[tuple[str, str]]) -> str:
    """Why nothing is locked."""
    locks = [lock for lock in made.of_kind("lock") if isinstance(lock, Lock) and lock.window == period.label]
    files = ", ".join(f"`{made.places['lock', lock.id].file}`" for lock in locks)
    if not left:
        where = f", in {files}" if files else ""
        return f"all of {period.label} is locked already{where}; delete the file to lock it anew"
    of, why = left[0]
    more = f", and {plural(len(left) - 1, 'more number')}" if len(left) > 1 else ""
    so_far = "nothing more" if files else "nothing"
    return f"{so_far} of {period.label} is final yet: {of} ({why}){more}"


def _named(result: Result) -> str:
    return f"{result.kind} {result.id} {result.reading.window.label}"


def _names(period: Window, made: Project, day: date) -> tuple[str, str]:
    """The id and the file of a lock; of one that comes later to the same period with its day."""
    for later in ("", f"-{day}", *(f"-{day}-{n}" for n in range(2, 1000))):
        name = f"{period.label}{later}"
        id_ = f"locked_{name.lower().replace('-', '_')}"
        file = f"{FOLDER}/{name}.yml"
        if ("lock", id_) not in made.places and not (made.root / file).exists():
            return id_, file
    raise UsageError(f"{period.label} was locked too often on {day}")


def _text(id_: str, period: Window, final: Sequence[Result], made: Project, data: Landed, day: date) -> str:
    numbers: dict[str, list[Result]] = {}
    for result in sorted(final, key=_turn):
        numbers.setdefault(f"{result.kind}/{result.id}", []).append(result)
    measured = [((result.kind, result.id), result.reading.window.first or date.min) for result in final]
    prints = prints_of(measured, made)
    lines = [
        f"kind: {Lock.kind_name}",
        f"id: {id_}",
        f"window: {period.label}",
        f"locked_on: {day}",
        f"aac: {VERSION}",
        f"engine: {data.engine.release}",
        "sources:",
        *(
            f'  {source.id}: {{watermark: "{iso_utc(source.watermark_us)}", fingerprint: {data_print(source)}}}'
            for source in sorted(data.sources, key=lambda source: source.id)
        ),
        "numbers:",
        *_lines(numbers),
        "meant:",
        *(f'  {name}: "{says}"' for name, says in meanings_of(_documents(prints), made).items()),
        "fingerprints:",
        *(f"  {key}: {print_}" for key, print_ in prints.items()),
    ]
    return "\n".join(lines) + "\n"


def _documents(prints: Iterable[str]) -> set[tuple[str, str]]:
    """The documents among the keys of fingerprints."""
    parts = (key.partition("@")[0].partition("/") for key in prints)
    return {(kind, id_) for kind, _, id_ in parts}


def _turn(result: Result) -> tuple[str, str, date, int]:
    """By document and by when a window ends, the longer one after those that lie in it."""
    window = result.reading.window
    return result.kind, result.id, window.until or date.max, -(window.first or date.min).toordinal()


def _lines(numbers: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    for of, results in numbers.items():
        yield f"  {of}:"
        for result in results:
            said = kept(result.reading, result.verdict.status)
            said["as_of"] = f'"{said["as_of"]}"'
            pairs = ", ".join(f"{key}: {value}" for key, value in said.items())
            yield f"    {result.reading.window.label}: {{{pairs}}}"


def written(found: Locked) -> str:
    """What was locked, for a terminal."""
    before = f"; {plural(found.before, 'number')} locked before" if found.before else ""
    lines = [f"{found.window}: {plural(found.stored, 'number')} locked{before}", f"  {found.file}"]
    if found.left:
        lines.append(f"not final, and not stored: {plural(len(found.left), 'number')}")
        lines += [f"  {of}: {why}" for of, why in found.left[:SHOWN]]
        more = len(found.left) - SHOWN
        lines += [f"  and {more} more: lock {found.window} again when they are"] if more > 0 else []
    return "\n".join(lines) + "\n"

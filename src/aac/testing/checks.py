"""What every connector has to stand: each check makes records, lets something happen and compares with the source."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from aac.connectors.base import Rows
from aac.testing.bench import Bench, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aac.connectors.base import Message, Stream
    from aac.testing.trials import Trial

MOST_BYTES = 500_000_000
"""The memory that a pull of much may take."""
BLOCK = 2048
"""Characters in one text of all of Unicode."""
CLOCK_CHANGES = (
    "2026-03-29T00:59:59",  # the last second before Berlin's clock is put forward, and the first after
    "2026-03-29T01:00:00",
    "2026-10-25T00:30:00",  # half past two in Berlin, twice
    "2026-10-25T01:30:00",
    "2026-11-01T05:30:00",  # half past one in New York, twice
    "2026-11-01T06:30:00",
)


def killed_at_every_checkpoint(bench: Bench) -> None:
    """Killed before and after each checkpoint, a reader sees before or after, and the next pull makes it good."""
    keys = bench.create([f"first {n}" for n in range(bench.trial.page + 9)])
    bench.pull_well()
    old = bench.texts()
    bench.change([keys[0]], "changed")
    bench.change([keys[-1]], "changed too")
    bench.delete([keys[1]])
    bench.create(["new", "newer"])
    for point in count(1):
        copy = bench.copied(bench.root.with_name(f"{bench.root.name}-{point}"))
        told = copy.pull_alone(point)
        if told is None:
            seen = copy.texts()
            require(seen in (old, bench.records), f"killed at point {point}, it is neither before nor after")
        copy.pull_well()
        copy.lose_store()
        copy.pull_well()
        shutil.rmtree(copy.root)
        if told is not None:
            require(not told["errors"], f"a pull of a source that is well failed: {'; '.join(told['errors'])}")
            require(point > 1, "no checkpoint was sent")
            return


def a_page_twice(bench: Bench) -> None:
    """What arrives twice is there once: in one pull, in the next, and when all is read anew."""
    keys = bench.create([f"first {n}" for n in range(2 * bench.trial.page + 9)])
    bench.pull_well(_twice)
    bench.change([keys[0]], "changed")
    bench.delete([keys[1]])
    bench.pull_well(_twice)
    bench.pull_well(_twice)
    bench.pull_well(_twice, full=True)


def _twice(stream: Stream, messages: Iterator[Message]) -> Iterator[Message]:
    del stream
    for message in messages:
        yield message
        if isinstance(message, Rows):
            yield message


def equal_cursors(bench: Bench) -> None:
    """Records of one moment are all read, over the edge of a page and over the end of a pull."""
    at = bench.moment(bench.trial.overlap / 2)
    bench.create([f"before {n}" for n in range(max(1, bench.trial.page // 2))], at - timedelta(hours=1))
    bench.create([f"tie {n}" for n in range(501)], at)
    bench.pull_well()
    bench.create([f"late tie {n}" for n in range(500)], at)
    bench.pull_well()


def late_rows(bench: Bench) -> None:
    """A record that appears later than its moment says is read, as late as the connector promises."""
    bench.create(["in time"], bench.moment())
    bench.pull_well()
    bench.create(["late"], bench.moment(bench.trial.overlap * 0.9 or timedelta(days=400)))
    bench.pull_well()


def column_added(bench: Bench) -> None:
    """A new column is there with its values, also of records that did not change."""
    keys = bench.create(["one", "two"], _long_ago(bench))
    bench.pull_well()
    bench.trial.add_column("extra", 7)
    bench.pull_well()
    bench.read("extra")
    bench.create(["three"])
    bench.pull_well()
    _all_hold(bench, "7")
    bench.change([keys[0]], "changed")
    bench.pull_well()
    _all_hold(bench, "7")


def column_dropped(bench: Bench) -> None:
    """A column that nobody reads may go; one that is read does not turn empty."""
    bench.trial.add_column("extra", 7)
    bench.create(["one", "two"])
    bench.pull_well()
    bench.read("extra")
    bench.pull_well()
    copy = bench.copied(bench.root.with_name(f"{bench.root.name}-read"))
    copy.forget("extra")
    bench.trial.drop_column("extra")
    copy.pull_well()
    bench.pull()
    bench.agree()
    _all_hold(bench, "7")


def column_retyped(bench: Bench) -> None:
    """A column that gets another type is read as it is now, or the pull is refused and says why; never a mixture.

    Records that did not change themselves are among those.
    """
    bench.trial.add_column("extra", 7)
    keys = bench.create(["one", "two"], _long_ago(bench))
    bench.read("extra")
    bench.pull_well()
    bench.trial.retype_column("extra", "seven")
    _holds_now(bench, "seven", "7")
    bench.trial.retype_column("extra", 8)
    _holds_now(bench, "8", "seven")
    bench.forget("extra")
    bench.trial.retype_column("extra", "nine")
    bench.change([keys[0]], "changed")
    bench.pull_well()


def _long_ago(bench: Bench) -> datetime:
    """A moment that a pull does not go back to unless it has a reason."""
    return bench.moment(bench.trial.overlap + timedelta(days=30))


def _holds_now(bench: Bench, new: str, old: str) -> None:
    errors = bench.pull()
    if errors:
        named = next(filter(None, (re.search(r"in `(extra__v\d+)`", error) for error in errors)), None)
        require(named is not None, f"the pull failed and did not say where the column is now: {errors[0]}")
        assert named is not None
        _all_hold(bench, old)
        bench.read("extra", named[1])
        errors = bench.pull()
        require(not errors, f"not even reading the column that was named helps: {'; '.join(errors)}")
    bench.agree()
    _all_hold(bench, new)


def _all_hold(bench: Bench, value: str) -> None:
    held = dict(bench.seen("id", "extra"))
    other = [f"{key} holds {text!r}" for key, text in held.items() if text != value]
    require(not other, f"the column `extra` holds {value!r} in the source, and {', '.join(other[:5])}")


def changed_while_read(bench: Bench) -> None:
    """Records that change, come and go while a pull goes on: the others are right, and the next pull brings them."""
    keys = bench.create([f"first {n}" for n in range(3 * bench.trial.page + 30)])
    bench.pull_well()
    for round in range(2):
        before = dict(bench.records)
        held = set(before)
        bench.change(keys, f"before round {round}")
        steps = iter(range(3))

        def step(steps: Iterator[int] = steps, round: int = round, held: set[str] = held) -> None:
            number = next(steps, None)
            if number is not None:
                bench.change([keys[10 * round + number]], f"during round {round}")
                bench.change([keys[-1 - number]], f"during round {round}")
                bench.delete([keys.pop(len(keys) // 2)])
                keys.insert(len(keys) // 2, *bench.create([f"new in round {round}"]))
                held.update(bench.records)

        def tap(stream: Stream, messages: Iterator[Message], step: Callable[[], None] = step) -> Iterator[Message]:
            del stream
            step()
            for message in messages:
                yield message
                step()

        errors = bench.pull(tap)
        require(not errors, f"a pull failed because records changed meanwhile: {'; '.join(errors)}")
        _is_between(bench, before, held)
        bench.pull_well()


def _is_between(bench: Bench, before: dict[str, str], held: set[str]) -> None:
    """Requires that nothing is lost that was there before and still is, and nothing there that was never ``held``."""
    seen = bench.texts()
    stays = before.keys() & bench.records.keys()
    lost = sorted(stays - seen.keys())
    require(not lost, f"records that changed while they were read are lost: {', '.join(lost[:5])}")
    strange = sorted(seen.keys() - held)
    require(not strange, f"records are there that the source never held: {', '.join(strange[:5])}")


def hard_delete(bench: Bench) -> None:
    """A record that is deleted is gone after the next pull, and stays so."""
    keys = bench.create([f"first {n}" for n in range(20)])
    bench.pull_well()
    bench.delete([keys[0], keys[7], keys[-1]])
    bench.pull_well()
    bench.create(["new"])
    bench.pull_well()


def lost_permission(bench: Bench) -> None:
    """What may not be read any more is told, and does not look deleted."""
    bench.create([f"first {n}" for n in range(20)])
    bench.pull_well()
    bench.trial.forbid()
    try:
        errors = bench.pull()
        require(bool(errors), "the connector may not read the stream any more, and nobody was told")
        bench.agree()
    finally:
        bench.trial.allow()
    bench.pull_well()


def mass_delete_stopped(bench: Bench) -> None:
    """A list of keys does not take away half of the records unasked; whoever wants it can have it."""
    keys = bench.create([f"first {n}" for n in range(20)])
    bench.pull_well()
    before = dict(bench.records)
    bench.delete(keys[:10])
    if bench.streams[bench.trial.stream].deletes == "key_scan" and not bench.comes_whole:
        errors = bench.pull()
        require(bool(errors), "half of all records went by a list of keys, and the pull was not stopped")
        require(bench.texts() == before, "the pull was stopped, and records are gone")
    bench.pull_well(mass_delete=True)


def empty(bench: Bench) -> None:
    """No records, some, and none again."""
    bench.pull_well()
    keys = bench.create(["one", "two"])
    bench.pull_well()
    bench.delete(keys)
    bench.pull_well(mass_delete=True)
    bench.create(["three"])
    bench.pull_well()


def every_character(bench: Bench) -> None:
    """All of Unicode, NUL among it, arrives as it is."""
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    blocks = ["".join(map(chr, codes[start : start + BLOCK])) for start in range(0, len(codes), BLOCK)]
    bench.create([f"<{''.join(c for c in block if c not in bench.trial.unwritable)}>" for block in blocks])
    bench.pull_well()


def clock_change(bench: Bench) -> None:
    """Moments around a change of clocks are what they are, to the second."""
    for text in CLOCK_CHANGES:
        bench.create([text], datetime.fromisoformat(text).replace(tzinfo=UTC))
    bench.pull_well()


def much(bench: Bench) -> None:
    """A million records in less than 500 MB of memory."""
    bench.trial.fill(bench.trial.many)
    told = bench.pull_alone()
    require(told is not None and not told["errors"], f"the pull failed: {told}")
    assert told is not None
    there = len(bench.seen("id"))
    require(there == bench.trial.many, f"{there:,} records are there, and the source holds {bench.trial.many:,}")
    print(f"{bench.trial.many:,} records in {told['bytes'] / 1e6:,.0f} MB")
    require(told["bytes"] < MOST_BYTES, f"{there:,} records took {told['bytes'] / 1e6:,.0f} MB of memory")


CHECKS: dict[str, Callable[[Bench], None]] = {
    "killed at every checkpoint": killed_at_every_checkpoint,
    "a page twice": a_page_twice,
    "500 equal cursors": equal_cursors,
    "late rows": late_rows,
    "column added": column_added,
    "column dropped": column_dropped,
    "column retyped": column_retyped,
    "changed while read": changed_while_read,
    "hard delete": hard_delete,
    "lost permission": lost_permission,
    "mass delete stopped": mass_delete_stopped,
    "empty": empty,
    "every character": every_character,
    "clock change": clock_change,
    "a million records": much,
}
"""All checks by the names that `Trial.cannot` and reports call them."""


def run(name: str, trial: Trial, folder: Path) -> None:
    """Tries a connector by one check in a folder that is not there yet. Raises NotConforming with what is wrong."""
    CHECKS[name](Bench(trial, folder))

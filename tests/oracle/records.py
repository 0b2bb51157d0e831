"""What a stream of rows leads to, one row at a time, in plain Python; written from design and docs, not from aac.

A run is a list of steps: ``("upsert", rows)``, ``("delete", rows)``, ``("keys", rows)`` with rows of
(key, version or None, value), and ``("checkpoint", state, complete)``. It may break off with ``("stop",)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Row = tuple[Any, ...]
Step = tuple[Any, ...]


@dataclass
class Record:
    """A record as it was last told."""

    version: int | None
    value: str | None
    deleted: bool = False


@dataclass
class Stream:
    """What is known of a stream: ``seen`` is what a reader sees, ``kept`` are checkpoints no reader has seen yet."""

    history: bool = False
    records: dict[str, Record] = field(default_factory=dict[str, Record])
    kept: list[tuple[Any, bool, list[Step]]] = field(default_factory=list[tuple[Any, bool, list[Step]]])
    merged_state: Any = None

    @property
    def state(self) -> Any:
        return self.kept[-1][0] if self.kept else self.merged_state

    @property
    def seen(self) -> dict[str, str | None]:
        return {key: record.value for key, record in self.records.items() if not record.deleted}

    def run(self, steps: list[Step], *, mass_delete: bool = False) -> bool:
        """Reads what a source sends; whether it came to its end and was taken."""
        since: list[Step] = []
        complete = False
        for step in steps:
            if step[0] == "stop":
                return False
            if step[0] == "checkpoint":
                self.kept.append((step[1], step[2], since))
                since, complete = [], step[2]
            else:
                since.append(step)
        if not complete:
            return False
        return self._take(mass_delete=mass_delete)

    def _take(self, *, mass_delete: bool) -> bool:
        """Merges all that was kept; not when a scan of keys would take away more than a fifth."""
        records = {key: Record(r.version, r.value, r.deleted) for key, r in self.records.items()}
        begins, listed, sent = self._scan()
        for _, _, steps in self.kept:
            for step in steps:
                for row in step[1]:
                    _apply(records, step[0], row, history=self.history)
        if begins is not None:
            living = [key for key, record in records.items() if not record.deleted]
            gone = [key for key in living if key not in listed and key not in sent]
            if len(gone) * 5 > len(living) and not mass_delete:
                del self.kept[begins:]
                return False
            for key in gone:
                records[key].deleted = True
        self.merged_state = self.state
        self.records, self.kept = records, []
        return True

    def _scan(self) -> tuple[int | None, set[str], set[str]]:
        """The checkpoint at which the last scan of keys begins, its keys, and what was sent since it began."""
        begins: int | None = None
        listed, sent = set[str](), set[str]()
        goes_on = False
        for at, (_, complete, steps) in enumerate(self.kept):
            lists = any(step[0] == "keys" for step in steps)
            fresh = lists and not goes_on
            if fresh:
                begins, listed, sent = at, set[str](), set[str]()
            began = not fresh and begins is not None
            for step in steps:
                keys: set[str] = {row[0] for row in step[1]}
                if step[0] == "keys":
                    began = True
                    listed |= keys
                elif step[0] == "upsert" and began:
                    sent |= keys
            goes_on = (goes_on or lists) and not complete
        return begins, listed, sent


def _apply(records: dict[str, Record], what: str, row: Row, *, history: bool) -> None:
    key, version, value = row[0], row[1] if len(row) > 1 else None, row[2] if len(row) > 2 else None
    known = records.get(key)
    if what == "upsert":
        if known is None or (not history and _rank(version) >= _rank(known.version)):
            records[key] = Record(version, value)
    elif what == "delete":
        if known is not None and (version is None or version >= _rank(known.version)):
            known.deleted = True
            known.version = known.version if version is None else version
        elif known is None and version is not None:
            records[key] = Record(version, None, deleted=True)


def _rank(version: int | None) -> float:
    return float("-inf") if version is None else version

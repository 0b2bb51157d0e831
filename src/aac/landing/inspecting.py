"""One staged table, looked at: records and texts that cannot be used are taken out, kept aside and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aac.engines import staged as statements
from aac.landing.staging import BOUNDS, can_be_lost, keeps_original
from aac.landing.state import Flaw

if TYPE_CHECKING:
    from collections.abc import Collection

    from aac.engines.duckdb import Store
    from aac.engines.staged import Staged
    from aac.measures import StoredField, Table


class Inspection:
    """Looks at a staged table and changes it; what it found is in ``flaws``. ``private`` fields are never quoted."""

    def __init__(self, store: Store, table: Table, staged: Staged, private: Collection[str]) -> None:
        self.table = table
        self.staged = staged
        self.flaws: list[Flaw] = []
        self._store = store
        self._private = private

    def set_aside(self) -> None:
        """Takes out records whose key is missing, then those whose key is doubled."""
        for statement in statements.FORGET:
            self._store.execute(statement, self.table.entity)
        lost = [f"l{key}" for key in self.staged.keys if can_be_lost(self.table.fields[key])]
        self._take_out("AAC501", self.staged.has_no_key, f"coalesce({', '.join(lost)})" if lost else "NULL")
        self._take_out("AAC502", self.staged.is_doubled, "NULL")

    def find_lost(self) -> None:
        """Counts texts that became no value, moments out of range and records without a moment of their own."""
        for place, field in enumerate(self.table.fields):
            if can_be_lost(field) and field.type.entity is None:
                code = "AAC504" if field.type.values is not None else "AAC505"
                self._keep(code, field, f"l{place} IS NOT NULL", f"l{place}")
            if field.type.name in BOUNDS:
                self._keep("AAC506", field, f"o{place} IS NOT NULL", f"o{place}")
            if field.name == self.table.occurs:
                self._tell("AAC507", field.name, self.staged.flawed(f"f{place} IS NULL"))

    def follow(self, place: int, target: Staged | None) -> None:
        """Makes a reference unknown where no record of ``target`` has that key; without a target it stays as it is.

        A reference that is itself part of the key stays: a record without its key would be gone.
        """
        field = self.table.fields[place]
        lost = [f"l{place}"] if can_be_lost(field) else []
        outside = [f"o{place}"] if field.type.name in BOUNDS else []
        original = [f"w{place}"] if keeps_original(field) else []
        empty = " AND ".join(f"{column} IS NULL" for column in [f"f{place}", *lost, *outside])
        self._tell("AAC508", field.name, self.staged.flawed(empty))
        unmatched = [self.staged.finds_nothing(place, target)] if target is not None else []
        unusable = " OR ".join([*(f"{column} IS NOT NULL" for column in lost), *(f"({rule})" for rule in unmatched)])
        if unusable:
            text = f"coalesce({', '.join([*lost, *original, f'f{place}::VARCHAR'])})"
            if self._keep("AAC503", field, unusable, text) and unmatched and place not in self.staged.keys:
                self._store.execute(self.staged.forget(place, unmatched[0]))

    def _take_out(self, code: str, condition: str, text: str) -> None:
        selection = self.staged.flawed(condition, text)
        if not self._tell(code, None, selection):
            return
        values = [f"coalesce({', '.join(columns)})" for columns in map(self._written, range(len(self.table.fields)))]
        names = [field.name for field in self.table.fields]
        self._store.execute(self.staged.set_aside(selection, values), self.table.entity, code, names)
        self._store.execute(self.staged.remove_set_aside, self.table.entity)

    def _written(self, place: int) -> list[str]:
        """The columns that may hold what was written in a field, the most original first."""
        field = self.table.fields[place]
        lost = [f"l{place}"] if can_be_lost(field) else []
        outside = [f"o{place}"] if field.type.name in BOUNDS else []
        original = [f"w{place}"] if keeps_original(field) else []
        return [*lost, *outside, *original, f"f{place}::VARCHAR"]

    def _keep(self, code: str, field: StoredField, condition: str, text: str) -> bool:
        """Counts records whose text became unknown and keeps the texts; whether there are any."""
        selection = self.staged.flawed(condition, text)
        if not self._tell(code, field.name, selection):
            return False
        self._store.execute(statements.keep_problems(selection), self.table.entity, code, field.name)
        return True

    def _tell(self, code: str, field: str | None, selection: str) -> bool:
        """Adds a flaw for the records of a selection; whether there are any."""
        count = self._rows(statements.number_of(selection))[0][0]
        if not count:
            return False
        firsts = self._rows(statements.first_of(selection))
        quoted = {field} if field is not None else set(self.table.key)
        texts = [] if quoted & set(self._private) else self._rows(statements.texts_of(selection))
        keys = [] if set(self.table.key) & set(self._private) else [_key(parts) for _, parts in firsts]
        self.flaws.append(
            Flaw(code, field, count, tuple(text for (text,) in texts), tuple(filter(None, keys)), _few(firsts))
        )
        return True

    def _rows(self, statement: str) -> list[Any]:
        return list(self._store.execute(statement))


def _key(parts: list[str | None]) -> str:
    """A key as findings name it; the missing parts of a key of several fields are left out."""
    return ", ".join(part for part in parts if part is not None)


def _few(firsts: list[tuple[int, list[str | None]]]) -> tuple[int, ...]:
    return tuple(row for row, _ in firsts[:5])

"""One staged table, looked at: records and texts that cannot be used are taken out, kept aside and counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aac.engines import staged as statements
from aac.expressions.nodes import NOTHING, Case
from aac.landing.staging import BOUNDS, can_be_lost, keeps_original, may_be_rounded, passed_over
from aac.landing.state import Flaw
from aac.landing.telling import near

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from aac.engines.duckdb import Store
    from aac.engines.staged import Staged
    from aac.measures import StoredField, Table


OFTEN = 10
"""How often each record of a list is named on average, where it is odd that one of few never is."""
MOST_KEYS = 1000
"""Among more keys than these, none is looked for that was perhaps meant."""


class Inspection:
    """Looks at a staged table and changes it; what it found is in ``flaws``. ``private`` fields are never quoted.

    ``loose`` are the references (by the place of their field) that may still lead nowhere.
    """

    def __init__(self, store: Store, table: Table, staged: Staged, private: AbstractSet[str]) -> None:
        self.table = table
        self.staged = staged
        self.flaws: list[Flaw] = []
        self.loose: set[int] = set()
        self._store = store
        self._private = private

    def set_aside(self) -> None:
        """Takes out records whose key is missing, then those whose key is doubled, and those that are gone.

        Older versions of a record are counted and not kept: the source has them, and the record is there.
        """
        for statement in statements.FORGET:
            self._store.execute(statement, self.table.entity)
        lost = [f"l{key}" for key in self.staged.keys if can_be_lost(self.table.fields[key])]
        self._take_out("AAC501", self.staged.has_no_key, f"coalesce({', '.join(lost)})" if lost else "NULL")
        if self.staged.versions and self._tell("AAC517", None, self.staged.flawed(self.staged.is_older)):
            self._store.execute(self.staged.remove(self.staged.is_older))
        if "deleted" in self.staged.marks:
            self._take_out("AAC516", "deleted", "NULL")
        if not self.staged.versions:
            self._take_out("AAC502", self.staged.is_doubled, "NULL")
        if "incomplete" in self.staged.marks:
            self._tell("AAC526", None, self.staged.flawed("incomplete IS NOT NULL", "incomplete"))

    def find_lost(self) -> None:
        """Counts texts that became no value, moments out of range and records without a moment of their own."""
        for place, field in enumerate(self.table.fields):
            if can_be_lost(field) and field.type.entity is None:
                code = "AAC504" if field.type.values is not None else "AAC505"
                other = "AAC528" if field.type.name == "timestamp" else "AAC527" if may_be_rounded(field) else None
                is_lost = f" AND f{place} IS NULL" if other is not None else ""
                self._keep(code, field, f"l{place} IS NOT NULL{is_lost}", f"l{place}")
                if other is not None:
                    self._keep(other, field, f"l{place} IS NOT NULL AND f{place} IS NOT NULL", f"l{place}")
            if field.type.name in BOUNDS:
                self._keep("AAC506", field, f"o{place} IS NOT NULL", f"o{place}")
            if not self.table.per and passed_over(field) is not None:
                self._keep("AAC524", field, f"p{place} IS NOT NULL", f"p{place}")
            if field.name == self.table.occurs and not self.table.per:
                self._tell("AAC507", field.name, self.staged.flawed(f"f{place} IS NULL"))

    def follow(self, place: int, target: Staged | None, deleted: Sequence[str] = ()) -> None:
        """Makes a reference unknown where no record of ``target`` has that key; without a target it stays as it is.

        A reference that is itself part of the key stays too: a record without its key would be gone. ``deleted``:
        statements that yield the keys of records that there were.
        """
        field = self.table.fields[place]
        empty = " AND ".join(f"{column} IS NULL" for column in [f"f{place}", *_unusable(field, place)])
        if not says_when_empty(field):
            self._tell("AAC508", field.name, self.staged.flawed(empty))
        unmatched = self.staged.finds_nothing(place, target) if target is not None else "false"
        lost = f"l{place} IS NOT NULL OR " if can_be_lost(field) else ""
        text = f"coalesce({', '.join(self._written(field, place))})"
        if self._keep("AAC503", field, f"{lost}({unmatched})", text) and target is not None:
            entity = self.table.entity, field.name, field.type.entity
            ((gone,),) = list[Any](self._store.execute(statements.leads_to_deleted(deleted), *entity))
            self.flaws[-1] = replace(self.flaws[-1], near=self._near(self.flaws[-1], target), gone=gone)
            if place not in self.staged.keys:
                self._store.execute(self.staged.forget(place, unmatched))
            else:
                self.loose.add(place)
        if target is None:
            self.loose.add(place)

    def find_unnamed(self, place: int, target: Staged) -> None:
        """Counts the records that a reference never leads to, if it often leads to most of them."""
        field = self.table.fields[place]
        selection = target.flawed(self.staged.is_not_named(place, target))
        ((there,),) = self._rows(statements.number_of_rows(target.name))
        ((leading,),) = self._rows(self.staged.values([place]))
        if leading < OFTEN * there:
            return
        ((count,),) = self._rows(statements.number_of(selection))
        if 2 * count < there:
            self._tell("AAC509", field.name, selection, of=(field.name,), count=count)

    def _near(self, flaw: Flaw, target: Staged) -> tuple[tuple[str, str], ...]:
        """Keys that were perhaps meant, where there are few enough to look at."""
        keys = self._rows(target.few_keys(MOST_KEYS + 1))
        return near(flaw.texts, [key for (key,) in keys if key is not None]) if len(keys) <= MOST_KEYS else ()

    def _written(self, field: StoredField, place: int) -> list[str]:
        """The columns that may hold what was written in a field, the most original first."""
        original = [f"w{place}"] if keeps_original(field) else []
        return [*_unusable(field, place), *original, self.staged.text(place)]

    def _take_out(self, code: str, condition: str, text: str) -> None:
        selection = self.staged.flawed(condition, text)
        if not self._tell(code, None, selection):
            return
        values = [f"coalesce({', '.join(self._written(field, at))})" for at, field in enumerate(self.table.fields)]
        names = [field.name for field in self.table.fields]
        self._store.execute(self.staged.set_aside(selection, values), self.table.entity, code, names)
        self._store.execute(self.staged.remove_set_aside, self.table.entity)

    def _keep(self, code: str, field: StoredField, condition: str, text: str) -> bool:
        """Counts records whose text became unknown and keeps the texts; whether there are any."""
        selection = self.staged.flawed(condition, text)
        if not self._tell(code, field.name, selection):
            return False
        self._store.execute(statements.keep_problems(selection), self.table.entity, code, field.name)
        return True

    def _tell(
        self,
        code: str,
        field: str | None,
        selection: str,
        of: Sequence[str] | None = None,
        count: int | None = None,
    ) -> bool:
        """Adds a flaw for the records of a selection; whether there are any. ``of``: fields that hold their keys;
        ``count``: how many they are, where that was counted."""
        if count is None:
            ((count,),) = self._rows(statements.number_of(selection))
        if not count:
            return False
        firsts = self._rows(statements.first_of(selection))
        rows = tuple(row for row, _ in firsts[:5])
        is_hidden = self._is_private(*(of or self.table.key))
        keys = dict.fromkeys(_key(parts) for _, parts in firsts if any(parts) and not is_hidden)
        is_quoted = not self._is_private(*((field,) if field is not None else self.table.key))
        texts = tuple(text for (text,) in self._rows(statements.texts_of(selection))) if is_quoted else ()
        self.flaws.append(Flaw(code, field, count, texts, tuple(keys), rows))
        return True

    def _is_private(self, *fields: str) -> bool:
        return not self._private.isdisjoint(fields)

    def _rows(self, statement: str) -> list[Any]:
        return list(self._store.execute(statement))


def _key(parts: list[str | None]) -> str:
    """A key as findings name it; the missing parts of a key of several fields are left out."""
    return ", ".join(part for part in parts if part is not None)


def _unusable(field: StoredField, place: int) -> list[str]:
    """The columns that hold text which is no value of the field."""
    lost = [f"l{place}"] if can_be_lost(field) else []
    return [*lost, *([f"o{place}"] if field.type.name in BOUNDS else [])]


def says_when_empty(field: StoredField) -> bool:
    """Whether a reference is meant to be empty in some records: its rule is of cases, and the others have nothing."""
    return isinstance(field.read, Case) and field.read.otherwise == NOTHING

"""Values that are never changed: what most of our classes are."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(made: type[Made]) -> type[Made]:
    """A dataclass with slots, equal to another of its class if all fields are, and hashed by them; own methods stay.

    Pyright stops whoever changes one, not Python: looking out for that makes each of them three times as slow to make,
    and the class, of which every command makes some hundreds, four times (docs/decisions/021-records.md).
    """
    whole: type[Any] = dataclass(slots=True, eq=False, repr=False)(made)
    told = [each.name for each in fields(whole) if each.repr]
    compared = _values([each.name for each in fields(whole) if each.compare])

    def equals(self: Made, other: object) -> bool:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Made) -> int:
        return hash(compared(self))

    def shown(self: Made) -> str:
        return f"{whole.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in told)})"

    for name, method in (("__eq__", equals), ("__hash__", hashed), ("__repr__", shown)):
        if name not in made.__dict__:
            setattr(whole, name, method)
    return whole


def _values(names: list[str]) -> Callable[[object], object]:
    """What tells the values of some fields."""
    return attrgetter(*names) if names else lambda _: ()

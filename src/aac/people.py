"""Who people are among the records, and which fields tell of one who it is: outside the restricted pages nothing does.

People are the records of an entity to which a field `owner` leads, and of `user`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from collections.abc import Set as AbstractSet

    from aac.measures import Table

OWNER = "owner"
"""The field that says whose a record is, and the dimension that splits by it."""
USER = "user"
"""The entity of the colleagues, also where nobody owns anything."""
KNOWN_BY = re.compile(r"(?:\w+_)?(?:name|e?mail|handle|login)")
"""What a person's fields are called that say who it is, beside the key."""


def people_of(tables: Iterable[Table]) -> frozenset[str]:
    """The entities of people."""
    owners = (stored.type.entity for table in tables for stored in table.fields if stored.name == OWNER)
    return frozenset({USER, *(entity for entity in owners if entity is not None)})


def tells_who(table: Table, field: str, people: AbstractSet[str]) -> bool:
    """Whether a field tells of a person who it is; ``people``: the entities of people."""
    if table.entity in people and (field in table.key or KNOWN_BY.fullmatch(field)):
        return True
    return field == OWNER or table.field(field).type.entity in people


def has_keys_of_people(table: Table, people: AbstractSet[str]) -> bool:
    """Whether the keys of its records tell who somebody is."""
    return any(tells_who(table, key, people) for key in table.key)


def keyed_by_people(tables: Collection[Table]) -> frozenset[str]:
    """The entities whose records are known by keys that tell who somebody is."""
    people = people_of(tables)
    return frozenset(table.entity for table in tables if has_keys_of_people(table, people))

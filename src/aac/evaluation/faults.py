"""What no record should be: a rule, and what is said of the records that fulfil it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.records import record

if TYPE_CHECKING:
    from aac.expressions.nodes import Node
    from aac.findings import Level, Span


@record
class Fault:
    """A rule that no record of ``entity`` should fulfil (of a ``word``: that one should), and what to say if one does.

    ``is_later``: it is about records later than as_of, which do not exist.
    """

    code: str
    level: Level
    entity: str
    rule: Node
    message: str
    instead: str
    span: Span | None
    doc: str
    field: str | None = None
    word: str | None = None
    is_later: bool = False

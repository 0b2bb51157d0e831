"""What a connector is: settings, and four steps that end in messages.

The framework (`landing`) owns transactions, state and casting; a connector says where data lies and in which order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Settings(BaseModel):
    """The keys of ``[sources.<id>]`` that belong to the connector; the others (timezone, nulls, …) are the source's."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Files:
    """Data an engine reads itself: ``format`` is csv (with a header row) or json (one object a line)."""

    paths: tuple[Path, ...]
    format: str
    columns: tuple[str, ...]
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All messages before it belong together; ``complete`` ends the stream. ``state`` is plain JSON."""

    state: Mapping[str, Any]
    complete: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a user should know: becomes a finding with this code (6xx), level, sentence and what to do."""

    code: str
    level: str
    message: str
    instead: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading has come; told on standard error."""

    rows: int


Message = Files | Checkpoint | Notice | Progress


@dataclass(frozen=True, slots=True)
class Stream:
    """One table of a source: its name and its columns, in order. Every column is read as text."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a stream that is read in one go; ``bounds`` mean something to the connector only."""

    stream: str
    bounds: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Context:
    """What a connector may know of the run: the project's folder and a folder for files of its own."""

    root: Path
    folder: Path


class Connector(Protocol):
    """Made once a run with its settings. Raises SourceError when the source cannot be used."""

    name: ClassVar[str]
    settings: ClassVar[type[Settings]]

    def __init__(self, settings: Any, context: Context) -> None: ...

    def check(self) -> None:
        """Whether the source can be reached; raises SourceError saying what to do."""
        ...

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are, sorted by name."""
        ...

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """What to read, given the state of the last complete pull."""
        ...

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The messages of one slice, ending in a `Checkpoint`."""
        ...

"""What a report is: the project and its results become plain data, and plain data becomes pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aac.findings import Finding
    from aac.results import Results

View = dict[str, Any]
"""What JSON can carry: templates and renderers see nothing else."""


@record
class Page:
    """A file of the output: its path inside the output folder (with ``/``) and its text."""

    path: str
    text: str


@record
class Sheet:
    """A page that a template makes: its path, the templates to choose from (the first that there is), and what it
    shows, as plain data."""

    path: str
    templates: tuple[str, ...]
    view: View


@record
class Entry:
    """A document as reports see it: plain values as written, where it stands, and what it rests on.

    ``rests_on`` (what can alter its number or its promise), ``used_by`` (what rests on it), ``mentions`` (what it
    names beside that: teams, the meeting of a step, what is shown there) and ``mentioned_in`` are ``kind:id``;
    ``fields`` are the document's own keys in the order written. Of entities what they rest on is not followed: who
    reads one says which other ones it reads with it.
    """

    kind: str
    id: str
    name: str
    file: str
    line: int
    fields: Mapping[str, Any]
    rests_on: tuple[str, ...]
    used_by: tuple[str, ...]
    mentions: tuple[str, ...] = ()
    mentioned_in: tuple[str, ...] = ()


class ReportProject(Protocol):
    """What a report may ask of the project."""

    @property
    def name(self) -> str:
        """What the project is called."""
        ...

    @property
    def root(self) -> Path:
        """Its folder."""
        ...

    @property
    def timezone(self) -> str:
        """The company's time zone."""
        ...

    def entries(self) -> tuple[Entry, ...]:
        """Every document, sorted by kind and id."""
        ...

    def in_words(self, kind: str, id: str) -> tuple[tuple[str, str], ...]:
        """The rules of a document in reading order: where each stands, and what it says in English."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What validating found."""
        ...


class Report(Protocol):
    """``made_by`` tells which command makes it: ``check`` prints its single page, ``build`` writes its pages."""

    name: ClassVar[str]
    made_by: ClassVar[Literal["check", "build"]]

    def view(self, project: ReportProject, results: Results) -> View:
        """Everything the pages say, as plain data."""
        ...

    def render(self, view: View) -> tuple[Page | Sheet, ...]:
        """The pages, and those that templates make; the same view gives the same bytes. ``check`` takes one page."""
        ...

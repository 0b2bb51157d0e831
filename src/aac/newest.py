"""What a build tells beside numbers; most of it is here: which commit changed last what a page rests on, its own
document, and of others what can alter its numbers.

Of another document prose does not count, of an entity only the fields that are read, of the settings only the
parameters that stand in its rules; so that a commit changes the pages that would read differently, and no other.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

from aac.comparing import fields_of
from aac.documents import read_text
from aac.explaining import agreements_in, queries_of
from aac.kinds.base import Versioned
from aac.planner.windows import PAST
from aac.resting import ENTITY, Grounds, can_mean
from aac.revisions import content, history, web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aac.documents import Document
    from aac.graph import Id
    from aac.project import Project
    from aac.results import Change, Results

FOLDER, SETTINGS = "alignment", "aac.toml"
ASIDE = frozenset({"why", "as_written"})
"""What any row may say, which alters nothing."""


def with_background(made: Project, results: Results) -> Results:
    """Results as `check` has them, with the past, the SQL and the history of what they are of."""
    totals = tuple(result for result in results.results if result.selection == PAST and not result.reading.by)
    at = min((result.reading.as_of_us for result in results.results), default=results.now_us)
    queries, agreed = queries_of(made, at), agreements_in(made)
    told: dict[str, Any] = {"past": totals, "queries": queries, "changes": last_changes(made), "web": web(made.root)}
    background = replace(results.background, **told, agreements=agreed)
    present = tuple(result for result in results.results if result.selection != PAST)
    return replace(results, results=present, background=background)


def last_changes(project: Project) -> dict[str, Change]:
    """The last change of each document and of what it rests on, by its ``kind:id``; nothing of what was never
    committed."""
    past = _Past(project)
    found = {f"{id_[0]}:{id_[1]}": past.of(id_) for id_ in sorted(project.places)}
    return {subject: change for subject, change in found.items() if change is not None}


class _Past:
    """What git knows of a project's documents and settings; each text is read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._grounds = Grounds(project)
        self._turns = history(project.root, FOLDER, SETTINGS)
        self._document = cache(self._read_document)
        self._settings = cache(self._read_settings)
        self._prose = cache(self._read_prose)

    def of(self, id_: Id) -> Change | None:
        newest = self._last(self._file(id_), partial(self._whole, id_=id_), None)
        model = self._project.models.get(id_)
        if model is None or not can_mean(model):
            return newest
        ground = self._grounds.of(id_)
        for other in sorted(ground.documents):
            newest = self._last(self._file(other), partial(self._meant, id_=other), newest)
        for entity in sorted(ground.fields):
            read = frozenset(ground.fields[entity])
            place = (ENTITY, entity)
            if place in self._project.places and place != id_:
                newest = self._last(self._file(place), partial(self._read, id_=place, fields=read), newest)
        for name in sorted(ground.parameters):
            newest = self._last(SETTINGS, lambda blob, name=name: self._settings(blob).get(name), newest)
        return newest

    def _last(self, file: str, part: Callable[[str], object], newest: Change | None) -> Change | None:
        """The newer one of a change and the last that changed a ``part`` of a file."""
        for turn in self._turns.get(file, ()):
            if newest is not None and newest.age <= turn.change.age:
                break
            before, after = (part(blob) if blob is not None else None for blob in (turn.before, turn.after))
            if before != after:
                return turn.change
        return newest

    def _file(self, id_: Id) -> str:
        return self._project.places[id_].file

    # Parts of a text

    def _whole(self, blob: str, id_: Id) -> list[object]:
        """The documents of an id, with all that they say."""
        return [document.data for document in self._document(blob) if (document.kind, document.id) == id_]

    def _meant(self, blob: str, id_: Id) -> list[object]:
        """The same without prose."""
        prose = self._prose(id_[0])
        told = cast("list[Mapping[str, object]]", self._whole(blob, id_))
        return [_bare({key: value for key, value in data.items() if key not in prose}) for data in told]

    def _read(self, blob: str, id_: Id, fields: frozenset[str]) -> list[object]:
        """An entity with those fields alone."""
        found: list[object] = []
        for data in cast("list[dict[str, object]]", self._meant(blob, id_)):
            written = data.get("fields")
            own = cast("dict[str, object]", written) if isinstance(written, dict) else dict[str, object]()
            found.append(data | {"fields": {name: own[name] for name in own if name in fields}})
        return found

    def _read_document(self, blob: str) -> list[Document]:
        return read_text(content(self._project.root, blob), "")[0]

    def _read_settings(self, blob: str) -> Mapping[str, object]:
        """The parameters of settings; none of what cannot be read."""
        try:
            told = tomllib.loads(content(self._project.root, blob).decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            return {}
        parameters = told.get("param")
        return cast("Mapping[str, object]", parameters) if isinstance(parameters, dict) else {}

    def _read_prose(self, kind: str) -> frozenset[str]:
        """The keys of a kind that help people to read, and alter nothing."""
        marks = fields_of(self._project.kinds.get(kind, Versioned))
        return frozenset(key for key, (_, mark) in marks.items() if mark is not None and mark.sort == "prose")


def _bare(told: object) -> object:
    """What was written, without what rows say of themselves."""
    match told:
        case dict():
            rows = cast("dict[str, object]", told)
            return {key: _bare(value) for key, value in rows.items() if key not in ASIDE}
        case list():
            return [_bare(part) for part in cast("list[object]", told)]
        case _:
            return told

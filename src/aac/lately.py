"""What changed between two meetings, in the sentences of `aac diff`: of what was committed, never by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac import config
from aac.changes import LEVELS, document_changes
from aac.documents import FOLDER
from aac.errors import ConfigError
from aac.loading import load
from aac.reports.sections import News
from aac.revisions import commit_at, committed, snapshot
from aac.setting_changes import SETTINGS, setting_changes
from aac.sides import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.changes import Change
    from aac.graph import Id
    from aac.project import Project
    from aac.revisions import Edit


def news(project: Project, since_us: int | None, until_us: int) -> list[News] | None:
    """What was committed after one moment (from the first commit on, if it is null) and not after another: what means
    something else first, and what is only said otherwise last. Null outside a repository.

    Where one of the two sides cannot be read, there are files alone.
    """
    found = [committed(project.root, path, since_us, until_us) for path in (FOLDER, config.FILE)]
    edits = [edit for of_path in found for edit in of_path or ()]
    if not edits:
        return None if None in found else []
    base = _project_at(project, since_us) if since_us is not None else None
    head = _project_at(project, until_us)
    if base is None or head is None:
        return [*_of_files(edits, project)]
    told = [*document_changes(base, head)[0], *setting_changes(base.config, head.config)]
    told.sort(key=lambda change: LEVELS.index(change.level))
    return [_said(change, base, head, edits) for change in told]


def _project_at(project: Project, at_us: int) -> Project | None:
    """The project as it was committed up to a moment; null where there was none, or its settings are wrong."""
    commit = commit_at(project.root, at_us)
    side = Side("", snapshot=snapshot(project.root, commit)) if commit is not None else None
    settings = side.settings() if side is not None else None
    if side is None or settings is None:
        return None
    try:
        made = config.read(settings, project.root)
    except ConfigError:
        return None
    return load(made, project.kinds, project.parsed, project.packs, side.documents())[0]


def _of_files(edits: Sequence[Edit], project: Project) -> Iterator[News]:
    for edit in edits:
        ids = [id_ for id_, document in project.places.items() if document.file == edit.file]
        for kind, id_ in ids:
            model = project.models.get((kind, id_))
            yield News(model.title if model else id_, kind, edit.sort, edit.at_us, f"{kind}/{id_}.html")
        if not ids:
            yield News(edit.file, "file", edit.sort, edit.at_us, None)


def _said(change: Change, base: Project, head: Project, edits: Sequence[Edit]) -> News:
    side = head if change.doc in head.places else base
    file = side.places[change.doc].file if change.doc in side.places else config.FILE
    at_us = max((edit.at_us for edit in edits if edit.file == file), default=max(edit.at_us for edit in edits))
    if change.doc == SETTINGS:
        return News(config.FILE, "settings", change.sentence, at_us, None)
    kind, id_ = change.doc
    return News(_title(change.doc, side), kind, change.sentence, at_us, f"{kind}/{id_}.html" if side is head else None)


def _title(id_: Id, side: Project) -> str:
    model = side.models.get(id_)
    return model.title if model is not None else id_[1]

"""Sign-offs that were merged before their document said what was signed: they agree to nothing, then or later.

Which commit brought a sign-off is told along the first parents of the history: there a branch counts as one step, so
that a text which it only held in passing was never said.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from aac.agreements import is_of_its_text
from aac.documents import FOLDER, read_files
from aac.findings import Finding
from aac.folders import SUFFIXES
from aac.kinds.signoff import Signoff
from aac.loading import read_versions
from aac.project import Project
from aac.revisions import snapshot, steps, uncommitted
from aac.signing import signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def too_early(project: Project) -> frozenset[str]:
    """The sign-offs of what is said today that were merged when it was not said, by id; none outside a repository."""
    words = [made for made in project.of_kind("signoff") if isinstance(made, Signoff) and is_of_its_text(made, project)]
    return frozenset(_early(words, project)) if words else frozenset()


def _early(words: Sequence[Signoff], project: Project) -> Iterator[str]:
    edited = uncommitted(project.root, FOLDER)
    last: dict[str, int] = {}
    commits = list(steps(project.root, FOLDER))
    for age, (_, files) in enumerate(commits):
        for file in files:
            last.setdefault(file, age)
    then: dict[str, Project] = {}
    for word in words:
        own, of = project.places["signoff", word.id].file, project.places[signed(word)].file
        if own not in last or own in edited:
            continue  # it is about to be committed, with what is said today
        if of not in edited and last.get(of, -1) >= last[own]:
            continue  # nothing of the document's file is younger
        commit = commits[last[own]][0]
        if commit not in then:
            then[commit] = _at(commit, project)
        if not is_of_its_text(word, then[commit]):
            yield word.id


def _at(commit: str, project: Project) -> Project:
    """The documents of a project at a commit that today's sign-offs are of; nothing of them is checked."""
    ids = {signed(made)[1].encode() for made in project.of_kind("signoff") if isinstance(made, Signoff)}
    taken = snapshot(project.root, commit)
    files: Mapping[str, bytes | None] = taken.files if taken is not None else {}
    read = [
        (path, data)
        for path, data in sorted(files.items())
        if path.startswith(f"{FOLDER}/") and path.lower().endswith(SUFFIXES)
        if data is not None and any(id_ in data for id_ in ids)
    ]
    documents, told = read_files(read)
    versions, lent = read_versions(documents, project.kinds, project.packs, list(told))
    made = (project.config, project.kinds, documents, versions, date.max, lent)
    return Project(*made, project.resting, project.parsed, project.packs)


def merged_too_early(project: Project) -> Iterator[Finding]:
    """A warning for each sign-off that was merged before its document said so (AAC450); it counts on no day."""
    early = too_early(project)
    for version in (project, *project.by_day.values()):
        version.too_early = early
    for id_ in sorted(early):
        made = project.models["signoff", id_]
        if isinstance(made, Signoff):
            kind, name = signed(made)
            message = f"{kind} `{name}` did not say this when `{made.team}` signed it, so this does not count"
            advice = f"delete this file, and let `{made.team}` sign anew what is said today, with `aac agree`"
            span = project.places["signoff", id_].span("fingerprint")
            yield Finding("AAC450", "warning", message, advice, span, f"signoff:{id_}")

"""What `--select` names -> what is measured, and the documents whose findings belong to it (LANGUAGE §10)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, cast

from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.findings import Finding
    from aac.measures import Shown
    from aac.project import Project
    from aac.reports.base import Entry

FORMS = ("team", "tag")
"""What may stand before a colon beside the kinds."""


@record
class Selection:
    """Subjects (``kind:id``): ``named`` are measured in any case, ``others`` if a target was agreed for them.

    ``about`` are all documents that these rest on, and themselves: what is found there belongs to the selection.
    """

    named: frozenset[str]
    others: frozenset[str]
    about: frozenset[str]

    def of(self, parts: Iterable[Shown]) -> list[Shown]:
        """Those of several that were selected."""
        return [p for p in parts if p.subject in self.named or (p.subject in self.others and is_agreed(p))]

    def measured(self, project: Project) -> list[Shown]:
        """What was selected of a version of the project."""
        return self.of(measurable(project))

    def told(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Those of several that say something of what was selected, or of no document."""
        return tuple(finding for finding in findings if finding.doc is None or finding.doc in self.about)


def is_agreed(part: Shown) -> bool:
    """Whether `check` measures something of its own accord: promises, scorecards, and numbers with a target."""
    return getattr(part, "has_target", True)


def select(words: Sequence[str], project: Project) -> Selection:
    """What `id`, `kind:id`, `team:x`, `tag:x` and `id+` (and all that rests on it) mean, together.

    A scorecard brings the numbers on it, but for one that only rests on what was named. Raises UsageError for names
    that there are none of, or nothing is measured of.
    """
    entries = {f"{entry.kind}:{entry.id}": entry for entry in project.entries()}
    measured = {part.subject: part for part in measurable(project)}
    named, others, whole = set[str](), set[str](), set[str]()
    for word in words:
        found = _meant(word, entries)
        if not any(subject in measured for subject in found):
            raise UsageError(f"--select: nothing is measured of `{word}`{_instead(word, found, entries, measured)}")
        is_group = word.endswith("+") or word.partition(":")[0] in FORMS
        (others if is_group else named).update(found)
        whole.update(_named(word.removesuffix("+"), entries))
    for card in (part for part in project.cards if part.subject in whole):
        others.update(row.subject for row in card.rows)
    rests_on = {subject: entry.rests_on for subject, entry in entries.items()}
    return Selection(frozenset(named), frozenset(others), frozenset(_closure(named | others, rests_on)))


def measurable(project: Project) -> list[Shown]:
    """All that has a number: promises, metrics and scorecards."""
    return [*project.clocks, *project.measures, *project.derived, *project.cards]


def _meant(word: str, entries: Mapping[str, Entry]) -> set[str]:
    """The documents that one word means; raises UsageError when there are none."""
    name = word.removesuffix("+")
    found = _named(name, entries)
    if name == word:
        return found
    used_by = {subject: entry.used_by for subject, entry in entries.items()}
    return _closure(found, used_by)


def _named(name: str, entries: Mapping[str, Entry]) -> set[str]:
    form, colon, value = name.partition(":")
    if colon and form in FORMS:
        values = {subject: _teams(entry) if form == "team" else _tags(entry) for subject, entry in entries.items()}
        known = {known for of_one in values.values() for known in of_one}
        known |= {entry.id for entry in entries.values() if entry.kind == form}
        if value not in known:
            raise UsageError(
                f"--select: there is no {form} `{value}`; {did_you_mean(value, known) or 'there are none'}"
            )
        return {subject for subject, of_one in values.items() if value in of_one}
    found = {subject for subject, entry in entries.items() if name in (subject, entry.id)}
    if not found:
        known = set(entries) if colon else {entry.id for entry in entries.values()}
        raise UsageError(
            f"--select: there is no document `{name}`; {did_you_mean(name, known) or 'there are none yet'}"
        )
    return found


def _teams(entry: Entry) -> set[str]:
    """The teams that a document is owned by or binds."""
    fields = entry.fields
    who = cast("Mapping[str, object]", fields.get("who") or {})
    return {
        str(team) for value in (fields.get("owner"), fields.get("parties"), *who.values()) for team in _several(value)
    }


def _tags(entry: Entry) -> set[str]:
    return {str(tag) for tag in _several(entry.fields.get("tags"))}


def _several(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def _closure(subjects: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    """The subjects and all that edges lead to from them; not over entities, whose readers are named at once."""
    found = set(subjects)
    waiting = deque(found)
    while waiting:
        fresh = set(edges.get(waiting.popleft(), ())) - found
        found |= fresh
        waiting.extend(subject for subject in fresh if not subject.startswith("entity:"))
    return found


def _instead(word: str, found: set[str], entries: Mapping[str, Entry], measured: Mapping[str, Shown]) -> str:
    """What to write where the documents that were named have no number."""
    used_by = {subject: entry.used_by for subject, entry in entries.items()}
    leads_on = any(subject in measured for subject in _closure(found, used_by))
    if word.endswith("+") or word.partition(":")[0] in FORMS or not leads_on:
        return ""
    return f": write `{word}+` for all that rests on it"

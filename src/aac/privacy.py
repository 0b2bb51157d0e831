"""What is personal stays out of every report: the values and the keys of fields that are marked `pii`.

Other keys are shown as they are, or (`[privacy] keys = "hashed"`) as a short hash, which is the same in every report of
a project.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

from aac.results import ClockReading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from aac.findings import Finding
    from aac.reports.base import Entry
    from aac.results import Key, Result, Results

PATHS = re.compile(r"'(?:[^']|'')*'|([A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)")
"""A text inside a rule, which is passed over, or a dotted name."""
QUOTED = re.compile(r"'[^']*'")
SPELLINGS = re.compile(r"`map: \{.*\}`")
HASH_LENGTH = 12
ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
"""From where a run of letters begins, so that a long one without an `@` is gone through once."""
WORD = re.compile(r"(\w)[\w'+-]*")


def is_personal(field: object) -> bool:
    """Whether a field of an entity, as written, is marked `pii`."""
    return str(_mapping(field).get("pii")).lower() in ("true", "yes", "on", "1", "y", "t")


def without_personal(results: Results, entries: tuple[Entry, ...], people: AbstractSet[str] = frozenset()) -> Results:
    """The results without groups that a personal field splits, and without keys of records whose key is personal;
    ``people``: entities of which no key may be told either."""
    entities = {entry.id: entry for entry in entries if entry.kind == "entity"}
    fields = (field for entity in entities.values() for field in _fields(entity).values())
    if people.isdisjoint(entities) and not any(map(is_personal, fields)):
        return results
    documents = {f"{entry.kind}:{entry.id}": entry for entry in entries}

    @cache
    def has_personal_keys(subject: str) -> bool:
        document = documents.get(subject)
        entity = _entity_of(document, documents) if document else None
        return entity is not None and (entity.id in people or _key_is_personal(entity))

    @cache
    def is_split(subject: str, name: str) -> bool:
        return _splits_personal(name, documents.get(subject), documents, entities)

    kept: list[Result] = []
    for result in results.results:
        subject = f"{result.kind}:{result.id}"
        if not any(is_split(subject, name) for name in result.reading.by):
            kept.append(_without_keys(result) if has_personal_keys(subject) else result)
    return replace(results, results=tuple(kept))


def shortened(text: str) -> str:
    """What something is, so that whoever knows it finds it, and nobody learns it: `z…@l….t…`."""
    return WORD.sub(r"\1…", text)


def without_addresses(text: str, own: Callable[[], str]) -> str:
    """A text in which of e-mail addresses only the first letters are told, but for those that documents say themselves:
    ``own`` are their texts in small letters, which are read when there is an address."""
    found = {match[0] for match in ADDRESS.finditer(text)}
    told = own() if found else ""
    return ADDRESS.sub(lambda match: match[0] if match[0].lower() in told else shortened(match[0]), text)


def with_hashed_keys(results: Results) -> Results:
    """The results with a hash in place of each key of a record.

    It is no secret: who knows all keys can hash them too. It keeps keys out of the hands of those who do not.
    """

    hashed = partial(hashed_key, results.project)
    found = tuple(_with_keys(result, hashed) for result in results.results)
    findings = tuple(_finding_with_keys(finding, hashed) for finding in results.findings)
    return replace(results, results=found, findings=findings, are_keys_hashed=True)


def hashed_key(project: str, key: Key) -> str:
    """What is shown in place of a key, by the name of the project."""
    parts = [project, *([key] if isinstance(key, str) else key)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:HASH_LENGTH]


def _with_keys(result: Result, hashed: Callable[[Key], str]) -> Result:
    reading = result.reading
    if isinstance(reading, ClockReading):
        late = tuple(replace(item, key=hashed(item.key)) for item in reading.late_items)
        opened = tuple(replace(item, key=hashed(item.key)) for item in reading.open_items)
        reading = replace(reading, late_items=late, open_items=opened)
    steps = tuple(
        step if step.key is None else replace(step, key=hashed(step.key)) for step in result.verdict.escalations
    )
    return replace(result, reading=reading, verdict=replace(result.verdict, escalations=steps))


def _finding_with_keys(finding: Finding, hashed: Callable[[Key], str]) -> Finding:
    """What was found in data, with hashes where it names records: by their keys, or by what should lead to them."""
    if not finding.code.startswith("AAC5"):
        return finding
    message, instead = finding.message, finding.instead
    for key in sorted(finding.keys, key=len, reverse=True):
        message = re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", hashed(key), message)
    if finding.code == "AAC503":
        message = QUOTED.sub(lambda text: f"'{hashed(text[0][1:-1])}'", message)
        instead = SPELLINGS.sub("`map`", instead)
    return replace(finding, message=message, instead=instead, keys=tuple(map(hashed, finding.keys)))


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _fields(entity: Entry) -> Mapping[str, Any]:
    return _mapping(entity.fields.get("fields"))


def _entity_of(document: Entry, documents: Mapping[str, Entry]) -> Entry | None:
    """The entity that a document counts records of; null when it does not say so the way our kinds do."""
    seen: set[str] = set()
    name = document.fields.get("of") or _mapping(document.fields.get("how_measured")).get("each")
    while isinstance(name, str) and name not in seen:
        seen.add(name)
        if entity := documents.get(f"entity:{name}"):
            return entity
        definition = documents.get(f"definition:{name}")
        name = definition.fields.get("of") if definition else None
    return None


def _dimensions(document: Entry) -> Iterator[tuple[str, str]]:
    """Name and expression of each dimension of a document; an unnamed one is named by its text (LANGUAGE §8)."""
    by = document.fields.get("by") or _mapping(document.fields.get("how_measured")).get("by")
    for dimension in cast("list[object]", by) if isinstance(by, (list, tuple)) else []:
        named = _mapping(dimension) or {str(dimension): dimension}
        yield from ((str(name), str(rule)) for name, rule in named.items())


def _splits_personal(
    name: str, document: Entry | None, documents: Mapping[str, Entry], entities: Mapping[str, Entry]
) -> bool:
    """Whether what a document calls a dimension reads a personal field; of one that is about numbers, whether theirs
    does."""
    waiting, seen = [document], set[str]()
    while waiting:
        document = waiting.pop()
        entity = _entity_of(document, documents) if document else None
        numbers = _numbers(document, name, documents) if document and entity is None else []
        if not numbers:
            rule = dict(_dimensions(document)).get(name, name) if document else name
            if _reads_personal(rule, entity, entities):
                return True
        waiting += [documents[number] for number in numbers if number not in seen]
        seen.update(numbers)
    return False


def _numbers(document: Entry, name: str, documents: Mapping[str, Entry]) -> list[str]:
    """The documents of numbers on which a document rests, and that have a dimension of that name."""
    numbers = (other for other in document.rests_on if other.startswith(("metric:", "sla:")) and other in documents)
    return [number for number in numbers if name in dict(_dimensions(documents[number]))]


def _reads_personal(
    rule: str, entity: Entry | None, entities: Mapping[str, Entry], seen: frozenset[str] = frozenset()
) -> bool:
    """Whether a rule on ``entity`` names a personal field; when it is unknown whose rule it is, any of that name."""
    for match in PATHS.finditer(rule):
        parts = [part.strip() for part in (match[1] or "").split(".")]
        here = entity
        for step in parts[:-1]:
            here = entities.get(str(_mapping(_fields(here).get(step)).get("ref"))) if here else None
        places = [here] if here else entities.values()
        if any(_holds_personal(parts[-1], place, entities, seen) for place in places):
            return True
    return False


def _holds_personal(name: str, entity: Entry, entities: Mapping[str, Entry], seen: frozenset[str]) -> bool:
    """Whether a field is personal, refers to records whose key is, or is reckoned from one that is."""
    field, place = _fields(entity).get(name), f"{entity.id}.{name}"
    target = entities.get(str(_mapping(field).get("ref")))
    if is_personal(field) or (target is not None and _key_is_personal(target)):
        return True
    written = _mapping(field)
    reckoned = ((written.get("is"), entity), (written.get("rollup"), entities.get(str(written.get("over")))))
    return place not in seen and any(
        rule is not None and _reads_personal(str(rule), of, entities, seen | {place}) for rule, of in reckoned
    )


def _key_is_personal(entity: Entry) -> bool:
    key = entity.fields.get("key")
    names = cast("list[object]", key) if isinstance(key, (list, tuple)) else [key]
    return any(is_personal(_fields(entity).get(str(name))) for name in names)


def _without_keys(result: Result) -> Result:
    reading = result.reading
    if isinstance(reading, ClockReading):
        reading = replace(reading, late_items=(), open_items=())
    steps = tuple(step for step in result.verdict.escalations if step.key is None)
    return replace(result, reading=reading, verdict=replace(result.verdict, escalations=steps))

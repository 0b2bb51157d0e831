"""YAML text into documents that know where every key and value stood: the only reader of the YAML library.

Built on libyaml's events, a flat stream: no recursion, positions for free, and what the language leaves out
(LANGUAGE §1) is refused as it comes by. Every scalar stays the text that was written; fields give it a type later.
Places inside this module are indices into the file's text; `Text.span` makes lines and columns of them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, cast

from aac.findings import MOST, Finding
from aac.folders import files
from aac.scalars import character_places
from aac.texts import Text, decode
from aac.yaml_mistakes import (
    CURLY,
    IN_CURLY_QUOTES,
    LOOKS_BLANK,
    NEGATED,
    NO_ALIASES,
    NO_TAGS,
    TOO_DEEP,
    Stop,
    cut_by_comment,
    explain,
    instead_of,
    is_open,
    kind_and_id,
    no_space_after_colon,
    no_value_in_braces,
    not_cut,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from yaml import Mark, MarkedYAMLError

    from aac.findings import Level, Span

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"
"""What a document holds. Unquoted `null`, `~` and nothing at all are None; quoted they are text."""

Steps: TypeAlias = "tuple[str | int, ...]"
"""A way into a document: keys, and places in lists."""

FOLDER = "alignment"
"""Where a project's documents lie, at its root."""
MAX_LEVELS = 100
MAX_FINDINGS = 200
"""How many findings of a file are told: with more it is no document, and only the first is."""
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
PROSE = frozenset({"as_written", "because", "means", "why"})
"""Keys whose text may be somebody's own words, in the quotes of a book."""
ID = re.compile(r"[a-z][a-z0-9_]*")
NO_BREAK = re.compile(r"[^\r\n]")
NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)
# An anchor or a tag, and what parts it from what it belongs to.
PROPERTY = re.compile(r"(&[\w-]+|!<[^>]*>|![^ \t\r\n,\[\]{}]*)(?:[ \t\r\n]|#[^\r\n]*)*")


DEEPEST_EXTENDED = 2
"""Steps to a key, or to a field, that a document takes from what it extends."""


class Position(NamedTuple):
    """Where a value and its key stand; an item of a list has itself for a key.

    ``style`` is the mark a scalar begins with (none if it is plain), else block or flow; ``text`` is a scalar's value.
    """

    start: int
    end: int
    style: str
    key_start: int
    key_end: int
    text: str | None


@dataclass(frozen=True)
class Document:
    """One YAML document.

    ``kind`` and ``id`` are None when they are missing or cannot be used. A ``broken`` document could not be read whole:
    it has a finding already, and only its kind and id are worth anything.
    """

    kind: str | None
    id: str | None
    file: str
    data: dict[str, Plain]
    positions: dict[Steps, Position] = field(repr=False)
    source: Text = field(repr=False)
    broken: bool = False

    def span(self, *path: str | int, offset: int | None = None, key: bool = False) -> Span:
        """Where a value stands (or its key), or else the nearest existing parent of the path; of what it only extends,
        the line that says so.

        ``offset`` asks for the place of one character of the value's text, whatever the way it is written.
        """
        while path not in self.positions:
            if len(path) <= DEEPEST_EXTENDED and ("extends",) in self.positions and self._has(path):
                path = ("extends",)
            else:
                path = path[:-1]
            offset = None
        place = self.positions[path]
        if key:
            return self.source.span(place.key_start, place.key_end)
        if offset is None or place.text is None:
            return self.source.span(place.start, place.end)
        places = character_places(self.source.text[place.start : place.end], place.text, place.style)
        at = place.start + places[min(offset, len(place.text))]
        return self.source.span(at, at + 1)

    def _has(self, path: Steps) -> bool:
        node: Plain = self.data
        for step in path:
            if not isinstance(node, dict) or str(step) not in node:
                return False
            node = node[str(step)]
        return True


# -- reading


class Event(Protocol):
    """What is read of libyaml's events. Scalars have ``value`` and ``style``, collections ``flow_style``."""

    start_mark: Mark
    end_mark: Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str
    flow_style: bool


@dataclass(slots=True)
class Frame:
    """A mapping or a list that is being read; in a mapping ``key`` waits for its value."""

    node: dict[str, Plain] | list[Plain]
    path: Steps
    flow: bool
    key: str | None = None
    key_start: int = 0
    key_end: int = 0

    @property
    def awaits_key(self) -> bool:
        """Whether the next node is a key."""
        return self.key is None and isinstance(self.node, dict)


class Reader:
    """The events of one file, built into documents without recursion."""

    def __init__(self, source: Text) -> None:
        self.source = source
        self.documents: list[Document] = []
        self.findings: list[Finding] = []
        self.last: Event | None = None  # the newest scalar: what a syntax error often comes from
        self.told = False  # whether the cause of a syntax error that comes now is reported already
        self._begin()

    def read(self) -> None:
        """Fills ``documents`` and ``findings``; a mistake that ends a document does not end the file."""
        begin: int | None = 0
        while begin is not None:
            begin = self._read_from(begin)

    def _read_from(self, begin: int) -> int | None:
        """Reads on from an index; where to go on after a mistake, which is where the next document begins."""
        import yaml

        text = self.source.text
        text = NO_BREAK.sub(" ", text[:begin]) + text[begin:]  # what was read before leaves its room, so places stay
        self.events = cast("Iterator[Event]", yaml.parse(text, Loader=yaml.CBaseLoader))
        take: dict[type, Callable[[Event], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: lambda event: self._open(event, {}),
            yaml.SequenceStartEvent: lambda event: self._open(event, []),
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentEndEvent: lambda _: self._finish(),
        }
        try:
            for event in self.events:
                taker = take.get(type(event))
                if taker is not None:
                    taker(event)
                if len(self.findings) >= MAX_FINDINGS:
                    self._give_up(event)
                    return None
        except yaml.MarkedYAMLError as error:
            self._stop(error)
            at = error.problem_mark.index if error.problem_mark else len(text)
            following = NEXT_DOCUMENT.search(text, max(at, begin + 1))
            end = following.start() if following else len(text)
            first = max(begin, text.rfind("\n---", begin, at) + 1)
            self.positions.setdefault((), Position(first, first + 1, "block", first, first + 1, None))
            self.root = {**kind_and_id(text[first:end]), **(self.root or {})}
            self._finish(whole=False)
            return following.start() if following else None
        return None

    def _report(self, code: str, start: int, end: int, message: str, instead: str, level: Level = "error") -> None:
        self.findings.append(Finding(code, level, message, instead, self.source.span(start, end)))

    def _stop(self, error: MarkedYAMLError) -> None:
        """Says why the text cannot be read further."""
        assert error.problem_mark is not None
        at, since = error.problem_mark.index, (error.context_mark or error.problem_mark).index
        stop = Stop(f"{error.context}: {error.problem}", at, since)
        if self.last:
            start, end, style = self.last.start_mark.index, self.last.end_mark.index, self.last.style
            stop = stop._replace(scalar_start=start, scalar_end=end, style=style)
        if self.stack and self.stack[-1].flow:
            stop = stop._replace(bracket=self.positions[self.stack[-1].path].start)
        if not self.told:
            code, at, message, instead = explain(self.source, stop)
            self._report(code, at, at + 1, message, instead)

    def _give_up(self, event: Event) -> None:
        """Leaves a file unread in which nearly everything is wrong, most often for one cause: the first is told."""
        first, line = self.findings[0], self.source.line(event.start_mark.index)
        message = f"{first.message}; {len(self.findings) - 1} more findings end in line {line}, where reading stopped"
        self.findings = [Finding("AAC117", "error", message, first.instead, first.span)]
        self._finish(whole=False)

    def _begin(self) -> None:
        self.root: dict[str, Plain] | None = None
        self.no_mapping: Finding | None = None
        self.stack: list[Frame] = []
        self.positions: dict[Steps, Position] = {}
        self.broken = False
        self.second = False  # whether another document is pasted below, without `---` between them

    def _finish(self, whole: bool = True) -> None:
        """Ends a document. Half of one is kept if it can lend its id: references to it are no second mistake."""
        if self.no_mapping and whole:
            self.findings.append(self.no_mapping)
        if self.root is not None:
            kind, id = self.root.get("kind"), self.root.get("id")
            kind = kind if isinstance(kind, str) and kind else None
            id = id if isinstance(id, str) and ID.fullmatch(id) else None
            broken = self.broken or not whole
            document = Document(kind, id, self.source.file, self.root, self.positions, self.source, broken)
            if whole:
                self._check_name(document)
            if whole or (kind and id):
                self.documents.append(document)
        self._begin()

    def _check_name(self, document: Document) -> None:
        """Reports a kind or an id that is missing or cannot be used."""
        wrong: list[tuple[str, str, str, str]] = []
        if document.kind is None:
            wrong.append(("AAC201", "kind", "the document has no `kind`", "write its kind, as in `kind: team`"))
        written = document.data.get("id")
        if document.id is None and isinstance(written, str) and written:
            near = re.sub(r"[^a-z0-9]+", "_", written.lower()).strip("_")
            example = f", as in `id: {near}`" if ID.fullmatch(near) else ""
            instead = f"write small letters, digits and `_`, with a letter first{example}"
            wrong.append(("AAC202", "id", f"`{written}` cannot be an id", instead))
        elif document.id is None:
            wrong.append(("AAC202", "id", "the document has no `id`", "write its id, as in `id: sales`"))
        for code, key, message, instead in wrong:
            self.findings.append(Finding(code, "error", message, instead, document.span(key)))

    def _put(self, value: Plain, event: Event, style: str, end: int) -> Steps:
        """Gives a value to the collection that is being read, or makes it the root; the path it now has."""
        start = self._after_properties(event)
        while style == "" and start < end and self.source.text[start] in LOOKS_BLANK:
            start += 1
        if not self.stack:
            path, key_start, key_end = (), start, end
        else:
            frame = self.stack[-1]
            if isinstance(frame.node, dict):
                assert frame.key is not None
                path, key_start, key_end = (*frame.path, frame.key), frame.key_start, frame.key_end
                frame.node[frame.key] = value
                frame.key = None
            else:
                path, key_start, key_end = (*frame.path, len(frame.node)), start, end
                frame.node.append(value)
        text = value if isinstance(value, str) else None
        self.positions[path] = Position(start, end, style, key_start, key_end, text)
        return path

    def _after_properties(self, event: Event) -> int:
        """The index where a node itself begins; the anchor and the tag before it are reported."""
        at, end = event.start_mark.index, event.end_mark.index
        if event.anchor is None and event.tag is None:
            return at
        while found := PROPERTY.match(self.source.text, at, end):
            if found[1].startswith("&"):
                self._report("AAC103", at, found.end(1), f"`{found[1]}` is an anchor of YAML", NO_ALIASES)
            else:
                negated = NEGATED.fullmatch(found[1])
                instead = f"in a rule write `not {negated[1]}`; else {NO_TAGS}" if negated else NO_TAGS
                self._report("AAC104", at, found.end(1), f"`{found[1]}` is a tag of YAML", instead)
                # the text was meant to be the value, or the first sign of it
                self.broken |= found.end() == end or found[1] == "!="
            at = found.end()
        return at

    def _scalar(self, event: Event) -> None:
        self.last = event
        start, end, style, value = event.start_mark.index, event.end_mark.index, event.style, event.value
        if "\0" in value:
            self._report("AAC107", start, end, "a NUL character cannot stand in a document", "leave out the `\\0`")
        if not self.stack:
            if end > start:
                self._not_a_mapping(event, "text")
            return
        frame = self.stack[-1]
        if frame.key is None and isinstance(frame.node, dict):
            self._key(frame, frame.node, event)
        elif frame.flow and style == "" and self._is_cut(frame, event):
            self.broken = self.told = True
            self._close(self._pass_over(1))
            self.told = False
        elif style == "":
            value = self._plain(frame, value, start, end)
            self._put(None if value in NULLS else value, event, style, end)
        else:
            if not value and style in "|>" and self.source.text[start + 1 : start + 2].isdigit():
                written = self.source.rest(start).rstrip()
                said = f"`{style}` at the start of a value begins a block of text, and there is none"
                self._report("AAC101", start, start + 1, said, instead_of(written))
                self.broken = True
            self._put(value, event, style, end)

    def _plain(self, frame: Frame, value: str, start: int, end: int) -> str:
        """A text without quotes, less the spaces at its ends that only look like some; tells what looks unmeant."""
        if value.strip(LOOKS_BLANK) != value:
            self._look_blank(value, start, end)
            value = value.strip(LOOKS_BLANK)
        after = self.source.text[end : end + 2]
        if after == " #":
            mistake = cut_by_comment(self.source, value, end)
            if mistake:
                self._report(mistake.code, mistake.at, mistake.at + 1, mistake.message, mistake.instead, "warning")
        if value[:1] in CURLY and frame.key not in PROSE and IN_CURLY_QUOTES.fullmatch(value):
            said = "curly quotes are letters to YAML, so they belong to the value"
            self._report("AAC113", start, end, said, f"write straight ones: `{quoted(value[1:-1])}`", "warning")
        return value

    def _look_blank(self, text: str, start: int, end: int) -> None:
        """Reports the first character at the ends of a text that looks like a space and is none."""
        at = next(at for at in (*range(start, end), end - 1) if self.source.text[at] in LOOKS_BLANK)
        name = unicodedata.name(self.source.text[at], "a character").lower()
        said = f"a character that only looks like a space ({name}) belongs to `{text.strip(LOOKS_BLANK)}`"
        self._report("AAC114", at, at + 1, said, "delete it, or type a space")

    def _key(self, frame: Frame, node: dict[str, Plain], event: Event) -> None:
        """Takes a key; one that is refused is passed over with its value."""
        key, start, end = event.value, self._after_properties(event), event.end_mark.index
        if event.style == "" and key == "<<":
            self._report("AAC103", start, end, "`<<` is a merge key of YAML", NO_ALIASES)
            self.broken = True
        elif event.style == "" and key in NULLS:
            said = f"`{key}` is no value, so it cannot be a key" if key else "a key is missing before the colon"
            self._report("AAC109", start, end, said, f'write a key; if this is meant, put it in quotes: `"{key}":`')
        elif event.style == "" and key.strip(LOOKS_BLANK) != key:
            self._look_blank(key, start, end)
            self.broken = True
        elif key in node and len(self.stack) == 1 and (key == "kind" or self.second):
            if key == "kind" and not self.second:
                said = f"`kind` stands here already, in line {self.source.line(self.positions['kind',].key_start)}"
                self._report("AAC102", start, end, said, "write `---` on a line of its own between two documents")
            self.second = self.broken = True
        elif key in node:
            first = self.source.line(self.positions[*frame.path, key].key_start)
            self._report("AAC102", start, end, f"`{key}` stands here already, in line {first}", "keep one of the two")
        else:
            frame.key, frame.key_start, frame.key_end = key, start, end
            return
        self._pass_over_node()

    def _is_cut(self, frame: Frame, event: Event) -> bool:
        """Whether a comma in a flow collection cut a rule apart; reports it."""
        text, start, end = self.source.text, event.start_mark.index, event.end_mark.index
        if frame.key is not None and start == end == frame.key_end:
            assert isinstance(frame.node, dict)
            start, before = frame.key_start, next(reversed(frame.node), None)
            place = self.positions[*frame.path, before] if before is not None else None
            plain = (place.start, place.end) if place and place.style == "" else None
            mistake = no_space_after_colon(start, frame.key) or no_value_in_braces(self.source, start, end, plain)
            self._report(mistake.code, start, end, mistake.message, mistake.instead)
            return True
        if text[end : end + 1] == "," and is_open(event.value):
            said, instead = "is only a part: YAML cuts unquoted text at each comma", not_cut(self.source.rest(start))
        else:
            return False
        self._report("AAC110", start, end, f"`{text[start:end]}` {said}", instead)
        return True

    def _open(self, event: Event, node: dict[str, Plain] | list[Plain]) -> None:
        if not self.stack and isinstance(node, list):
            self._not_a_mapping(event, "a list")
            self._pass_over(1)
            return
        if self.stack and self.stack[-1].awaits_key:
            instead = "write a key of plain text, or put it in quotes"
            at = event.start_mark.index
            self._report("AAC109", at, at + 1, "a key cannot be a list or a mapping", instead)
            self._pass_over(1)
            self._pass_over_node()
            return
        if len(self.stack) == MAX_LEVELS:
            from yaml import MarkedYAMLError

            raise MarkedYAMLError(problem=TOO_DEEP, problem_mark=event.start_mark)
        if isinstance(node, dict) and not self.stack:
            self.root = node
        flow = event.flow_style
        path = self._put(node, event, "flow" if flow else "block", event.start_mark.index + 1)
        self.stack.append(Frame(node, path, flow))

    def _close(self, event: Event) -> None:
        frame = self.stack.pop()
        if frame.flow:
            self.positions[frame.path] = self.positions[frame.path]._replace(end=event.end_mark.index)

    def _alias(self, event: Event) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        self._report("AAC103", start, end, f"`{self.source.text[start:end]}` is an alias of YAML", NO_ALIASES)
        self.broken = True
        if self.stack and self.stack[-1].awaits_key:
            self._pass_over_node()
        elif self.stack:
            self.stack[-1].key = None

    def _not_a_mapping(self, event: Event, found: str) -> None:
        start, end = self._after_properties(event), event.end_mark.index
        instead = (
            "write `key: value` lines at the left edge, with `kind:` and `id:` among them, and `---` between documents"
        )
        message = f"the document is {found}, not keys with values"
        self.no_mapping = Finding("AAC108", "error", message, instead, self.source.span(start, end))

    def _pass_over(self, depth: int) -> Event:
        """Leaves out what comes until ``depth`` open collections are closed; gives the last event."""
        from yaml import CollectionEndEvent, CollectionStartEvent

        for event in self.events:
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if depth == 0:
                return event
        raise AssertionError("libyaml closes what it opens")

    def _pass_over_node(self) -> None:
        """Leaves out the next value."""
        self._pass_over(0)


def read_text(data: bytes, file: str) -> tuple[list[Document], list[Finding]]:
    """The documents in the bytes of one file, named by its path, and all that is wrong with them.

    Whatever the bytes are, nothing is raised. After a syntax error the documents around it are there, and what was read
    of its own document if that has a kind and an id; of text that is not UTF-8 this is all that is told.
    """
    source, unreadable = decode(data, file)
    reader = Reader(source)
    reader.read()
    if unreadable:
        lent = [document for document in reader.documents if document.kind and document.id]
        return [replace(document, broken=True) for document in lent], [unreadable]
    return reader.documents, reader.findings


ReadText: TypeAlias = "Callable[[bytes, str], tuple[list[Document], list[Finding]]]"
"""How the documents of a file are read: as `read_text` does."""


def read_values(data: bytes, file: str) -> dict[str, Plain]:
    """The keys and values of a file of our own that is one YAML mapping, with no kind and no id."""
    (document,) = read_text(data, file)[0]
    return document.data


def read_folder(root: Path, read: ReadText = read_text) -> tuple[list[Document], list[Finding]]:
    """The documents of every ``*.yml`` and ``*.yaml`` below ``alignment/`` of a project, in order of path.

    That there is none at all is a finding (AAC111).
    """
    if not (root / FOLDER).is_dir():
        message = f"there is no folder `{FOLDER}` in `{root}`"
        return [], [Finding("AAC111", "error", message, "make it: every document of the project is a YAML file in it")]
    return read_files(files(root, FOLDER), read)


def read_files(
    named: Iterable[tuple[str, bytes | Finding]], read: ReadText = read_text
) -> tuple[list[Document], list[Finding]]:
    """The documents of some files, each with its path and what is in it, or why that is not known; of the files up to
    one with which there are too many mistakes."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for file, data in named:
        if len(findings) >= MOST:
            break
        if isinstance(data, Finding):
            findings.append(data)
            continue
        found, wrong = read(data, file)
        documents += found
        findings += wrong
    if not documents and not findings:
        message = f"there is no document under `{FOLDER}/`"
        instead = f"begin with `{FOLDER}/company.yml`: its first line is `kind: company`"
        findings.append(Finding("AAC111", "error", message, instead))
    return documents, findings

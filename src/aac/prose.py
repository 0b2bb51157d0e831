"""The words that people read in documents: those that must not be said, and those that nobody explained.

Prose is what stands below the keys of `PROSE`, in every kind. Each text is looked through once, word by word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, cast

from aac.expressions.functions import AGGREGATES, FUNCTIONS
from aac.findings import Finding, did_you_mean
from aac.kinds.definition import Definition
from aac.kinds.written import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aac.findings import Level
    from aac.kinds.base import Kind
    from aac.kinds.written import Part
    from aac.project import Project, Version

PROSE = frozenset({"name", "means", "what", "why", "purpose", "because", "goal", "evidence"})
"""Keys whose text people read. `as_written` is none: those are the words of somebody else."""

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
BETWEEN = re.compile(r"[\s-]+")
TICKED = re.compile(r"(?<!`)`([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)`(?!`)")
PLAIN = re.compile(r"[a-z][a-z0-9_]*")
ACRONYM = re.compile(r"(?<![\w&/.@#`-])([A-Z]{2,6})s?(?![\w&/@`-])")

LANGUAGE = frozenset({"aac", "toml", "alignment", "param", "as_of", "at", "period", "true", "false", "null"})
"""Words that look like ids and are part of the language."""
_COMMON = """\
CRM SLA ICP API CSV UTC GDPR CEO CFO CRO CMO COO CTO CIO HR IT AI PDF URL FAQ KPI OKR SQL ID OK PR TV PC UI UX
VAT SEO SMS SDK JSON YAML HTML HTTP HTTPS XML ISO RFP RFI NDA QBR FY YTD SMB VP MD HQ NB PS AM PM CET CEST GMT
EST PST EU EMEA APAC DACH LATAM UK USA AND OR NOT NO ALL ANY ONLY NEVER ALWAYS MUST NULL TRUE FALSE TODO TBD
"""
_CURRENCIES = """\
EUR USD GBP CHF SEK NOK DKK ISK PLN CZK HUF RON BGN TRY UAH JPY CNY HKD KRW INR SGD AUD NZD CAD MXN BRL ZAR ILS
AED
"""
_COUNTRIES = """\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
UNDERSTOOD = frozenset(f"{_COMMON} {_CURRENCIES} {_COUNTRIES}".split())
"""Capital letters that need no document: everyday ones, currencies (ISO 4217) and countries (ISO 3166-1)."""


class Passage(NamedTuple):
    """A text that people read, and where it stands."""

    version: Version
    path: tuple[Part, ...]
    text: str


class Forbidden:
    """What must not be said, in small letters, and the definitions that say so."""

    def __init__(self) -> None:
        self.sayings: dict[tuple[str, ...], Definition] = {}
        self.lengths: defaultdict[str, set[int]] = defaultdict(set)
        """How many words those have that begin with a word."""

    def add(self, words: tuple[str, ...], definition: Definition) -> None:
        """Some words, and the same with the last one in the plural."""
        for saying in (words, (*words[:-1], words[-1] + "s")):
            self.sayings.setdefault(saying, definition)
            self.lengths[saying[0]].add(len(saying))


def prose_findings(project: Project) -> list[Finding]:
    """What is wrong with the words of all versions: AAC209, AAC214, AAC215, AAC216 and AAC421."""
    versions = [version for version in project.versions if version.model is not None]
    passages = [
        Passage(version, path, text) for version in versions for path, text in _texts(cast("Kind", version.model))
    ]
    vocabulary = _Vocabulary(project, versions)
    return [
        *_names_that_are_shared(versions),
        *_forbidden_words(versions, passages),
        *_unknown_ids(vocabulary, passages),
        # a document that cannot be used may be the one that explains it
        *(_unknown_acronyms(vocabulary, passages) if len(versions) == len(project.versions) else ()),
    ]


@cache
def _fields(model: type[Strict]) -> tuple[tuple[str, str], ...]:
    """The fields of a model, and the keys they are written as."""
    return tuple((name, info.alias or name) for name, info in model.model_fields.items())


def _texts(model: Strict, path: tuple[Part, ...] = ()) -> Iterator[tuple[tuple[Part, ...], str]]:
    """The prose of a model, in the order of its keys."""
    for name, key in _fields(type(model)):
        value = cast("object", getattr(model, name))
        if isinstance(value, str):
            if name in PROSE:
                yield (*path, key), value
        elif value and isinstance(value, HOLDING):
            yield from _inner_texts(cast("object", value), (*path, key))


def _inner_texts(value: object, path: tuple[Part, ...]) -> Iterator[tuple[tuple[Part, ...], str]]:
    match value:
        case Strict():
            yield from _texts(value, path)
        case tuple():
            for number, item in enumerate(cast("tuple[object, ...]", value)):
                if isinstance(item, HOLDING):
                    yield from _inner_texts(cast("object", item), (*path, number))
        case dict():
            for key, item in cast("dict[str, object]", value).items():
                if isinstance(item, HOLDING):
                    yield from _inner_texts(cast("object", item), (*path, key))
        case _:
            pass


HOLDING = (Strict, tuple, dict)
"""What may hold texts of prose."""


def _told(passage: Passage, at: tuple[int, int], code: str, level: Level, message: str, instead: str) -> Finding:
    """A finding at some characters of a passage."""
    begin, end = at
    kind, id_ = passage.version.id
    span = passage.version.document.span(*passage.path, offset=begin)
    span = replace(span, length=max(1, min(end - begin, len(span.text) - span.col + 1)))
    return Finding(code, level, message, instead, span, f"{kind}:{id_}")


# What things are called


def _sayings(definition: Definition) -> Iterator[tuple[tuple[Part, ...], str]]:
    """What people call it: its id, its name and the other words for it."""
    yield ("id",), definition.id
    if definition.name is not None:
        yield ("name",), definition.name
    for number, word in enumerate(definition.aka):
        yield ("aka", number), word


def _key(saying: str) -> tuple[str, ...]:
    """The words of a saying, in small letters."""
    return tuple(word.lower() for word in WORD.findall(saying))


def _definitions(versions: Iterable[Version]) -> Iterator[tuple[Version, Definition]]:
    for version in versions:
        if isinstance(version.model, Definition):
            yield version, version.model


def _names_that_are_shared(versions: Sequence[Version]) -> Iterator[Finding]:
    """Two definitions are not called the same (AAC209)."""
    owners: dict[tuple[str, ...], Version] = {}
    for version, definition in _definitions(versions):
        for path, saying in _sayings(definition):
            first = owners.setdefault(_key(saying), version)
            if first.id != version.id:
                message = f"the definition `{first.id[1]}` is called `{saying}` too, in {first.document.span('id')}"
                place = version.document.span(*path)
                yield Finding(
                    "AAC209", "error", message, "leave it to one of them", place, f"definition:{version.id[1]}"
                )


def _names_of(versions: Sequence[Version]) -> dict[tuple[str, ...], Version]:
    """What all documents are called, and which."""
    names: dict[tuple[str, ...], Version] = {}
    for version in versions:
        model = cast("Kind", version.model)
        names |= {_key(model.title): version, _key(model.id): version}
    for version, definition in _definitions(versions):
        names |= dict.fromkeys((_key(word) for word in definition.aka), version)
    return names


# What must not be said


def _forbidden_words(versions: Sequence[Version], passages: Iterable[Passage]) -> Iterator[Finding]:
    """What must not be said is no name of anything (AAC216), and is not said in any document (AAC421)."""
    names = _names_of(versions)
    forbidden = Forbidden()
    for version, definition in _definitions(versions):
        for number, saying in enumerate(definition.never_say):
            words = _key(saying)
            if words in names:
                yield _forbidden_name(version, number, saying, names[words])
                continue
            forbidden.add(words, definition)
    for passage in passages if forbidden.sayings else ():
        for begin, end, definition in _said(passage.text, forbidden):
            message = f"`{' '.join(passage.text[begin:end].split())}` must not be said for `{definition.id}`"
            yield _told(passage, (begin, end), "AAC421", "warning", message, f"write `{definition.title}`")


def _forbidden_name(version: Version, number: int, saying: str, named: Version) -> Finding:
    (_, id_), (kind, other) = version.id, named.id
    message = f"`{saying}` is what the {kind} `{other}` is called, in {named.document.span('id')}"
    advice = "leave it out, or call that one something else"
    return Finding("AAC216", "error", message, advice, version.document.span("never_say", number), f"definition:{id_}")


def _said(text: str, forbidden: Forbidden) -> Iterator[tuple[int, int, Definition]]:
    """Where forbidden words stand in a text, of several at a place the longest."""
    words = list(WORD.finditer(text))
    for number, word in enumerate(words):
        for length in sorted(forbidden.lengths.get(word[0].lower(), ()), reverse=True):
            here = words[number : number + length]
            definition = forbidden.sayings.get(tuple(part[0].lower() for part in here))
            if definition is not None and _stand_together(text, here):
                yield word.start(), here[-1].end(), definition
                break


def _stand_together(text: str, words: Sequence[re.Match[str]]) -> bool:
    """Whether there is nothing but space and hyphens between some words of a text."""
    return all(BETWEEN.fullmatch(text, one.end(), other.start()) for one, other in pairwise(words))


# What nobody explained


@dataclass(frozen=True)
class _Vocabulary:
    """The words that a project knows: asked for once a text uses one that may be unknown."""

    project: Project
    versions: Sequence[Version]

    @cached_property
    def ids(self) -> frozenset[str]:
        """What documents and fields are called."""
        names = {name for model in self.project.models.values() for name in model.names}
        return frozenset({id_ for _, id_ in self.project.places} | names)

    @cached_property
    def known(self) -> frozenset[str]:
        """Everything that may stand in backticks: ids, names, keys and values of any document, and our own words."""
        known = {*self.ids, *self.project.parameters, *self.project.sources, *self.project.kinds}
        known |= {*LANGUAGE, *FUNCTIONS, *AGGREGATES, *self.project.lent}
        for kind in self.project.kinds.values():
            known |= kind.model_fields.keys()
        for document in self.project.documents:
            for path, position in document.positions.items():
                known.update(step for step in path[-1:] if isinstance(step, str))
                if position.text is not None and PLAIN.fullmatch(position.text):
                    known.add(position.text)
        return frozenset(part for name in known for part in (name, *name.split(".")))

    @cached_property
    def acronyms(self) -> frozenset[str]:
        """What documents define: ids, names, initials of names, and everything in `known`, in capital letters."""
        found = {word.upper() for word in self.known}
        for version in self.versions:
            model = cast("Kind", version.model)
            sayings = [model.title, model.id.replace("_", " ")]
            sayings += model.aka if isinstance(model, Definition) else ()
            for saying in sayings:
                words = WORD.findall(saying)
                found |= {word.upper() for word in words if word.isupper() or word.rstrip("s").isupper()}
                found |= {word.rstrip("s").upper() for word in words if word.rstrip("s").isupper()}
                found.add("".join(word[0] for word in words).upper())
        return frozenset(found)


def _unknown_ids(vocabulary: _Vocabulary, passages: Iterable[Passage]) -> Iterator[Finding]:
    """What stands in backticks and looks like an id is one (AAC214)."""
    for passage in passages:
        for match in TICKED.finditer(passage.text) if "`" in passage.text else ():
            unknown = next((part for part in match[1].split(".") if part not in vocabulary.known), None)
            if unknown is not None:
                close = did_you_mean(unknown, vocabulary.ids)
                advice = (
                    close if close.startswith("did you mean") else "name something that there is, or drop the backticks"
                )
                message = f"nothing is called `{unknown}`"
                at = passage.text.index(unknown, match.start())
                yield _told(passage, (at, at + len(unknown)), "AAC214", "warning", message, advice)


def _unknown_acronyms(vocabulary: _Vocabulary, passages: Iterable[Passage]) -> Iterator[Finding]:
    """What is written in capital letters is explained somewhere (AAC215); told once, where it stands first."""
    told: set[str] = set()
    for passage in passages:
        for match in ACRONYM.finditer(passage.text):
            word = match[1]
            if word in UNDERSTOOD or word in told or word in vocabulary.acronyms:
                continue
            told.add(word)
            message = f"no document says what `{word}` stands for"
            advice = f"write it out, or give the definition that it stands for `aka: [{word}]`"
            yield _told(passage, match.span(1), "AAC215", "info", message, advice)

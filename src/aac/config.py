"""`aac.toml`: the project's name, its sources and its parameters (LANGUAGE §2). Secrets are only ever references.

tomllib tells values but not where they stand, so `aac.toml_places` finds the keys in the same text.
"""

from __future__ import annotations

import re
import tomllib
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from aac.errors import ConfigError
from aac.findings import Finding, Span, did_you_mean, in_reading_order
from aac.periods import is_zone, parse_duration
from aac.texts import Text, decode
from aac.toml_mistakes import explain
from aac.toml_places import SECRETS, Keys, Places

if TYPE_CHECKING:
    from pathlib import Path

Value: TypeAlias = str | int | bool | Decimal
"""What a parameter may be; decimals are exact."""

Table: TypeAlias = dict[str, Any]

FILE = "aac.toml"
SPEC = 1
TABLES = ("project", "engine", "sources", "param", "privacy", "review")
KEYS = ("plain", "hashed")
"""How the keys of records may be shown."""
MEMORY = re.compile(r"[0-9]{1,6}(\.[0-9]+)? ?[KMGT]i?B")
"""An amount of memory, as DuckDB reads it."""
STORES = (".duckdb", ".db")
"""What the name of a store ends in."""
MOST_THREADS = 256
TIME_LIMIT = "10 minutes"
TIMES_US = (1000, 86_400_000_000)
"""The least and the most time of a statement: engines count milliseconds, and what takes a day is a mistake."""
CLASSES = ("breaking", "compatible", "editorial")
"""The classes that a change may be put into."""
FINGERPRINT = re.compile(r"[0-9a-f]{16}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""The name of an environment variable, which a secret that was written in its place seldom looks like."""
NAME = re.compile(r"[a-z][a-z0-9_]*")
NAME_RULE = "write small letters, digits and `_`, with a letter first"


@dataclass(frozen=True)
class Freshness:
    """How old data may be, in microseconds, before it is said to be late, and before it is stale."""

    warn_after_us: int | None
    error_after_us: int | None


@dataclass(frozen=True)
class Source:
    """Where data comes from.

    ``timezone`` is that of times which carry none, ``nulls`` are the texts that mean "no value", ``watermark`` is the
    text as written, ``settings`` are all other keys: the connector's own.
    """

    id: str
    connector: str
    timezone: str | None = None
    nulls: tuple[str, ...] = ("",)
    watermark: str | None = None
    freshness: Freshness | None = None
    settings: Table = field(default_factory=dict[str, Any])
    places: Places = field(default=Places(Text(FILE, "")), repr=False, compare=False)

    @property
    def place(self) -> str | None:
        """The file or folder that the source names as its `path`, seen from the project's folder."""
        path = self.settings.get("path")
        return path if isinstance(path, str) else None

    def span_of(self, *keys: str) -> Span:
        """Where a key of the source stands, or else the nearest table it would belong to."""
        return self.places.span_of("sources", self.id, *keys)


@dataclass(frozen=True)
class EngineSettings:
    """What measures: its type, and the path of its store from the project's folder.

    ``memory_limit``: as in ``4GB``; ``time_limit``: of one statement, as in ``10 minutes``.
    """

    type: str = "duckdb"
    path: str = ".aac/store.duckdb"
    memory_limit: str | None = None
    threads: int | None = None
    time_limit: str | None = None

    @property
    def time_limit_us(self) -> int:
        """How long a statement may take."""
        return parse_duration(self.time_limit or TIME_LIMIT).us


@dataclass(frozen=True)
class Privacy:
    """How the keys of records are shown, and the least group of people that is published; null: not told."""

    keys: str = "plain"
    k: int | None = None


@dataclass(frozen=True)
class Review:
    """How changes are looked at.

    ``severity``: the class of changes by their rule, where it is not the one the rule has. ``acknowledged``: reasons by
    fingerprint. ``require``: whether a change that not all have agreed to fails. ``sample``: the folder with data that
    changes may be tried on, from the project's folder.
    """

    severity: dict[str, str] = field(default_factory=dict[str, str])
    acknowledged: dict[str, str] = field(default_factory=dict[str, str])
    require: bool = False
    sample: str | None = None


EMBEDDED = EngineSettings()
"""The engine of a project that says nothing of one."""


@dataclass(frozen=True)
class Config:
    """A project's `aac.toml`; ``root`` is the folder it lies in."""

    root: Path
    name: str
    spec: int
    sources: dict[str, Source]
    parameters: dict[str, Value]
    places: Places = field(repr=False, compare=False)
    engine: EngineSettings = EMBEDDED
    privacy: Privacy = Privacy()
    review: Review = Review()


def load(start: Path) -> Config:
    """The nearest `aac.toml` in a folder or above it; raises ConfigError when there is none or it is wrong."""
    root = root_above(start)
    if root is None:
        message = f"there is no `{FILE}` in {start.resolve()} or any folder above it"
        instead = f"run aac inside a project, or write `{FILE}` with `[project]`, `name` and `spec = 1`"
        raise ConfigError(message, (Finding("AAC601", "error", message, instead),))
    try:
        data = (root / FILE).read_bytes()
    except OSError as error:
        raise _unreadable(f"the file cannot be read: {error.strerror}", "make it readable", Span(FILE, 1, 1)) from None
    return read(data, root)


def root_above(start: Path) -> Path | None:
    """The nearest folder with an `aac.toml`, a folder itself or one above it; null when there is none."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / FILE).is_file()), None)


def read(data: bytes, root: Path) -> Config:
    """What an `aac.toml` says, as if it lay in the folder ``root``; raises ConfigError when it is wrong."""
    reading = Reading(*_parsed(data))
    project = reading.project()
    found = (reading.sources(), reading.parameters(), reading.places, reading.engine(), reading.privacy())
    config = Config(root, *project, *found, reading.review())
    if reading.findings:
        raise ConfigError(f"`{FILE}` cannot be used", in_reading_order(reading.findings))
    return config


def _parsed(data: bytes) -> tuple[Table, Places]:
    """The file as tomllib reads it, and its text; raises ConfigError when it is no TOML."""
    text, unreadable = decode(data.removeprefix(BOM_UTF8).replace(b"\r\n", b"\n"), FILE)
    places = Places(text)
    if unreadable is not None and unreadable.span is not None:
        at = text.starts[unreadable.span.line - 1] + unreadable.span.col - 1
        raise _unreadable(unreadable.message, unreadable.instead, places.span(at, at + 1))
    try:
        return tomllib.loads(text.text, parse_float=Decimal), places
    except tomllib.TOMLDecodeError as error:
        message, instead, at = explain(str(error), text)
    except (ValueError, ArithmeticError):
        at, message, instead = 0, "a number in the file is too long", "write a shorter one, or a text in quotes"
    except RecursionError:
        at, message, instead = 0, "too many brackets stand inside one another", "write it flatter"
    raise _unreadable(message, instead, places.span(at, at + 1))


def _unreadable(message: str, instead: str, span: Span) -> ConfigError:
    return ConfigError(f"`{FILE}` cannot be read", (Finding("AAC601", "error", message, instead, span),))


class Reading:
    """A parsed file, taken apart; what is wrong with it is collected in ``findings``."""

    def __init__(self, data: Table, places: Places) -> None:
        self.data = data
        self.places = places
        self.findings: list[Finding] = []
        self._refuse_unknown(data, TABLES)

    def project(self) -> tuple[str, int]:
        """The project's name and the version of the language."""
        if not isinstance(self.data.get("project"), dict):
            others = self.data.keys() - {"project"}
            if any(did_you_mean(table, ("project",)).startswith("did you mean") for table in others):
                return "", SPEC  # told as the table that is not known
            instead = "write `[project]` with `name` and `spec = 1` below it"
            self._wrong("AAC604", "there is no table `[project]`", instead, "project")
            return "", SPEC
        table = self._table(self.data, "project")
        self._refuse_unknown(table, ("name", "spec"), "project")
        if "spec" not in table:
            self._wrong("AAC604", "`spec` is missing", "add `spec = 1`, the version of the language", "project")
        elif type(table["spec"]) is not int or table["spec"] != SPEC:
            message = f"this aac reads spec {SPEC} of the language only"
            self._wrong("AAC603", message, f"write `spec = {SPEC}`", "project", "spec")
        return self._required_text(table, "name", "the project's name", "project") or "", SPEC

    def engine(self) -> EngineSettings:
        """What measures, and where its store lies."""
        table = self._table(self.data, "engine")
        self._refuse_unknown(table, ("type", "path", "memory_limit", "threads", "time_limit"), "engine")
        path, limit = self._text(table, "path", "engine"), self._text(table, "memory_limit", "engine")
        if path is not None and not _is_store(path):
            instead = 'write a file, seen from the folder of aac.toml, as in `path = ".aac/store.duckdb"`'
            self._wrong("AAC603", f"`{path}` is no file in the project", instead, "engine", "path")
        if limit is not None and not MEMORY.fullmatch(limit):
            instead = 'write a number and its unit, as in `memory_limit = "4GB"`'
            self._wrong("AAC603", f"`{limit}` is no amount of memory", instead, "engine", "memory_limit")
        type_, threads, time = self._text(table, "type", "engine"), self._threads(table), self._time_limit(table)
        return EngineSettings(type_ or EMBEDDED.type, path or EMBEDDED.path, limit, threads, time)

    def _threads(self, engine: Table) -> int | None:
        threads = engine.get("threads")
        if threads is None or (type(threads) is int and 1 <= threads <= MOST_THREADS):
            return threads
        message = (
            f"`{threads}` is no number of threads" if type(threads) is int else f"`threads` is {_sort_of(threads)}"
        )
        self._wrong("AAC603", message, f"write one from 1 to {MOST_THREADS}: `threads = 4`", "engine", "threads")
        return None

    def _time_limit(self, engine: Table) -> str | None:
        """How long a statement may take, as it is written."""
        limit = self._age_us(engine, "engine", "time_limit")
        least, most = TIMES_US
        if limit is not None and not least <= limit <= most:
            instead = 'write how long a query may take, at most a day, as in `time_limit = "10 minutes"`'
            self._wrong("AAC603", f"`{engine['time_limit']}` is no time of a query", instead, "engine", "time_limit")
        return engine["time_limit"] if limit is not None else None

    def privacy(self) -> Privacy:
        """What is shown of records and of small groups."""
        table = self._table(self.data, "privacy")
        self._refuse_unknown(table, ("keys", "k"), "privacy")
        keys, k = self._text(table, "keys", "privacy"), table.get("k")
        if keys is not None and keys not in KEYS:
            self._wrong("AAC603", f"keys cannot be `{keys}`", did_you_mean(keys, KEYS), "privacy", "keys")
        if k is not None and (type(k) is not int or k < 1):
            message = f"`{k}` is no size of a group" if type(k) is int else f"`k` is {_sort_of(k)}, not a whole number"
            self._wrong("AAC603", message, "write the least size that may be shown, as in `k = 5`", "privacy", "k")
            k = None
        return Privacy(keys or "plain", k)

    def review(self) -> Review:
        """How changes are looked at."""
        table = self._table(self.data, "review")
        self._refuse_unknown(table, ("severity", "acknowledged", "require", "sample"), "review")
        require, sample = table.get("require", False), self._text(table, "sample", "review")
        if not isinstance(require, bool):
            message = f"`require` is {_sort_of(require)}, not `true` or `false`"
            self._wrong("AAC603", message, "write `require = true`, or leave it out", "review", "require")
        if sample is not None and not _is_file_inside(sample.rstrip("/")):
            instead = 'write a folder, seen from the folder of aac.toml, as in `sample = "tests/sample"`'
            self._wrong("AAC603", f"`{sample}` is no folder in the project", instead, "review", "sample")
        return Review(self._severity(table), self._acknowledged(table), require is True, sample)

    def _severity(self, review: Table) -> dict[str, str]:
        """Classes by rule; which rules there are is looked at when the kinds are known."""
        table = self._table(review, "review", "severity") if "severity" in review else {}
        for rule, level in table.items():
            if level not in CLASSES:
                told = f"`{level}`" if isinstance(level, str | int) else _sort_of(level)
                instead = did_you_mean(str(level), CLASSES)
                self._wrong("AAC603", f"a change cannot be {told}", instead, "review", "severity", rule)
        return {rule: level for rule, level in table.items() if isinstance(level, str)}

    def _acknowledged(self, review: Table) -> dict[str, str]:
        """Reasons by the fingerprint of the change."""
        path, rows = ("review", "acknowledged"), review.get("acknowledged", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in cast("list[object]", rows)):
            message = "`acknowledged` is no list of tables"
            self._wrong("AAC603", message, "write `[[review.acknowledged]]` and its keys below", *path)
            return {}
        found: dict[str, str] = {}
        for row in cast("list[Table]", rows):
            self._refuse_unknown(row, ("fingerprint", "reason"), *path)
            told = "the fingerprint that `aac diff` shows of the change"
            print_, reason = (
                self._required_text(row, "fingerprint", told, *path),
                self._required_text(row, "reason", "why the change is right", *path),
            )
            if print_ and not FINGERPRINT.fullmatch(print_):
                instead = "write the 16 letters and digits that `aac diff` shows of the change"
                self._wrong("AAC603", f"`{print_}` is no fingerprint", instead, *path, "fingerprint")
            found[print_ or ""] = reason or ""
        return found

    def sources(self) -> dict[str, Source]:
        """The sources by id, in the order of the file."""
        sources: dict[str, Source] = {}
        told = False
        for id, value in self._table(self.data, "sources").items():
            if not isinstance(value, dict):
                if told:
                    continue  # a table with one wrong name is one mistake, whatever stands in it
                told = True
                message = f"`{id}` is a key of no source"
                self._wrong(
                    "AAC603", message, "write it below the source's own table, as in `[sources.crm]`", "sources", id
                )
            elif self._is_name(id, "sources"):
                sources[id] = self._source(id, cast("Table", value))
        return sources

    def _source(self, id: str, table: Table) -> Source:
        path = ("sources", id)
        self._refuse_secrets(table, path)
        connector = self._required_text(table, "connector", "where its data is, as in `csv`", *path)
        timezone = self._text(table, "timezone", *path)
        if timezone is not None and not is_zone(timezone):
            instead = "write its IANA name, as in `Europe/Berlin`"
            self._wrong("AAC603", f"there is no time zone `{timezone}`", instead, *path, "timezone")
        own = ("connector", "timezone", "nulls", "watermark", "freshness")
        return Source(
            id,
            connector or "",
            timezone,
            self._nulls(table, path),
            self._watermark(table, path),
            self._freshness(table, path),
            {key: value for key, value in table.items() if key not in own},
            self.places,
        )

    def _nulls(self, table: Table, path: Keys) -> tuple[str, ...]:
        nulls: object = table.get("nulls", [""])
        texts = cast("list[object]", nulls) if isinstance(nulls, list) else [None]
        if not all(isinstance(text, str) for text in texts):
            self._wrong("AAC603", "`nulls` is no list of texts", 'write it so: `nulls = ["", "n/a"]`', *path, "nulls")
            return ("",)
        return tuple(map(str, texts))

    def _watermark(self, table: Table, path: Keys) -> str | None:
        watermark: object = table.get("watermark")
        if isinstance(watermark, date):  # a date or a time of TOML's own, without quotes
            return watermark.isoformat()
        return self._text(table, "watermark", *path)

    def _freshness(self, table: Table, path: Keys) -> Freshness | None:
        if "freshness" not in table:
            return None
        limits, path = self._table(table, *path, "freshness"), (*path, "freshness")
        self._refuse_unknown(limits, ("warn_after", "error_after"), *path)
        return Freshness(self._age_us(limits, *path, "warn_after"), self._age_us(limits, *path, "error_after"))

    def _age_us(self, table: Table, *path: str) -> int | None:
        text = self._text(table, path[-1], *path[:-1])
        if text is None:
            return None
        try:
            duration = parse_duration(text)
        except ValueError as error:
            message, _, instead = str(error).rpartition("; ")
            self._wrong("AAC603", message, instead, *path)
            return None
        if duration.clock != "elapsed":
            message = f"`{text}` is not elapsed time"
            self._wrong("AAC603", message, "write hours or days, as in `36 hours`", *path)
            return None
        return duration.us

    def parameters(self) -> dict[str, Value]:
        """The parameters by name."""
        parameters: dict[str, Value] = {}
        for name, value in self._table(self.data, "param").items():
            if not self._is_name(name, "param"):
                continue
            if isinstance(value, str | int) or (isinstance(value, Decimal) and value.is_finite()):
                parameters[name] = value
            else:
                instead = "write a number, a text in quotes, `true` or `false`"
                self._wrong("AAC603", f"a parameter cannot be {_sort_of(value)}", instead, "param", name)
        return parameters

    def _wrong(self, code: str, message: str, instead: str, *path: str) -> None:
        self.findings.append(Finding(code, "error", message, instead, self.places.span_of(*path)))

    def _is_name(self, name: str, *path: str) -> bool:
        """Whether rules can call something by a name; reports it if not."""
        if NAME.fullmatch(name):
            return True
        self._wrong("AAC603", f"`{name}` cannot be a name", NAME_RULE, *path, name)
        return False

    def _refuse_unknown(self, table: Table, known: tuple[str, ...], *path: str) -> None:
        for key in table:
            if key not in known:
                what = f"there is no key `{key}` in `[{'.'.join(path)}]`" if path else f"there is no table `[{key}]`"
                self._wrong("AAC602", what, did_you_mean(key, known), *path, key)

    def _refuse_secrets(self, value: object, path: Keys) -> None:
        """Reports every secret that is not a reference, however deep it stands."""
        if isinstance(value, list):
            for part in cast("list[object]", value):
                self._refuse_secrets(part, path)
        elif isinstance(value, dict):
            for key, part in cast("Table", value).items():
                if key.lower() in SECRETS:
                    self._require_reference(part, (*path, key))
                else:
                    self._refuse_secrets(part, (*path, key))

    def _require_reference(self, value: object, path: Keys) -> None:
        variable = cast("Table", value).get("env") if isinstance(value, dict) else None
        if not (isinstance(variable, str) and VARIABLE.fullmatch(variable) and value == {"env": variable}):
            key = path[-1]
            name = f"{path[1]}_{key}".upper()
            instead = f'name the environment variable that holds it: `{key} = {{ env = "{name}" }}`'
            self._wrong("AAC605", f"`{key}` must not stand in the file itself", instead, *path)

    def _table(self, owner: Table, *path: str) -> Table:
        """The table at the last key of a path; empty when it is none or missing."""
        value: object = owner.get(path[-1], {})
        if isinstance(value, dict):
            return cast("Table", value)
        message = f"`{path[-1]}` is {_sort_of(value)}, not a table"
        self._wrong("AAC603", message, f"write `[{'.'.join(path)}]` and its keys below", *path)
        return {}

    def _text(self, table: Table, key: str, *path: str) -> str | None:
        """The text of a key; none when it is missing or no text."""
        value: object = table.get(key)
        if value is None or isinstance(value, str):
            return value
        message = f"`{key}` is {_sort_of(value)}, not a text"
        self._wrong("AAC603", message, f'write it in quotes, as in `{key} = "…"`', *path, key)
        return None

    def _required_text(self, table: Table, key: str, meaning: str, *path: str) -> str | None:
        value = self._text(table, key, *path)
        if key not in table or (value is not None and not value.strip()):
            self._wrong("AAC604", f"`{key}` is missing", f'add `{key} = "…"`: {meaning}', *path)
        return value


def _is_store(path: str) -> bool:
    """Whether a path can be that of a store: one that is damaged is made anew, so it is nothing else's name."""
    steps = PureWindowsPath(path)
    return _is_file_inside(path) and steps.suffix in STORES and ".git" not in [part.lower() for part in steps.parts]


def _is_file_inside(path: str) -> bool:
    """Whether a path can be a file below the folder that it is seen from, on any system."""
    is_file = path.strip() and path.isprintable() and not path.endswith(("/", "\\"))
    steps = PureWindowsPath(path)
    return bool(is_file) and not steps.anchor and ".." not in steps.parts


def _sort_of(value: object) -> str:
    """What TOML calls a value."""
    match value:
        case bool():
            return "true or false"
        case Decimal() if not value.is_finite():
            return f"`{value}`"
        case int() | Decimal():
            return "a number"
        case date() | time():
            return "a date or a time"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a text"

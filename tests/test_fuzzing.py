"""Everything that reads what others wrote, on texts that nobody would write: an answer or a sentence, nothing else.

Cases are texts that are right, spoilt by a seeded mutation. A few thousand run each time, 100,000 of each reader in the
long runs. That the fuzzers find something is shown by three mistakes that are planted.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from sqlglot.errors import ParseError

from aac import caches, texts
from aac.approving import approvers
from aac.config import read as read_settings
from aac.connectors.base import Context
from aac.connectors.base import Files as FilesMessage
from aac.connectors.csv import CsvConnector, CsvSettings
from aac.connectors.folders import FolderSettings
from aac.connectors.jsonl import JsonlConnector
from aac.documents import read_text
from aac.engines.base import Files, Query, Select
from aac.engines.duckdb import DuckdbEngine
from aac.engines.looking import DuckdbLook
from aac.errors import ConfigError, EngineError, SourceError, UsageError
from aac.expressions import parsed
from aac.expressions.mistakes import Refused
from aac.expressions.nodes import Aggregate
from aac.expressions.parse import parse
from aac.expressions.parsed import Rules, as_json
from tests.test_allowed import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parent.parent
SHORT, LONG = 1_500, 100_000
SEED = 20_261_126
PIECES = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b"\r", b"\n", b"\r\n", b"\t", b'"', b"'", b'""', b"`",
    b"(", b")", b"[", b"]", b"{", b"}", b",", b";", b":", b"|", b"-", b"--", b"---\n", b"#", b"&a ", b"*a", b"!!x ",
    b"<<: ",
    b"%", b"$", b"@", b"\\", b"\\u0000", b"\\ud800", b"null", b"true", b"1e999", b"-0", b"NaN", b"9" * 40, b"0x1", b".",
    b" and ", b" not ", b" in ", b" case ", b" when ", b"select ", b"count(*)", b"e'", b"$$", b"/*", b"*/",
    b"\xe2\x80\xae",
    b"\xc2\xa0", b"\xf0\x9f\x98\x80", b"sep=;\n", b"=1+1", b"  ", b"",
)  # fmt: skip
"""What is put into texts."""

RULES = tuple(
    text.encode()
    for text in (
        *(text for text, *_ in REFUSED),
        "score > 50 and source in ('web', 'fair') or not duplicate",
        "case when employees < 100 then 'SMB' when employees is null then null else 'Enterprise' end = size",
        "sum(amount) filter (where stage = 'won' and at between '2026-01-01' and '2026-12-31') / nullif(count(*), 0)",
        "business_hours_between(mql.at, first_touch_at, owner.calendar) <= 4.5",
        "quantile_cont(hours_between(a, b), 0.9) + arg_max(x, t) * -1",
        '"Day of birth" like \'%x_\' and coalesce("from", param.since) >= as_of',
    )
)
TABLES = (
    b'id,name,at\n1,Ada,2026-02-01T10:00:00Z\n2,"Bo, Li",\n3,"a ""quote""",x\n',
    b'id;name\r\n1;\xc3\xa4\r\n2;"two\r\nlines"\r\n',
    "id\tname\n1\tgrößer\n".encode("utf-16"),
    "id|name\n1|größer €\n".encode("windows-1252"),
    b"\xef\xbb\xbfid,name\n" + b"1,x\n" * 40,
)
OBJECTS = (
    b'{"id": "1", "name": "Ada", "n": 1.50, "list": [1, {"a": null}], "ok": true}\n{"id": 2, "more": "\\u00e4"}\n',
    b'{"a": {"b": {"c": [[[]]]}}, "d": -1e10}\n',
    b'{"id": "1"}\r\n{"id": "2"}\r\n',
)
ANSWERS = (
    b'[{"user": {"login": "ada"}, "state": "APPROVED", "commit_id": "abc"}, {"user": null, "state": "DISMISSED"}]',
    b'{"approved_by": [{"user": {"username": "bo", "id": 1}}], "approvals_left": 0}',
)


def mutated(random: Random, corpus: Sequence[bytes]) -> bytes:
    """A text of the corpus with up to eight parts cut, doubled, moved, put in, turned or taken from another."""
    text = random.choice(corpus)
    for _ in range(min(random.randrange(1, 9), random.randrange(1, 9))):
        at, length = random.randrange(len(text) + 1), random.choice((1, 1, 2, 5, 20, 200))
        part, piece = text[at : at + length], random.choice(PIECES)
        match random.randrange(6):
            case 0:
                between = b""
            case 1:
                between = part + part
            case 2:
                between = piece
            case 3:
                between = piece + part
            case 4:
                between = bytes(byte ^ 1 << random.randrange(8) for byte in part)
            case _:
                other = random.choice(corpus)
                start = random.randrange(len(other) + 1)
                between = other[start : start + length]
        text = text[:at] + between + text[at + length :]
    return text[:20_000]


def fuzz(reader: Callable[[bytes], object], corpus: Sequence[bytes], cases: int) -> None:
    """Reads mutations; whatever the reader raises is told with the case that made it."""
    random = Random(SEED)
    for number in range(cases):
        text = mutated(random, corpus)
        try:
            reader(text)
        except Exception as error:
            error.add_note(f"case {number}: {text!r}")
            raise


# Readers: each raises AssertionError where it is wrong, and what its callers do not catch


def require_sentence(text: str) -> None:
    assert text.strip()
    assert "\n" not in text.strip("\n")


def require_place(at: int, text: str) -> None:
    assert 0 <= at <= max(len(text), 1)


def require_findings(error: ConfigError) -> None:
    assert error.findings
    assert all(finding.span for finding in error.findings)


def read_document(data: bytes) -> None:
    documents, findings = read_text(data, "a.yml")
    for finding in findings:
        assert finding.span is not None
        assert finding.message
    for document in documents:
        for path in document.positions:
            assert document.span(*path).line >= 1


def read_rule(data: bytes) -> None:
    text = data.decode(errors="replace")
    try:
        node = parse(text)
    except Refused as refused:
        require_sentence(refused.problem.message)
        require_place(refused.problem.at, text)
    else:
        assert json.loads(json.dumps(node, default=as_json))


def read_toml(data: bytes) -> None:
    try:
        read_settings(data, ROOT)
    except ConfigError as error:
        require_findings(error)


def read_approvals(data: bytes) -> None:
    try:
        answer = json.loads(data)
    except ValueError:
        return
    try:
        assert all(isinstance(handle, str) for handle in approvers(answer))
    except UsageError as error:
        require_sentence(str(error))


class OfFiles:
    """Reads a file through its connector and the engine, as a pull does: its rows, or why there are none."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.root, self.path = folder, folder / "data" / f"x{ending}"
        self.path.parent.mkdir()
        self.look = DuckdbLook(folders=[folder])
        self.engine = DuckdbEngine(folders=[folder])
        self.read = 0

    def __call__(self, data: bytes) -> None:
        self.path.write_bytes(data)
        context = Context(self.root, self.root / "own", self.look)
        made: Any = CsvConnector(CsvSettings(path="data"), context)
        if self.path.suffix == ".jsonl":
            made = JsonlConnector(FolderSettings(path="data"), context)
        try:
            (stream,) = made.discover()
            messages = list(made.read(stream, *made.slices(stream, None)))
            (files,) = (message for message in messages if isinstance(message, FilesMessage))
            if {*files.encodings} <= {"utf-8"}:  # others are recoded when they are copied
                self.count(files)
        except (SourceError, EngineError) as error:
            require_sentence(str(error))

    def count(self, files: FilesMessage) -> None:
        read = Files(tuple(map(str, files.paths)), files.format, files.columns, files.delimiter)
        output = Select(read, (("n", Aggregate("count", ())),))
        rows: Any = self.engine.run(Query((), (output,), {}))[0]
        assert rows[0][0] >= 0
        self.read += 1


def documents() -> list[bytes]:
    return [path.read_bytes()[:5_000] for path in sorted((ROOT / "alignment").rglob("*.yml"))]


PLAIN: dict[str, tuple[Callable[[bytes], None], Callable[[], Sequence[bytes]]]] = {
    "documents": (read_document, documents),
    "expressions": (read_rule, lambda: RULES),
    "settings": (read_toml, lambda: [(ROOT / "aac.toml").read_bytes()]),
    "results of reviews": (read_approvals, lambda: ANSWERS),
}


@pytest.mark.parametrize("cases", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", PLAIN)
def test_any_text(name: str, cases: int) -> None:
    reader, corpus = PLAIN[name]
    fuzz(reader, corpus(), cases)


@pytest.mark.parametrize("cases", [SHORT // 5, pytest.param(LONG, marks=pytest.mark.long)])
@pytest.mark.parametrize(("ending", "corpus"), [(".csv", TABLES), (".jsonl", OBJECTS)])
def test_any_file(tmp_path: Path, ending: str, corpus: Sequence[bytes], cases: int) -> None:
    reader = OfFiles(tmp_path, ending)
    fuzz(reader, corpus, cases)
    assert reader.read > cases // 50  # else only refusals were tried


@pytest.mark.parametrize("cases", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def test_any_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cases: int) -> None:
    """What was kept of the results of an earlier run may be anybody's: it is what was kept, or as good as nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rules = Rules()
    for text in ("score > 50", "sum(a) filter (where b) / 2.5", "a in (1, 2) and lower(c) = 'x'"):
        rules.parse(text)
    parsed.keep(ROOT, rules)
    (kept,) = caches.folder().iterdir()
    whole = kept.read_bytes()

    def read_cache(data: bytes) -> None:
        kept.write_bytes(data)
        assert isinstance(parsed.read(ROOT), Rules)

    fuzz(read_cache, [whole], cases)


# Planted mistakes: each is found by the short run


def test_a_reader_that_takes_all_bytes_for_text_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = texts.decode

    def plainly(data: bytes, file: str) -> object:
        return decoded(data.decode().encode(), file)

    monkeypatch.setattr("aac.documents.decode", plainly)
    with pytest.raises(UnicodeDecodeError) as found:
        fuzz(read_document, documents(), SHORT)
    assert found.value.__notes__


def test_a_rule_reader_that_lets_an_error_of_its_library_through_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def through(text: str, tokens: object, error: ParseError) -> ParseError:
        del text, tokens
        return error

    monkeypatch.setattr("aac.expressions.parse._explained", through)
    with pytest.raises(ParseError):
        fuzz(read_rule, RULES, SHORT)


def test_a_header_that_is_believed_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def believed(path: Path, columns: tuple[str, ...], delimiter: str) -> None:
        assert columns == tuple(dict.fromkeys(columns)), "two columns of one name"
        del path, delimiter

    monkeypatch.setattr("aac.connectors.csv._refuse_names", believed)
    with pytest.raises(AssertionError, match="two columns of one name"):
        fuzz(OfFiles(tmp_path, ".csv"), TABLES, SHORT)

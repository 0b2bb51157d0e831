"""Ways out of a project that strangers may try, in every key that could take them: each is refused, at its place.

A pair is a way and a key. What only the engine could stop is in test_duckdb.py, what a template could do in
test_templates.py; here each guard is also taken away, and then its escapes succeed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import jinja2
import pytest

from aac import config, folders, operations
from aac.engines import sql
from aac.engines.duckdb import DuckdbEngine, Store
from aac.errors import ConfigError, DocumentsError, PageError
from aac.expressions.nodes import Literal, Name
from aac.landing.landed import prepared
from aac.operations import open_project, open_sound_project, pull_sources
from aac.reports import pages
from aac.reports.base import Sheet
from aac.reports.pages import Template
from tests.small import NOW_US, write_project
from tests.test_faults import BASE

if TYPE_CHECKING:
    from aac.expressions.nodes import Node
    from aac.findings import Finding

WAYS = {
    "a function that reads a file": "read_text('/etc/passwd') = 'x'",
    "a function that reads a table of a file": "read_csv('/etc/passwd')",
    "a query inside": "(select content from read_text('/etc/passwd')) = 'x'",
    "a query that only asks whether": "exists (select 1 from read_csv('/etc/passwd'))",
    "a query in a list": "1 in (select 1 from glob('/etc/*'))",
    "an address": "read_parquet('https://example.com/x.parquet')",
    "a second statement": "1 = 1; attach '/tmp/x.duckdb' as x",
    "a statement that writes": "copy (select 1) to '/tmp/x'",
    "a statement that loads code": "load '/tmp/x.duckdb_extension'",
    "a setting": "set enable_external_access = true",
    "a pragma": "pragma enable_logging",
    "a variable of the environment": "getenv('HOME') = 'x'",
    "a setting that is read": "current_setting('allowed_paths') = 'x'",
    "who runs it": "current_user = 'x'",
    "a query as a text": "query('select 1')",
    "a remark that hides the rest": "1 = 1 -- and no more",
    "a remark in the middle": "1 = /* x */ 1",
    "a type of the engine": "'x'::json = 'x'",
    "a list that is made": "[x for x in (1, 2)] = 1",
    "a parameter": "$1 = 'x'",
    "a name that ends its quotes": '"a"" from read_text(\'/etc/passwd\') --" = 1',
    "a table of the engine": "duckdb_secrets.secret_string = 'x'",
    "rows of other records": "row_number() over () = 1",
    "chance": "random() > 0.5",
    "all columns": "columns(*) = 1",
    "a text of another sort": "$$x$$ = 'x'",
    "a function of another schema": "main.read_text('/etc/passwd') = 'x'",
}
"""Expressions of which each is another way out of the rule language."""

KEYS = {
    "field.from": ("""'"Day of birth"'""", "{}"),
    "field.is": (""""case when score < 20 then 'cold' else 'hot' end\"""", "{}"),
    "field.rollup": ("rollup: count(*)", "rollup: {}"),
    "rollup.where": ("where: is_human, after", "where: {}, after"),
    "definition.when": ("when: fit > 5", "when: {}"),
    "definition.at": ("at: rejected_at", "at: {}"),
    "checklist.rule": ("rule: rejected_at is not null", "rule: {}"),
    "icp.criteria.when": ("when: employees between 50 and 1000", "when: {}"),
    "icp.anti_patterns.when": ("when: industry = 'Agency'", "when: {}"),
    "scoring.criteria.when": ("when: account.employees >= 500", "when: {}"),
    "scoring.exclusions.when": ("when: duplicate}", "when: {}}}"),
    "sla.where": ("where: source <> 'partner'", "where: {}"),
    "sla.stops": ("stops: first_touch_at", "stops: {}"),
    "sla.excused": ("excused: duplicate", "excused: {}"),
    "sla.by": ("{region: owner.region}", "{{region: {}}}"),
    "metric.formula": ("formula: share(mql)", "formula: {}"),
}
"""Keys that hold an expression: a text of the base, and what it becomes."""
PAIRS = [(way, key) for n, (way, key) in enumerate(product(WAYS, KEYS)) if n % 3 == 0]
"""A third of all pairs, in which every way and every key comes; the others are tried in the long runs."""


def changed(was: str, becomes: str) -> tuple[dict[str, str], str, int]:
    """The base with one text of it replaced, and the file and the line in which it stands."""
    (file,) = [name for name, text in BASE.items() if was in text]
    assert BASE[file].count(was) == 1, was
    return {**BASE, file: BASE[file].replace(was, becomes)}, file, BASE[file].partition(was)[0].count("\n") + 1


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def refused(root: Path, was: str, becomes: str) -> list[str]:
    """The codes of the errors at the place of a change; there is one, or nothing keeps it from being run."""
    files, file, line = changed(was, becomes)
    findings = open_project(written(root, files)).findings
    errors = [f for f in findings if f.level == "error" and f.span and (f.span.file, f.span.line) == (file, line)]
    assert errors, findings
    assert all(re.match(r"AAC[0-9]{3}", error.code) and error.message and error.instead for error in errors)
    return [error.code for error in errors]


@pytest.mark.parametrize(("way", "key"), PAIRS)
def test_no_way_out_of_a_rule(tmp_path: Path, way: str, key: str) -> None:
    was, becomes = KEYS[key]
    refused(tmp_path, was, becomes.format(json.dumps(WAYS[way])))


@pytest.mark.long
@pytest.mark.parametrize(("way", "key"), [pair for pair in product(WAYS, KEYS) if pair not in PAIRS])
def test_no_other_way_out_of_a_rule(tmp_path: Path, way: str, key: str) -> None:
    was, becomes = KEYS[key]
    refused(tmp_path, was, becomes.format(json.dumps(WAYS[way])))


# Other keys

SOURCE = 'path = "data"'
TIMEZONE = "timezone: Europe/Berlin\nhours"
OTHERS = {
    ("a folder above", "sources.path"): (SOURCE, 'path = ".."'),
    ("a path with steps up", "sources.path"): (SOURCE, 'path = "data/../../x"'),
    ("a path from the top", "sources.path"): (SOURCE, 'path = "/etc"'),
    ("git's own files", "sources.path"): (SOURCE, 'path = ".git"'),
    ("an address", "sources.path"): (SOURCE, 'path = "https://example.com/data"'),
    ("an address of a bucket", "sources.path"): (SOURCE, 'path = "s3://bucket/data"'),
    ("an address of a file", "sources.path"): (SOURCE, 'path = "file:///etc"'),
    ("a NUL", "sources.path"): (SOURCE, 'path = "data\\u0000"'),
    ("a secret as it is", "sources.token"): (SOURCE, 'path = "data"\ntoken = "abc"'),
    ("a secret inside", "sources.files.password"): (SOURCE, 'path = "data"\nfiles = { password = "abc" }'),
    ("a key of ours that there is not", "sources.command"): (SOURCE, 'path = "data"\ncommand = "id"'),
    ("a module", "sources.connector"): ('connector = "csv"', 'connector = "os.system"'),
    ("a path", "sources.connector"): ('connector = "csv"', 'connector = "../plugins/x"'),
    ("a zone that is a file", "sources.timezone"): (SOURCE, 'path = "data"\ntimezone = "../../../etc/passwd"'),
    ("a zone from the top", "sources.timezone"): (SOURCE, 'path = "data"\ntimezone = "/etc/localtime"'),
    ("a codec that runs", "sources.encoding"): (SOURCE, 'path = "data"\nencoding = "zip"'),
    ("a delimiter of words", "sources.delimiter"): (SOURCE, 'path = "data"\ndelimiter = ", header = false"'),
    ("a folder above", "engine.path"): ("[param]", '[engine]\npath = "../x.duckdb"\n[param]'),
    ("a path from the top", "engine.path"): ("[param]", '[engine]\npath = "/tmp/x.duckdb"\n[param]'),
    ("another file of the project", "engine.path"): ("[param]", '[engine]\npath = "aac.toml"\n[param]'),
    ("git's own files", "engine.path"): ("[param]", '[engine]\npath = ".git/x.duckdb"\n[param]'),
    ("a file of another drive", "engine.path"): ("[param]", '[engine]\npath = "C:x.duckdb"\n[param]'),
    ("an address", "engine.path"): ("[param]", '[engine]\npath = "md:x"\n[param]'),
    ("more than a setting", "engine.memory_limit"): ("[param]", "[engine]\nmemory_limit = \"1GB'; x\"\n[param]"),
    ("without end", "engine.time_limit"): ("[param]", '[engine]\ntime_limit = "9999 days"\n[param]'),
    ("any number", "engine.threads"): ("[param]", "[engine]\nthreads = 100000\n[param]"),
    ("a folder above", "review.sample"): ("[param]", '[review]\nsample = "../x"\n[param]'),
    ("a function that reads a file", "entity.from"): ("from: crm.transfers", "from: \"read_csv('/etc/passwd')\""),
    ("a table of the engine", "entity.from"): ("from: crm.transfers", "from: _aac.sources"),
    ("a path", "id"): ("id: together", "id: ../../together"),
    ("a page", "id"): ("id: together", "id: <script>"),
    ("an object of Python", "kind"): ("id: together", "id: together\nmeans: !!python/object/apply:os.system [id]"),
    ("an alias", "means"): ("id: together", "id: together\nmeans: *all"),
    ("a merge key", "document"): ("id: together", "id: together\n<<: {owner: sales}"),
    ("a zone that is a file", "calendar.timezone"): (TIMEZONE, "timezone: ../../../etc/passwd\nhours"),
    ("a path", "calendar.holidays"): ("country: DE,", "country: ../../x,"),
    ("a file", "list.values"): ("values: {DE: Germany, US: United States}", "values: !include /etc/passwd"),
    ("a rule with a query", "metric.by"): ("by: [source]", 'by: [{x: "(select 1)"}]'),
    ("code as a rule of days", "meeting.repeats"): ("repeats: every 2 weeks on thu 10:00", "repeats: RRULE:X\\nATT:x"),
}  # fmt: skip
"""By way and key: a text of the base, and what it becomes."""


@pytest.mark.parametrize(("way", "key"), OTHERS)
def test_no_way_out_of_another_key(tmp_path: Path, way: str, key: str) -> None:
    was, becomes = OTHERS[way, key]
    files, file, line = changed(was, becomes)
    try:
        findings = open_project(written(tmp_path, files)).findings
    except ConfigError as error:
        findings = error.findings
    lines = range(line, line + becomes.count("\n") + 1)
    errors = [f for f in findings if f.level == "error" and f.span and f.span.file == file and f.span.line in lines]
    assert errors, findings
    assert all(error.message and error.instead for error in errors)


def test_there_are_enough() -> None:
    pairs = {*PAIRS, *OTHERS}
    assert len({way for way, _ in pairs}) >= 20
    assert len(pairs) >= 100
    assert {way for way, _ in PAIRS} == WAYS.keys()
    assert {key for _, key in PAIRS} == KEYS.keys()


# What is only seen when data is read

SECRET = "what nobody may tell"
ENTITY = """\
kind: entity
id: lead
from: crm.leads
key: id
fields:
  id: text
  said: {type: text, from: RULE}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that can be pulled, and beside it a file that is none of it."""
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "secret.csv").write_text(f"id\n{SECRET}\n")
    return write_project(tmp_path / "project", ENTITY.replace("RULE", "id"), {"leads": "id\n1\n"})


def settings(root: Path, was: str, becomes: str) -> None:
    text = (root / "aac.toml").read_text()
    assert text.count(was) == 1
    (root / "aac.toml").write_text(text.replace(was, becomes))


def pull(root: Path) -> list[Finding]:
    """The errors that a pull told."""
    found = pull_sources(open_sound_project(root), NOW_US, lambda _: None).findings
    return [finding for finding in found if finding.level == "error"]


def stored(root: Path) -> str:
    """All that was landed of the entity."""
    with Store(root / ".aac" / "store.duckdb", read_only=True) as store:
        return str(store.execute("FROM prepared.lead"))


@pytest.mark.parametrize(
    "watermark", ["(select now())", "max(read_text('/etc/passwd'))", "max(leads.id) from leads; --", "leads.id"]
)
def test_a_watermark_is_a_column_or_a_time(root: Path, watermark: str) -> None:
    settings(root, 'watermark = "2026-03-10T12:00:00Z"', f'watermark = "{watermark}"')
    (finding,) = pull(root)
    assert str(finding.span).startswith("aac.toml:8:")
    assert watermark in finding.message


@pytest.mark.parametrize("glob", ["../*.csv", "../../../../etc/*", "/etc/*", "**/../../secret.csv"])
def test_files_are_those_of_the_folder(root: Path, glob: str) -> None:
    settings(root, 'path = "data"', f'path = "data"\nfiles = {{ leads = "../{glob}" }}')
    (finding,) = pull(root)
    assert str(finding.span).startswith("aac.toml:")
    assert SECRET not in finding.message


def test_a_stream_is_no_path(root: Path) -> None:
    (root / "alignment" / "all.yml").write_text(ENTITY.replace("crm.leads", "crm.../../secret").replace("RULE", "id"))
    (finding,) = pull(root)
    assert str(finding.span) == "alignment/all.yml:3:7"


def test_texts_in_a_format_are_texts(root: Path) -> None:
    document = ENTITY.replace("{type: text, from: RULE}", "{type: date, from: id, format: \"%d'); COPY t TO 'x\"}")
    (root / "alignment" / "all.yml").write_text(document)
    assert pull(root) == []
    assert {path.name for path in root.iterdir()} == {"aac.toml", "alignment", "data", ".aac"}


# Guards, each taken away

READING = {
    "a query inside": "(SELECT content FROM read_text('{root}/../secret.txt'))",
    "rows of a file": "(SELECT string_agg(id) FROM read_csv('{root}/../secret.csv'))",
    "names of files": "(SELECT string_agg(file) FROM glob('{root}/../sec*'))",
    "a query as a text": "(SELECT content FROM query('FROM read_text(''{root}/../secret.txt'')'))",
}


def as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules go to the engine as they are written, in place of the list of what is allowed."""
    import sqlglot

    lowered = sql.literal

    def let_through(text: str, more: object = None) -> Node:
        del more
        return Literal(f"\0{text}") if "SELECT" in text else Name((text,))

    def as_sql(value: object) -> Any:
        is_text = isinstance(value, str) and value.startswith("\0")
        return sqlglot.parse_one(str(value)[1:], read="duckdb") if is_text else lowered(value)

    monkeypatch.setattr("aac.expressions.parse.parse", let_through)
    monkeypatch.setattr(sql, "literal", as_sql)


def always(*_: object) -> bool:
    """In place of a guard that says whether something may be."""
    return True


def nothing(*_: object) -> tuple[()]:
    """In place of a guard that does or finds something."""
    return ()


def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DuckdbEngine, "_lock_down", nothing)


@pytest.mark.parametrize("way", READING)
def test_the_list_of_what_is_allowed_and_the_lock_of_the_engine(
    root: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Either is enough; without both of them a rule reads what it likes."""
    rule = json.dumps(READING[way].format(root=root))
    (root / "alignment" / "all.yml").write_text(ENTITY.replace("RULE", rule))
    assert [(f.code, f.span and f.span.line) for f in open_project(root).findings if f.level == "error"] == [
        ("AAC303", 7)
    ]
    as_it_is_written(monkeypatch)
    assert "is none of the files of this project's sources, so it is not opened" in str(pull(root))
    no_lock(monkeypatch)
    assert pull(root) == []
    assert SECRET in stored(root) or "secret.csv" in stored(root)


def test_the_lock_of_the_engine_and_a_view_in_a_database(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that somebody else made runs its own queries: when it is opened, they reach nothing any more."""
    with duckdb.connect(str(root / "crm.duckdb")) as made:
        made.execute(f"CREATE VIEW leads AS SELECT content AS id FROM read_text('{root}/../secret.txt')")
    settings(root, 'connector = "csv"\npath = "data"', 'connector = "duckdb"\npath = "crm.duckdb"')
    told = [finding.message for finding in pull(root)]
    assert told
    assert SECRET not in str(told)
    no_lock(monkeypatch)
    assert pull(root) == []
    assert SECRET in stored(root)


def test_where_links_lead(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "alignment" / "link.yml").symlink_to(root.parent / "secret.txt")
    (root / "data" / "leads.2.csv").symlink_to(root.parent / "secret.csv")
    assert SECRET not in str(open_project(root).findings)
    monkeypatch.setattr(folders, "is_inside", always)
    assert SECRET in str(open_project(root).findings)  # it quotes the line
    (root / "alignment" / "link.yml").unlink()
    assert pull(root) == []
    assert SECRET in stored(root)


def test_where_a_source_lies(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(root, 'path = "data"', 'path = ".."')
    (root.parent / "secret.csv").rename(root.parent / "leads.csv")
    assert [finding.code for finding in open_project(root).findings] == ["AAC630"]
    monkeypatch.setattr(folders, "is_inside", always)
    assert pull(root) == []
    assert SECRET in stored(root)


def test_a_store_that_came_along(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's store says what numbers are: it is theirs, and nobody would see it."""
    assert pull(root) == []
    with duckdb.connect(str(root / ".aac" / "store.duckdb")) as store:
        store.execute("UPDATE prepared.lead SET said = 'planted'")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-f", ".aac"], cwd=root, check=True)
    with pytest.raises(DocumentsError):
        open_sound_project(root)
    monkeypatch.setattr(operations, "check_kept", nothing)
    made = open_sound_project(root).project
    with prepared(made.root, made.tables, made.config.sources, "UTC", made.config.engine) as data:
        assert "planted" in str(data.engine.execute("FROM prepared.lead"))


def test_what_a_store_is_called(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is damaged is made anew: so must not be what is none."""
    settings(root, "[sources.crm]", '[engine]\npath = "letter.txt"\n\n[sources.crm]')
    (root / "letter.txt").write_text("dear all\n" * 1000)
    with pytest.raises(ConfigError):
        open_project(root)
    monkeypatch.setattr(config, "_is_store", always)
    pull(root)
    assert not (root / "letter.txt").read_bytes().startswith(b"dear")


def test_secrets_are_references(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(root, 'path = "data"', 'path = "data"\ntoken = "abc"')
    with pytest.raises(ConfigError) as told:
        open_project(root)
    assert [finding.code for finding in told.value.findings] == ["AAC605"]
    monkeypatch.setattr(config.Reading, "_refuse_secrets", nothing)
    assert open_project(root).project.config.sources["crm"].settings["token"] == "abc"


def test_the_sandbox_of_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it a template sees Python."""
    template = {"x": Template("x.html.j2", "{{ ''.__class__.__mro__ }}")}
    sheet = Sheet("x.html", ("x",), {})
    with pytest.raises(PageError, match="access to attribute '__class__'"):
        pages.guarded_filler(template).page(sheet)
    monkeypatch.setattr(pages, "_sandbox", lambda: jinja2.Environment)
    assert "&lt;class &#39;object&#39;&gt;" in pages.guarded_filler(template).page(sheet).text


def test_the_limits_of_the_process_of_templates() -> None:
    """Without them it opens what it likes; it is a process of its own, so that they hold for it alone."""
    script = "from aac.reports import sandbox\nsandbox._warm_up()\n{}print(open('/etc/hostname').read())"
    limited, free = (
        subprocess.run([sys.executable, "-c", script.format(line)], capture_output=True, text=True, check=False)
        for line in ("sandbox._give_up()\n", "")
    )
    assert limited.returncode != 0
    assert (free.returncode, free.stdout.strip()) == (0, Path("/etc/hostname").read_text().strip())

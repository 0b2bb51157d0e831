"""`aac.toml`: what it gives, and one fault at a time with its code, line and column."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aac.config import EngineSettings, Freshness, Privacy, Review, load
from aac.errors import ConfigError
from aac.sources import check_settings
from aac.toml_places import find_keys

if TYPE_CHECKING:
    from pathlib import Path

    from aac.findings import Finding

PROJECT = '[project]\nname = "Larkspur"\nspec = 1\n'
SOURCE = PROJECT + '[sources.crm]\nconnector = "csv"\n'
PARAM = PROJECT + "[param]\n"
DAY_US = 86_400_000_000


def write(folder: Path, text: str | bytes) -> Path:
    (folder / "aac.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def faults(folder: Path, text: str | bytes) -> tuple[Finding, ...]:
    with pytest.raises(ConfigError) as raised:
        load(write(folder, text))
    return raised.value.findings


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.code, str(finding.span)) for finding in findings]


def outcome(folder: Path) -> str | tuple[Finding, ...]:
    """The project's name, or what is wrong."""
    try:
        return load(folder).name
    except ConfigError as error:
        return error.findings


def test_the_nearest_file_upwards_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
# a comment = "[not.a.table]"
[project]
name = "Larkspur"
spec = 1

[sources.crm]
connector = "csv"
path = "data"
files = { deals = "export-*.csv.gz" }
timezone = "Europe/Berlin"
nulls = ["", "?", "Select"]
watermark = "max(sales_pipeline.close_date)"
freshness = { warn_after = "1 day", error_after = "3 hours" }

[sources.hubspot]
connector = "hubspot"
token = { env = "HUBSPOT_TOKEN" }

[param]
mql_threshold = 50
rate = 1.10
huge = 123456789012345678901234567890.000000001
label = "hot"
strict = true
""",
    )
    below = tmp_path / "alignment" / "teams"
    below.mkdir(parents=True)
    config = load(below)
    assert (config.root, config.name, config.spec) == (tmp_path.resolve(), "Larkspur", 1)
    assert list(config.sources) == ["crm", "hubspot"]
    crm, hubspot = config.sources.values()
    assert (crm.id, crm.connector, crm.timezone) == ("crm", "csv", "Europe/Berlin")
    assert crm.nulls == ("", "?", "Select")
    assert crm.watermark == "max(sales_pipeline.close_date)"
    assert crm.freshness == Freshness(warn_after_us=DAY_US, error_after_us=3 * 3_600_000_000)
    assert crm.settings == {"path": "data", "files": {"deals": "export-*.csv.gz"}}
    assert (hubspot.timezone, hubspot.nulls, hubspot.watermark, hubspot.freshness) == (None, ("",), None, None)
    assert hubspot.settings == {"token": {"env": "HUBSPOT_TOKEN"}}
    assert config.parameters == {
        "mql_threshold": 50,
        "rate": Decimal("1.10"),
        "huge": Decimal("123456789012345678901234567890.000000001"),
        "label": "hot",
        "strict": True,
    }
    assert str(config.parameters["rate"]) == "1.10"


def test_settings_know_where_they_stand(tmp_path: Path) -> None:
    config = load(write(tmp_path, SOURCE + 'path = "data"\nfiles = { deals = "a.csv", "odd name" = "b.csv" }\n'))
    crm = config.sources["crm"]
    assert str(crm.span_of("path")) == "aac.toml:6:1"
    assert str(crm.span_of("files", "deals")) == "aac.toml:7:11"
    assert str(crm.span_of("files", "odd name")) == "aac.toml:7:28"
    assert str(crm.span_of("files", "absent")) == "aac.toml:7:1"
    assert str(crm.span_of("absent")) == "aac.toml:4:2"
    assert crm.span_of("path").text == 'path = "data"'
    assert crm.span_of().length == len("sources.crm")


@pytest.mark.parametrize(
    ("written", "watermark"),
    [("2026-03-01", "2026-03-01"), ("2026-03-01T05:00:00Z", "2026-03-01T05:00:00+00:00"), ('"max(a.b)"', "max(a.b)")],
)
def test_a_watermark_may_be_a_time_of_toml(tmp_path: Path, written: str, watermark: str) -> None:
    config = load(write(tmp_path, SOURCE + f"watermark = {written}\n"))
    assert config.sources["crm"].watermark == watermark


def test_a_file_of_windows_is_read(tmp_path: Path) -> None:
    text = "\ufeff" + SOURCE.replace("\n", "\r\n") + "path = 'x'\r\n"
    crm = load(write(tmp_path, text)).sources["crm"]
    assert str(crm.span_of("path")) == "aac.toml:6:1"


def test_the_engine_and_what_is_private(tmp_path: Path) -> None:
    plain = load(write(tmp_path, PROJECT))
    assert (plain.engine, plain.privacy) == (EngineSettings(), Privacy())
    assert (plain.engine.type, plain.engine.path, plain.privacy.keys, plain.privacy.k) == (
        *("duckdb", ".aac/store.duckdb", "plain"),
        None,
    )
    text = '[engine]\npath = "x/y.duckdb"\nmemory_limit = "1.5 GiB"\n[privacy]\nkeys = "hashed"\nk = 5\n'
    told = load(write(tmp_path, PROJECT + text))
    assert told.engine == EngineSettings("duckdb", "x/y.duckdb", "1.5 GiB")
    limits = load(write(tmp_path, PROJECT + '[engine]\nthreads = 2\ntime_limit = "1.5 minutes"\n')).engine
    assert (limits.threads, limits.time_limit_us) == (2, 90_000_000)
    assert (plain.engine.threads, plain.engine.time_limit_us) == (None, 600_000_000)
    assert told.privacy == Privacy("hashed", 5)


def test_how_changes_are_looked_at(tmp_path: Path) -> None:
    assert load(write(tmp_path, PROJECT)).review == Review({}, {}, False, None)
    text = """
[review]
require = true
sample = "tests/sample/"
severity = { "sla.name.changed" = "breaking", 'metric.by.added' = "editorial" }
[[review.acknowledged]]
fingerprint = "0123456789abcdef"
reason = "agreed in the council"
[[review.acknowledged]]
fingerprint = "fedcba9876543210"
reason = "a mistake of March"
"""
    told = load(write(tmp_path, PROJECT + text)).review
    assert told.severity == {"sla.name.changed": "breaking", "metric.by.added": "editorial"}
    assert told.acknowledged == {
        "0123456789abcdef": "agreed in the council",
        "fedcba9876543210": "a mistake of March",
    }
    assert (told.require, told.sample) == (True, "tests/sample/")


def test_a_class_that_is_misspelt_is_told_with_the_nearest(tmp_path: Path) -> None:
    (finding,) = faults(tmp_path, PROJECT + "[review.severity]\n'sla.removed' = 'editoral'\n")
    assert (finding.message, finding.instead) == ("a change cannot be `editoral`", "did you mean `editorial`?")


SETTINGS = {
    "[engine]\ntype = 'duckdb'\nmemory_limit = '4GB'\n[privacy]\nkeys = 'plain'\nk = 1\n": [],
    "[engine]\ntype = 'duck'\n": [
        ("AAC613", "error", "aac.toml:5:1", "there is no engine `duck`", 'write `type = "duckdb"`, or leave it out')
    ],
    "[engine]\ntype = 'slow'\n": [
        (
            *("AAC613", "error", "aac.toml:5:1"),
            *("`slow` cannot measure a project yet", 'write `type = "duckdb"`, or leave it out'),
        )
    ],
}


@pytest.mark.parametrize("text", SETTINGS)
def test_what_is_asked_for_and_cannot_be_done_is_told(tmp_path: Path, text: str) -> None:
    findings = check_settings(load(write(tmp_path, PROJECT + text)), {"duckdb", "slow"})
    assert [(f.code, f.level, str(f.span), f.message, f.instead) for f in findings] == SETTINGS[text]


def test_without_a_file_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").mkdir()
    with pytest.raises(ConfigError, match=r"there is no `aac\.toml`") as raised:
        load(tmp_path)
    assert [(finding.code, finding.span) for finding in raised.value.findings] == [("AAC601", None)]
    assert raised.value.exit_code == 2


FAULTS = {
    # no TOML
    "name Larkspur": [("AAC601", "aac.toml:1:6")],
    "[project]\nname = Larkspur\n": [("AAC601", "aac.toml:2:8")],
    "[project\n": [("AAC601", "aac.toml:1:9")],
    PROJECT + "spec = 1\n": [("AAC601", "aac.toml:4:1")],
    "[projekt]\nname = 'a'\nspec = 1\n": [("AAC602", "aac.toml:1:2")],
    PROJECT + "[sources]\nconnector = 'csv'\npath = 'x'\n": [("AAC603", "aac.toml:5:1")],
    '[project]\nname = "Larkspur': [("AAC601", "aac.toml:2:17")],
    PROJECT + "[param]\na = " + "1" * 5000: [("AAC601", "aac.toml:1:1")],
    PROJECT + "[param]\na = 1e99999999999999999999": [("AAC601", "aac.toml:1:1")],
    PROJECT + "[param]\na = " + "[" * 5000: [("AAC601", "aac.toml:1:1")],
    # unknown
    PROJECT + 'nmae = "x"\n': [("AAC602", "aac.toml:4:1")],
    PROJECT + '[engin]\ntype = "duckdb"\n': [("AAC602", "aac.toml:4:2")],
    PROJECT + '[engine]\ntyp = "duckdb"\n': [("AAC602", "aac.toml:5:1")],
    PROJECT + "[privacy]\nkey = 'plain'\n": [("AAC602", "aac.toml:5:1")],
    "other = 1\n" + PROJECT: [("AAC602", "aac.toml:1:1")],
    SOURCE + 'freshness = { warn_aftr = "1 day" }\n': [("AAC602", "aac.toml:6:15")],
    SOURCE + '[sources.crm.freshness]\nwarn_after = "1 day"\nerror = "1 day"\n': [("AAC602", "aac.toml:8:1")],
    # wrong type or unusable
    "[project]\nname = 3\nspec = 1\n": [("AAC603", "aac.toml:2:1")],
    '[project]\nname = "x"\nspec = 2\n': [("AAC603", "aac.toml:3:1")],
    '[project]\nname = "x"\nspec = 1.0\n': [("AAC603", "aac.toml:3:1")],
    '[project]\nname = "x"\nspec = true\n': [("AAC603", "aac.toml:3:1")],
    '[project]\nname = "x"\nspec = "1"\n': [("AAC603", "aac.toml:3:1")],
    PROJECT + "[param]\na = [1]\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[param]\na = 2026-01-01\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[param]\na = nan\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[param]\na = -inf\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[param]\nA-b = 1\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[param.a]\nb = 1\n": [("AAC603", "aac.toml:4:2")],
    "sources = 3\n" + PROJECT: [("AAC603", "aac.toml:1:1")],
    PROJECT + '[sources]\nconnector = "csv"\n': [("AAC603", "aac.toml:5:1")],
    PROJECT + '[[sources.crm]]\nconnector = "csv"\n': [("AAC603", "aac.toml:4:3")],
    PROJECT + '[sources.My-CRM]\nconnector = "csv"\n': [("AAC603", "aac.toml:4:2")],
    PROJECT + "[sources.crm]\nconnector = 1\n": [("AAC603", "aac.toml:5:1")],
    SOURCE + 'timezone = "Europe/Berln"\n': [("AAC603", "aac.toml:6:1")],
    SOURCE + 'timezone = "../../etc/passwd"\n': [("AAC603", "aac.toml:6:1")],
    SOURCE + "timezone = 1\n": [("AAC603", "aac.toml:6:1")],
    SOURCE + 'nulls = "-"\n': [("AAC603", "aac.toml:6:1")],
    SOURCE + 'nulls = ["", 0]\n': [("AAC603", "aac.toml:6:1")],
    SOURCE + "watermark = 3\n": [("AAC603", "aac.toml:6:1")],
    SOURCE + 'freshness = "1 day"\n': [("AAC603", "aac.toml:6:1")],
    SOURCE + 'freshness = { warn_after = "soon" }\n': [("AAC603", "aac.toml:6:15")],
    SOURCE + 'freshness = { error_after = "4 business hours" }\n': [("AAC603", "aac.toml:6:15")],
    SOURCE + 'freshness = { error_after = "2 months" }\n': [("AAC603", "aac.toml:6:15")],
    SOURCE + "freshness = { error_after = 3 }\n": [("AAC603", "aac.toml:6:15")],
    PROJECT + "engine = 1\n": [("AAC602", "aac.toml:4:1")],
    'engine = "duckdb"\n' + PROJECT: [("AAC603", "aac.toml:1:1")],
    PROJECT + "[engine]\ntype = 1\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = ' '\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = '.aac/'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = '../store.duckdb'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = 'a/../../store.duckdb'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = '/tmp/store.duckdb'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = 'C:/store.duckdb'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = '\\\\host\\store.duckdb'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + '[engine]\npath = "a\\u0000b"\n': [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = 1\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\nmemory_limit = 4\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = 'README.md'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = '.git/store.duckdb'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\npath = 'plugins\\..\\.GIT\\store.duckdb'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\nthreads = 0\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\nthreads = 257\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\nthreads = '4'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\ntime_limit = 5\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\ntime_limit = '0.00001 minutes'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\ntime_limit = '3 months'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\ntime_limit = '2 days'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\nmemory_limit = '4'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\nmemory_limit = '4 gigs'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[engine]\nmemory_limit = '-4GB'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[privacy]\nkeys = 'hash'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[privacy]\nkeys = true\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[privacy]\nk = 0\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[privacy]\nk = '5'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[privacy]\nk = 2.5\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[privacy]\nk = true\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review]\nseverty = {}\n": [("AAC602", "aac.toml:5:1")],
    PROJECT + "[review]\nrequire = 1\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review]\nrequire = 'true'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review]\nsample = '/tmp'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review]\nsample = '../data'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review]\nsample = '/'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review]\nsample = 5\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review]\nseverity = 'editorial'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review.severity]\n'sla.removed' = 'minor'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review.severity]\n'sla.removed' = true\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review.severity]\nsla.removed = 'editorial'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review]\nacknowledged = {}\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[review]\nacknowledged = ['0123456789abcdef']\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[[review.acknowledged]]\nfingerprint = '0123456789abcdef'\n": [("AAC604", "aac.toml:4:3")],
    PROJECT + "[[review.acknowledged]]\nfingerprint = '0123456789abcdef'\nreason = ' '\n": [("AAC604", "aac.toml:4:3")],
    PROJECT + "[[review.acknowledged]]\nreason = 'agreed'\n": [("AAC604", "aac.toml:4:3")],
    PROJECT + "[[review.acknowledged]]\nfingerprint = '0123456789abcdeg'\nreason = 'x'\n": [("AAC603", "aac.toml:5:1")],
    PROJECT + "[[review.acknowledged]]\nfingerprint = '0123456789abcdef'\nreason = 'x'\nby = 'me'\n": [
        ("AAC602", "aac.toml:7:1")
    ],
    # missing
    "": [("AAC604", "aac.toml:1:1")],
    "project = 1\n": [("AAC604", "aac.toml:1:1")],
    "[project]\nspec = 1\n": [("AAC604", "aac.toml:1:2")],
    '[project]\nname = " "\nspec = 1\n': [("AAC604", "aac.toml:1:2")],
    '[project]\nname = "x"\n': [("AAC604", "aac.toml:1:2")],
    PROJECT + "[sources.crm]\n": [("AAC604", "aac.toml:4:2")],
    PROJECT + 'sources.crm.path = "x"\n[param]\n': [("AAC602", "aac.toml:4:1")],
    # secrets
    SOURCE + 'token = "hunter2"\n': [("AAC605", "aac.toml:6:1")],
    SOURCE + 'Password = "hunter2"\n': [("AAC605", "aac.toml:6:1")],
    SOURCE + 'dsn = "postgresql://u:hunter2@h/d"\n': [("AAC605", "aac.toml:6:1")],
    SOURCE + 'secret = { env = "" }\n': [("AAC605", "aac.toml:6:1")],
    SOURCE + 'api_key = { env = "X", default = "hunter2" }\n': [("AAC605", "aac.toml:6:1")],
    SOURCE + 'auth = { user = "me", password = "hunter2" }\n': [("AAC605", "aac.toml:6:23")],
    SOURCE + 'logins = [{ user = "me" }, { token = "hunter2" }]\n': [("AAC605", "aac.toml:6:30")],
    SOURCE + '[sources.crm.auth]\n"token" = """\nhunter2"""\n': [("AAC605", "aac.toml:7:1")],
}


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_one_fault_is_told_once_where_it_stands(tmp_path: Path, text: str) -> None:
    findings = faults(tmp_path, text)
    assert told(findings) == FAULTS[text]
    assert all(finding.level == "error" and finding.message and finding.instead for finding in findings)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = '[project]\nnmae = "x"\nspec = 1\n[sources.crm]\ntoken = "hunter2"\n[param]\na = []\n'
    assert told(faults(tmp_path, text)) == [
        ("AAC604", "aac.toml:1:2"),
        ("AAC602", "aac.toml:2:1"),
        ("AAC604", "aac.toml:4:2"),
        ("AAC605", "aac.toml:5:1"),
        ("AAC603", "aac.toml:7:1"),
    ]


def test_a_near_name_is_offered(tmp_path: Path) -> None:
    assert faults(tmp_path, PROJECT + 'nmae = "x"\n')[0].instead == "did you mean `name`?"
    assert faults(tmp_path, PROJECT + "[params]\n")[0].instead == "did you mean `param`?"


@pytest.mark.parametrize(
    "line",
    [
        'token = "hunter2"',
        "token = hunter2",
        'auth = { "password" = "hunter2" }',
        "'secret' = 'hunter2'",
        'dsn = "h:hunter2"',
        'token = { env = "pat-eu1-hunter2" }',
    ],
)
def test_no_finding_shows_a_secret(tmp_path: Path, line: str) -> None:
    findings = faults(tmp_path, SOURCE + line + "\n")
    assert findings
    assert "hunter2" not in repr(findings)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    findings = faults(tmp_path, b'[project]\r\nname = "\xc3\xa4\xe4"\r\n')
    assert told(findings) == [("AAC601", "aac.toml:2:10")]
    assert "0xE4" in findings[0].message


def test_keys_are_found_among_values_that_look_like_them() -> None:
    text = '''a = """
b = 1
[c]
"""  # d = 1
e.f = [
  "g = 1", # ]
  { h = 1, i = { j = {}, k = 2 } },
]
[m."n.o"]
p = 'q = 1'
[[r]]
s = 1979-05-27T07:32:00.5Z
[[r]]
s = 1.5
'''
    found = {path: text[start:end] for path, (start, end) in find_keys(text).items()}
    assert found == {
        ("a",): "a",
        ("e",): "e",
        ("e", "f"): "e.f",
        ("e", "f", "h"): "h",
        ("e", "f", "i"): "i",
        ("e", "f", "i", "j"): "j",
        ("e", "f", "i", "k"): "k",
        ("m",): "m",
        ("m", "n.o"): 'm."n.o"',
        ("m", "n.o", "p"): "p",
        ("r",): "r",
        ("r", "s"): "s",
    }
    assert text.count("\n", 0, find_keys(text)["r", "s"][0]) == 11


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([*'[]{}"=.,\n#', "'", "[param]\n", "a", "=1\n", PROJECT])).map(
        lambda parts: "".join(parts).encode()
    )
)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "settings"  # one for all; above it lie the folders of other tests
    folder.mkdir(exist_ok=True)
    assert outcome(write(folder, data))


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("[project]\nname = Larkspur\n", 'put the text in straight quotes: `name = "…"`'),
        ("[project]\nname = “Larkspur”\n", 'put the text in straight quotes: `name = "…"`'),
        ('[project]\nname: "Larkspur"\n', "write `=` instead of the `:`"),
        (PROJECT + "name = 'b'\n", "it stands in the file already: keep one of the two"),
        (PROJECT + '[sources.crm]\npath = "C:\\data"\n', "write `/` between folders"),
        (PROJECT + "[param]\na = 50%\n", "one line holds one value: a number alone"),
        ("[project\nname = 'a'\n", "close the name of the table with `]`"),
    ],
)
def test_what_is_no_toml_is_told_with_what_to_write(tmp_path: Path, text: str, instead: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(write(tmp_path, text))
    assert raised.value.findings[0].instead.startswith(instead)


def test_settings_that_notepad_saved_in_utf_16(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").write_bytes(PROJECT.encode("utf-16"))
    with pytest.raises(ConfigError) as raised:
        load(tmp_path)
    assert told(raised.value.findings) == [("AAC601", "aac.toml:1:1")]
    assert raised.value.findings[0].message == "the file is UTF-16, not UTF-8"

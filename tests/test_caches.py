"""What is kept between runs: it never changes what is found, and whatever lies in the folder does no harm."""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

import pytest

from aac import caches
from aac.expressions import parsed
from aac.expressions.parse import Refused, parse
from tests.commands import run_aac
from tests.loading import CONFIG

if TYPE_CHECKING:
    from aac.expressions.nodes import Node

ROOT = Path(__file__).parent.parent
RULES = (
    "score > param.threshold and not (source in ('web', 'it''s') or \"from\" is null)",
    "case when amount >= -0.5 then 1.50 else null end = 1 or duplicate is true",
    "count(*) filter (where mql) / count(distinct account)",
    "share(account.employees between 1 and 1000000000000000.25)",
    "hours_between(created_at, mql_at) * 2 <> 4",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "aac"


def kept(root: Path, *texts: str) -> Path:
    """The file that holds these rules of a project."""
    rules = parsed.read(root)
    for text in texts:
        rules.parse(text)
    parsed.keep(root, rules)
    (path,) = caches.folder().iterdir()
    return path


def places(node: Node) -> str:
    return repr(node)


def test_a_kept_rule_is_the_rule_that_was_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path, *RULES)
    fresh = [parse(text) for text in RULES]
    monkeypatch.setattr(parsed.parser, "parse", None)  # nothing is parsed again
    again = parsed.read(tmp_path)
    nodes = [again.parse(text) for text in RULES]
    assert nodes == fresh
    assert [places(node) for node in nodes] == [places(node) for node in fresh]
    assert again.changed is None


def test_a_rule_that_cannot_be_read_is_refused_each_time(tmp_path: Path) -> None:
    kept(tmp_path, "score > 50")
    rules = parsed.read(tmp_path)
    for _ in range(2):
        with pytest.raises(Refused):
            rules.parse("score >")
    assert rules.changed == {}


def test_only_the_rules_of_the_last_run_are_kept(tmp_path: Path) -> None:
    kept(tmp_path, *RULES)
    path = kept(tmp_path, RULES[0])
    assert [text for text, _ in json.loads(path.read_bytes())[1]["rules"]] == [RULES[0]]


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"\xff\xfe",
        b"[",
        b"[" * 100_000,
        b"null",
        b"[1, 2, 3]",
        b'["another stamp", {"rules": []}]',
        b'["STAMP", {"rules": [["score > 50", {"os.system": ["true"]}]]}]',
        b'["STAMP", {"rules": [["score > 50", {"Call": []}]]}]',
        b'["STAMP", {"rules": [["score > 50", {"Literal": [{"Decimal": " x"}, null, 0, null]}]]}]',
        b'["STAMP", {"rules": 1}]',
        b'["STAMP", {"rules": [["score > 50", 5]]}]',
        b'["STAMP", {"a": 1, "b": 2}]',
        b'["STAMP", [1]]',
    ],
)
def test_what_is_no_cache_of_ours_is_as_good_as_none(tmp_path: Path, written: bytes) -> None:
    path = kept(tmp_path, "score > 50")
    stamp = json.loads(path.read_bytes())[0]
    path.write_bytes(written.replace(b"STAMP", stamp.encode()))
    rules = parsed.read(tmp_path)
    assert rules.parse("score > 50") == parse("score > 50")
    assert rules.changed is not None


def test_another_parser_reads_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path, "score > 50")
    asked: list[str] = []

    def noted(text: str, more: object) -> None:
        del more
        asked.append(text)

    monkeypatch.setattr(parsed.parser, "parse", noted)
    parsed.read(tmp_path).parse("score > 50")
    assert asked == []
    monkeypatch.setattr(parsed, "VERSION", "another")
    parsed.read(tmp_path).parse("score > 50")
    assert asked == ["score > 50"]


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    caches.write("rules", "stamp", "{}")
    assert caches.read("rules", "stamp") is None


def test_a_cache_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    caches.write("rules", "stamp", "{}")
    assert caches.read("rules", "stamp") == {}
    monkeypatch.setattr(caches, "LARGEST", 5)
    assert caches.read("rules", "stamp") is None


def test_caches_of_projects_that_are_gone_are_deleted(folder: Path) -> None:
    caches.write("gone", "stamp", "{}")
    caches.write("young", "stamp", "{}")
    long_ago = time() - (caches.KEPT_DAYS + 1) * 86_400
    os.utime(folder / "gone.json", (long_ago, long_ago))
    caches.write("new", "stamp", "{}")
    assert sorted(path.name for path in folder.iterdir()) == ["new.json", "young.json"]


@pytest.mark.parametrize(
    ("platform", "set_to", "expected"),
    [
        ("linux", None, "home/.cache/aac"),
        ("linux", "elsewhere", "elsewhere/aac"),
        ("darwin", None, "home/Library/Caches/aac"),
        ("win32", None, "home/AppData/Local/aac/cache"),
    ],
)
def test_where_caches_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, set_to: str | None, expected: str
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    if set_to is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / set_to))
    monkeypatch.setattr(caches.sys, "platform", platform)
    monkeypatch.setattr(caches.Path, "home", lambda: tmp_path / "home")
    assert caches.folder() == tmp_path / expected


def test_a_second_run_says_the_same(tmp_path: Path, folder: Path) -> None:
    documents = tmp_path / "alignment"
    documents.mkdir()
    (tmp_path / "aac.toml").write_text(CONFIG)
    (documents / "a.yml").write_text(
        "kind: entity\nid: lead\nfrom: crm.leads\nkey: lead_id\nfields:\n  lead_id: text\n  score: integer\n"
        "  high: {is: score > 50}\n  odd: {is: scor > 50}\n"
    )
    # of a path there is no verdict that is kept, so that the rules are read again
    runs: list[Any] = [run_aac(tmp_path, "validate", "alignment") for _ in range(2)]
    assert runs[0].returncode == runs[1].returncode == 2
    assert runs[0].stdout == runs[1].stdout
    assert "did you mean `score`?" in runs[0].stdout
    assert [path.suffix for path in folder.iterdir()] == [".json"]

"""Guards of what is told and of what a query may take: each is taken away, and then what it holds back goes through.

Those of what may be reached are taken away in test_escapes.py.
"""

from __future__ import annotations

import io
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from jinja2.sandbox import SandboxedEnvironment

from aac import runner_logs
from aac.config import EngineSettings
from aac.connectors import transport
from aac.connectors.transport import Transport
from aac.engines import duckdb
from aac.engines.duckdb import DuckdbEngine
from aac.errors import EngineError, SourceError
from aac.reports import pages, tables
from aac.reports.base import Sheet
from aac.reports.pages import Template
from aac.runner_logs import RunnerLog
from tests.fakes.scripted import scripted
from tests.test_transport import ASK, FAST, SECRET, WELL, Token, service

if TYPE_CHECKING:
    from aac.connectors.transport import Service

SCRIPT = "<script>x()</script>"
STEERS = "\x1b]0;x\x07"
LONG = "SELECT count(*) FROM range(30_000) a, range(20_000) b WHERE hash(a.range + b.range) = 1"
LARGE = "SELECT len(list(a.range)) FROM range(4_000_000) a"


def as_it_is(text: str, *_: object) -> str:
    """In place of a guard that changes text."""
    return text


@pytest.mark.parametrize(
    ("settings", "query"),
    [(EngineSettings(time_limit="0.001 minutes"), LONG), (EngineSettings(memory_limit="20MB", threads=1), LARGE)],
    ids=["time", "memory"],
)
def test_the_limits_of_an_engine(monkeypatch: pytest.MonkeyPatch, settings: EngineSettings, query: str) -> None:
    with DuckdbEngine(settings) as engine, pytest.raises(EngineError, match=r"than `(time|memory)_limit`"):
        engine.execute(query)

    def none(_: object) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(duckdb, "_limits", none)
    with DuckdbEngine(settings) as engine:
        assert len(engine.execute(query)) == 1


def test_the_hosts_of_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """`0.0.0.0` is an address of nobody, and ends at this machine: so there is a stranger to tell a secret to."""

    def asked(url: str) -> None:
        with closing(Transport(service(url, FAST), Token())) as asking:
            asking.ask(ASK)

    with scripted(WELL) as stranger:
        url = stranger.url.replace("127.0.0.1", "0.0.0.0")
        with pytest.raises(SourceError, match="is no address of the CRM: its secrets are only sent to"):
            asked(url)
        assert stranger.got == []

        def always(_: Service, __: str) -> bool:
            return True

        monkeypatch.setattr(transport, "_is_here", always)
        asked(url)
        assert SECRET in stranger.got[0].headers["Authorization"]


def page(text: str) -> str:
    return pages.guarded_filler({"x": Template("x.j2", "{{ text }}")}).page(Sheet("x", ("x",), {"text": text})).text


def test_the_escaping_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare(SandboxedEnvironment):
        def __init__(self, **options: Any) -> None:
            super().__init__(**{**options, "autoescape": False})

    assert "<script>" not in page(SCRIPT)
    monkeypatch.setattr(pages, "_sandbox", lambda: Bare)
    assert SCRIPT in page(SCRIPT)


def test_what_is_not_seen_on_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in page(STEERS)
    monkeypatch.setattr(pages, "visible", as_it_is)
    assert STEERS in page(STEERS)


def test_formulas_in_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    formula = "=HYPERLINK(1)"
    assert f"\n{formula}" not in tables.csv_text(["a"], [[formula]])
    monkeypatch.setattr(tables, "harmless", as_it_is)
    assert f"\n{formula}" in tables.csv_text(["a"], [[formula]])


def test_commands_in_the_log_of_a_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    def log() -> str:
        stream = io.StringIO()
        guarded = RunnerLog(stream)
        guarded.write("::add-mask::x\n")
        guarded.flush()
        return stream.getvalue()

    assert not log().startswith("::")
    monkeypatch.setattr(runner_logs, "obeyed_by_nobody", as_it_is)
    assert log().startswith("::add-mask::x")

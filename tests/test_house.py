"""The house (ARCHITECTURE.md): who may import whom, who owns which library, and what each command leaves unloaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import aac
from tests.house import (
    breaks_of_catching,
    breaks_of_circles,
    breaks_of_contracts,
    breaks_of_floors,
    breaks_of_guests,
    breaks_of_loading,
    breaks_of_names,
    breaks_of_oracles,
    breaks_of_owners,
    breaks_of_rooms,
    breaks_of_size,
    breaks_of_skipping,
    breaks_of_tables,
    breaks_of_writing,
    python_files,
    read_house,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.house import House

ROOT = Path(__file__).parent.parent

FLOORS = (
    # 1: the ground
    (
        "aac.distribution",
        "aac.records",
        "aac.findings",
        "aac.errors",
        "aac.periods",
        "aac.calendars",
        "aac.calendar_days",
        "aac.recurrence",
        "aac.clock_changes",
        "aac.units",
        "aac.caches",
        "aac.texts",
        "aac.scalars",
        "aac.folders",
        "aac.files",
        "aac.temporary",
        "aac.toml_mistakes",
        "aac.toml_places",
        "aac.yaml_mistakes",
    ),
    # 2: the words
    (
        "aac.documents",
        "aac.codes",
        "aac.expressions.nodes",
        "aac.expressions.spelling",
        "aac.expressions.mistakes",
        "aac.expressions.parse",
        "aac.expressions.macros",
        "aac.expressions.parsed",
        "aac.expressions.values",
        "aac.expressions.functions",
        "aac.expressions.check",
        "aac.expressions.interpret",
        "aac.expressions.phrases",
        "aac.expressions.sense",
        "aac.expressions.words",
        "aac.measures",
        "aac.people",
        "aac.results",
        "aac.recounts",
        "aac.judging",
        "aac.config",
        "aac.kinds.classes",
        "aac.kinds.written",
        "aac.kinds.target",
        "aac.kinds.base",
        "aac.kinds.points",
        "aac.kinds.events",
        "aac.connectors.base",
        "aac.engines.base",
        "aac.reports.base",
        "aac.hookspecs",
    ),
    # 3
    (
        "aac.kinds.promise",
        "aac.kinds.fields",
        "aac.kinds.*",
        "aac.models",
        "aac.packs",
        "aac.graph",
        "aac.scope",
        "aac.saying",
        "aac.project",
        "aac.examples",
        "aac.prose",
        "aac.upkeep",
        "aac.signing",
        "aac.waiving",
        "aac.deriving",
        "aac.comparing",
        "aac.resting",
        "aac.sharing",
        "aac.loading",
        "aac.schemas",
        "aac.engines.finishing",
        "aac.engines.functions",
        "aac.engines.calendar_joins",
        "aac.engines.raw",
        "aac.engines.sql",
        "aac.engines.staged",
        "aac.engines.duckdb",
        "aac.engines.looking",
        "aac.engines.rewriting",
        "aac.engines.*",
        "aac.connectors.ahead",
        "aac.connectors.limits",
        "aac.connectors.redacting",
        "aac.connectors.recording",
        "aac.connectors.transport",
        "aac.connectors.texts",
        "aac.connectors.folders",
        "aac.connectors.cell_errors",
        "aac.connectors.row_files",
        "aac.connectors.timed",
        "aac.connectors.renewing",
        "aac.connectors.postgres_catalogue",
        "aac.connectors.dlt",
        "aac.connectors.hubspot.settings",
        "aac.connectors.hubspot.paths",
        "aac.connectors.hubspot.access",
        "aac.connectors.hubspot.objects",
        "aac.connectors.hubspot.values",
        "aac.connectors.hubspot.shapes",
        "aac.connectors.hubspot.client",
        "aac.connectors.hubspot.walking",
        "aac.connectors.hubspot.records",
        "aac.connectors.hubspot.pairs",
        "aac.connectors.hubspot.changes",
        "aac.connectors.hubspot.wholes",
        "aac.connectors.hubspot.connector",
        "aac.connectors.pipedrive.settings",
        "aac.connectors.pipedrive.access",
        "aac.connectors.pipedrive.objects",
        "aac.connectors.pipedrive.fields",
        "aac.connectors.pipedrive.shapes",
        "aac.connectors.pipedrive.client",
        "aac.connectors.pipedrive.walking",
        "aac.connectors.pipedrive.records",
        "aac.connectors.pipedrive.changes",
        "aac.connectors.pipedrive.leads",
        "aac.connectors.pipedrive.wholes",
        "aac.connectors.pipedrive.connector",
        "aac.connectors.salesforce.settings",
        "aac.connectors.salesforce.shapes",
        "aac.connectors.salesforce.access",
        "aac.connectors.salesforce.soql",
        "aac.connectors.salesforce.objects",
        "aac.connectors.salesforce.fields",
        "aac.connectors.salesforce.client",
        "aac.connectors.salesforce.walking",
        "aac.connectors.salesforce.records",
        "aac.connectors.salesforce.changes",
        "aac.connectors.salesforce.connector",
        "aac.connectors.*",
    ),
    # 4
    (
        "aac.planner",
        "aac.planner.windows",
        "aac.planner.pieces",
        "aac.planner.pasts",
        "aac.planner.lean",
        "aac.planner.setting",
        "aac.planner.places",
        "aac.planner.ends",
        "aac.planner.cohorts",
        "aac.planner.known",
        "aac.planner.reckoning",
        "aac.planner.stacked",
        "aac.planner.different",
        "aac.planner.metrics",
        "aac.planner.snapshots",
        "aac.planner.retention",
        "aac.planner.in_force",
        "aac.planner.promised",
        "aac.planner.pauses",
        "aac.planner.checklists",
        "aac.planner.stretches",
        "aac.planner.spreads",
        "aac.planner.listing",
        "aac.planner.clocks",
        "aac.planner.joint",
        "aac.planner.fuse",
        "aac.privacy",
        "aac.small_groups",
        "aac.landing",
        "aac.landing.state",
        "aac.landing.copying",
        "aac.landing.inputs",
        "aac.landing.offers",
        "aac.landing.advising",
        "aac.landing.staging",
        "aac.landing.telling",
        "aac.landing.grouping",
        "aac.landing.watermarks",
        "aac.landing.inspecting",
        "aac.landing.preparing",
        "aac.landing.events",
        "aac.landing.batches",
        "aac.landing.drift",
        "aac.landing.arriving",
        "aac.landing.hiding",
        "aac.landing.merging",
        "aac.landing.reading",
        "aac.landing.pulling",
        "aac.landing.pull",
        "aac.landing.landed",
        "aac.revisions",
        "aac.hosts",
        "aac.sides",
        "aac.beginnings",
        "aac.agreements",
        "aac.renames",
        "aac.changes",
        "aac.inheriting",
        "aac.setting_changes",
        "aac.change_rules",
        "aac.reports.agreed",
        "aac.approving",
        "aac.given",
        "aac.premature",
        "aac.asking",
        "aac.reports.context",
        "aac.reports.page_context",
        "aac.reports.wording",
        "aac.reports.pages",
        "aac.reports.sandbox",
        "aac.reports.copies",
        "aac.reports.filling",
        "aac.reports.overview",
        "aac.reports.ending",
        "aac.reports.tables",
        "aac.reports.sections",
        "aac.reports.plainly",
        "aac.reports.json",
        "aac.locks",
        "aac.meanings",
        "aac.reports.annotations",
        "aac.reports.moved",
        "aac.reports.wiki.charts",
        "aac.reports.wiki.trends",
        "aac.reports.wiki.shelves",
        "aac.reports.wiki.search",
        "aac.reports.wiki.words",
        "aac.reports.wiki.documents",
        "aac.reports.wiki.sentences",
        "aac.reports.wiki.sections",
        "aac.reports.wiki",
        "aac.reports.*",
    ),
    # 5
    (
        "aac.plugins",
        "aac.overrides",
        "aac.sources",
        "aac.starting",
        "aac.evaluation",
        "aac.evaluation.run",
        "aac.evaluation.versions",
        "aac.evaluation.lookback",
        "aac.evaluation.lengths",
        "aac.evaluation.opening",
        "aac.evaluation.unmeasured",
        "aac.evaluation.present",
        "aac.evaluation.faults",
        "aac.evaluation.stages",
        "aac.evaluation.health",
        "aac.evaluation.numbers",
        "aac.evaluation.promises",
        "aac.evaluation.derived",
        "aac.evaluation.cards",
        "aac.evaluation.waived",
        "aac.evaluation.moves",
        "aac.evaluate",
        "aac.counting",
        "aac.owners",
        "aac.querying",
        "aac.leaks",
        "aac.publishing",
        "aac.sealing",
        "aac.verdicts",
        "aac.mapping",
        "aac.selecting",
        "aac.settling",
        "aac.explaining",
        "aac.newest",
        "aac.code_owners",
        "aac.uncounted",
        "aac.keeping",
        "aac.profile_edits",
        "aac.impact",
        "aac.sampling",
        "aac.backtest",
        "aac.drafting",
        "aac.meetings",
        "aac.lately",
        "aac.agendas",
    ),
    # 6
    ("aac.sourcing", "aac.operations", "aac.agreeing", "aac.locking", "aac.reviewing"),
    # 7: the doors
    (
        "aac.serve",
        "aac.runner_logs",
        "aac.commands.running",
        "aac.commands.*",
        "aac.cli",
        "aac.testing.trials",
        "aac.testing.tapping",
        "aac.testing.bench",
        "aac.testing.alone",
        "aac.testing.checks",
        "aac.testing.replaying",
        "aac.testing",
        "alignment_as_code",
        "aac.__main__",
        "aac",  # the face: for plugins only
    ),
)
"""A module imports from lower floors or, on its own floor, from one listed above it; modules of one `*` do not mix."""

TABLES = (
    ("aac.plugins", "BUILTINS"),
    ("aac.plugins", "CONNECTORS"),
    ("aac.plugins", "REPORTS"),
    ("aac.cli", "COMMANDS"),
)
"""Tables of module names, imported when they are needed; read as imports."""

OWNERS = {
    "cryptography": ("aac.connectors.salesforce.access",),
    "click": ("aac.cli", "aac.commands.*", "aac.hookspecs", "aac.plugins"),
    "dlt": ("aac.connectors.dlt",),
    "duckdb": ("aac.engines.duckdb",),
    "holidays": ("aac.calendars",),
    "tempfile": ("aac.temporary",),
    "httpx2": ("aac.connectors.transport",),
    "jinja2": ("aac.reports.pages",),
    "markdown_it": ("aac.reports.pages",),
    "markupsafe": ("aac.reports.pages",),
    "pluggy": ("aac.hookspecs", "aac.plugins"),
    "python_calamine": ("aac.connectors.xlsx",),
    "psycopg": ("aac.connectors.postgres", "aac.connectors.postgres_catalogue"),
    "pydantic": (
        "aac.config",
        "aac.kinds.*",
        "aac.connectors.hubspot.settings",
        "aac.connectors.hubspot.paths",
        "aac.connectors.hubspot.access",
        "aac.connectors.hubspot.objects",
        "aac.connectors.hubspot.shapes",
        "aac.connectors.hubspot.values",
        "aac.connectors.hubspot.client",
        "aac.connectors.hubspot.walking",
        "aac.connectors.hubspot.records",
        "aac.connectors.hubspot.pairs",
        "aac.connectors.hubspot.changes",
        "aac.connectors.hubspot.wholes",
        "aac.connectors.hubspot.connector",
        "aac.connectors.pipedrive.settings",
        "aac.connectors.pipedrive.access",
        "aac.connectors.pipedrive.objects",
        "aac.connectors.pipedrive.fields",
        "aac.connectors.pipedrive.shapes",
        "aac.connectors.pipedrive.client",
        "aac.connectors.pipedrive.walking",
        "aac.connectors.pipedrive.records",
        "aac.connectors.pipedrive.changes",
        "aac.connectors.pipedrive.leads",
        "aac.connectors.pipedrive.wholes",
        "aac.connectors.pipedrive.connector",
        "aac.connectors.salesforce.settings",
        "aac.connectors.salesforce.shapes",
        "aac.connectors.salesforce.access",
        "aac.connectors.salesforce.soql",
        "aac.connectors.salesforce.objects",
        "aac.connectors.salesforce.fields",
        "aac.connectors.salesforce.client",
        "aac.connectors.salesforce.walking",
        "aac.connectors.salesforce.records",
        "aac.connectors.salesforce.changes",
        "aac.connectors.salesforce.connector",
        "aac.connectors.*",
        "aac.models",
        "aac.loading",
        "aac.schemas",
        "aac.sources",
    ),
    "pydantic_core": ("aac.kinds.written", "aac.models"),
    "sqlglot": (
        "aac.expressions.parse",
        "aac.engines.finishing",
        "aac.engines.functions",
        "aac.engines.calendar_joins",
        "aac.engines.raw",
        "aac.engines.sql",
    ),
    "pytest": ("aac.testing",),
    "typing_extensions": ("aac.connectors.*",),
    "subprocess": ("aac.revisions", "aac.reports.filling", "aac.testing.bench"),
    "yaml": ("aac.documents",),
    "zoneinfo": FLOORS[0],
}
"""Each library and the modules that know it."""

HEAVY = (
    "cryptography",
    "dlt",
    "duckdb",
    "holidays",
    "httpx2",
    "jinja2",
    "markdown_it",
    "psycopg",
    "pytest",
    "python_calamine",
    "sqlglot",
)
"""Libraries that are imported inside functions."""

DEVOTED = ("aac.engines.finishing", "aac.engines.functions", "aac.engines.calendar_joins", "aac.engines.sql")
"""Modules about a heavy library and nothing else: they load it at their top, and are themselves imported late."""

STRANGERS = {
    "aac.kinds.*": ("aac.engines.*", "aac.reports.*", "aac.project", "sqlglot"),
    "aac.connectors.*": ("aac.engines.*", "duckdb"),
}
"""Rooms and what they know nothing of, whatever floor it stands on."""

WRITERS = (
    "aac.files", "aac.temporary", "aac.operations", "aac.publishing", "aac.connectors.xlsx", "aac.connectors.dlt",
    "aac.landing.pull",
    "aac.landing.copying", "aac.landing.hiding", "aac.landing.reading", "aac.landing.batches", "aac.caches",
    "aac.engines.duckdb", "aac.engines.rewriting",
    "aac.testing.bench", "aac.testing.checks", "aac.connectors.postgres", "aac.reviewing",
    "aac.sampling",
    "aac.agreeing", "aac.locking", "aac.connectors.recording",
    "aac.connectors.row_files", "aac.connectors.hubspot.connector", "aac.connectors.pipedrive.connector",
)  # fmt: skip
"""Who may change files: `files`, `operations` and `publishing` what users see, the others what lies in our folders."""

CONTRACTS = (
    ("aac.kinds.base", "Kind"),
    ("aac.connectors.base", "Connector"),
    ("aac.engines.base", "Engine"),
    ("aac.reports.base", "Report"),
)

SAYS_NOTHING = ("common", "helper", "helpers", "manager", "managers", "misc", "util", "utils")

FACE = [
    "AacError", "CardReading", "Checked", "Checkpoint", "Clock", "ClockReading", "Compiled", "Connector", "Context",
    "Dimension", "Entry", "Files", "Finding", "Function", "Kind", "Measure", "Message", "Moment", "Notice",
    "NumberReading", "Outcome", "Page", "Part", "Population", "Progress", "Reading", "Ref", "Report", "ReportProject",
    "Result", "Results", "Row", "Rows", "Rule", "SchemaChange", "Scope", "Secret", "Settings", "Share", "Sheet",
    "Slice", "SourceError", "Span", "Status", "Stream", "Strict", "Verdict", "Versioned", "View", "__version__",
    "hookimpl", "wrong",
]  # fmt: skip
"""What a plugin may import from `aac`."""

CHECKS: dict[str, Callable[[House], list[str]]] = {
    "floors": lambda house: breaks_of_floors(house, FLOORS),
    "circles": breaks_of_circles,
    "tables": lambda house: breaks_of_tables(house, TABLES),
    "owners": lambda house: breaks_of_owners(house, OWNERS),
    "loading": lambda house: breaks_of_loading(house, HEAVY, DEVOTED),
    "rooms": lambda house: breaks_of_rooms(house, STRANGERS),
    "writing": lambda house: breaks_of_writing(house, WRITERS, blind=("aac.reports.*",)),
    "catching": breaks_of_catching,
    "names": lambda house: breaks_of_names(house, SAYS_NOTHING),
    "size": lambda house: breaks_of_size(
        house, 600, short=("aac.operations", "aac.commands.*"), most_lines_a_function=40
    ),
    "contracts": lambda house: breaks_of_contracts(house, CONTRACTS, most_methods=4),
}


@pytest.mark.parametrize("check", CHECKS)
def test_our_house(check: str) -> None:
    assert CHECKS[check](read_house(ROOT / "src")) == []


def test_example_plugins_import_only_the_face() -> None:
    plugins = [*python_files(ROOT / "plugins"), *(ROOT / "tests").rglob("plugins/*.py")]
    assert plugins, "there is no example plugin to look at"
    assert breaks_of_guests(ROOT, plugins, allowed=("aac",)) == []


def test_oracles_know_nothing_of_what_they_judge() -> None:
    oracles = python_files(ROOT / "tests" / "oracle")
    assert oracles, "there is no oracle to look at"
    assert breaks_of_oracles(ROOT, oracles, judged=("aac", "alignment_as_code")) == []


def test_tests_that_need_a_server_never_skip() -> None:
    assert breaks_of_skipping(ROOT, python_files(ROOT / "tests"), "servers") == []


def test_face() -> None:
    assert aac.__all__ == FACE == sorted(FACE)
    assert [name for name in FACE if not hasattr(aac, name)] == []


def loaded_after(*arguments: str) -> set[str]:
    """The modules that a run of ``aac`` in the root project has imported when it ends well."""
    script = """
import json, sys
from alignment_as_code import main
sys.argv[0] = "aac"
try:
    main()
except SystemExit as stop:
    print("\\n", json.dumps([stop.code, sorted(sys.modules)]), file=sys.stderr)
"""
    command = [sys.executable, "-c", script, *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    code, modules = json.loads(run.stderr.splitlines()[-1])
    assert code in (0, None), run.stdout + run.stderr
    return set(modules)


def test_help_loads_no_library_but_click() -> None:
    loaded = loaded_after("--help")
    assert "click" in loaded
    assert loaded & {"pydantic", "sqlglot", "duckdb", "jinja2", "yaml", "holidays", "markdown_it"} == set()


def test_validate_loads_no_engine_and_no_template() -> None:
    loaded = loaded_after("validate")
    assert "pydantic" in loaded
    assert loaded & {"duckdb", "jinja2", "markdown_it"} == set()


SOUND = {
    "aac/findings.py": "",
    "aac/plugins.py": "BUILTINS = {'sla': 'aac.kinds.sla'}\nCONNECTORS = {'sla': 'aac.kinds.sla'}\n"
    "REPORTS = {'sla': 'aac.kinds.sla'}",
    "aac/cli.py": "COMMANDS = {}\nCOMMANDS = {'check': 'aac.commands.check'}",
    "aac/commands/check.py": "",
    "aac/kinds/__init__.py": "",
    "aac/kinds/base.py": "class Kind:\n    def check(self): ...",
    "aac/kinds/sla.py": "from aac.kinds.base import Kind",
    "aac/connectors/base.py": "class Connector:\n    def read(self): ...",
    "aac/engines/base.py": "class Engine:\n    def run(self): ...",
    "aac/engines/duckdb.py": "def connect():\n    import duckdb\n    import aac.engines.sql",
    "aac/engines/sql.py": "import sqlglot",
    "aac/reports/base.py": "class Report:\n    def view(self): ...",
}
"""A small tree that keeps every rule; each case of BROKEN breaks one."""

BROKEN = [
    (
        "floors",
        "aac/findings.py",
        "import aac.plugins",
        "aac.findings:1 imports aac.plugins, which does not stand below",
    ),
    ("floors", "aac/findings.py", "from aac import errors", "aac.findings:1 imports aac.errors, which does not stand"),
    ("floors", "aac/findings.py", "from . import plugins", "aac.findings:1 imports aac.plugins"),
    ("floors", "aac/findings.py", "from .plugins import BUILTINS", "aac.findings:1 imports aac.plugins"),
    ("floors", "aac/findings.py", "def f():\n    from aac.plugins import x", "aac.findings:2 imports aac.plugins"),
    ("floors", "aac/findings.py", "if TYPE_CHECKING:\n    import aac.cli", "aac.findings:2 imports aac.cli"),
    ("floors", "aac/findings.py", "LATER = ('aac.plugins',)", "aac.findings:1 imports aac.plugins"),
    ("floors", "aac/findings.py", "import_module('aac.plugins')", "aac.findings:1 imports aac.plugins"),
    ("floors", "aac/findings.py", "from aac import Plan", "aac.findings:1 imports aac, which does not stand below it"),
    (
        "floors",
        "aac/plugins.py",
        "BUILTINS = {'check': 'aac.commands.check'}",
        "aac.plugins:1 imports aac.commands.check",
    ),
    ("floors", "aac/kinds/metric.py", "from aac.kinds.sla import Sla", "aac.kinds.metric:1 imports aac.kinds.sla"),
    ("floors", "aac/kinds/__init__.py", "from aac.kinds.sla import Sla", "the __init__ of a room holds nothing"),
    ("floors", "aac/attic.py", "", "aac.attic stands on no floor"),
    ("floors", "aac/plugins.py", "from aac.gone import x", "aac.plugins:1 imports aac.gone, which is not there"),
    (
        "circles",
        "aac/kinds/base.py",
        "import aac.kinds.sla",
        "a circle of imports: aac.kinds.base -> aac.kinds.sla -> ",
    ),
    ("tables", "aac/plugins.py", "", "aac.plugins has no table BUILTINS"),
    (
        "tables",
        "aac/plugins.py",
        "REPORTS = {}\nBUILTINS = {'sla': 'kinds.sla'}",
        "aac.plugins.BUILTINS names kinds.sla, which is no",
    ),
    ("owners", "aac/evaluate.py", "import click", "aac.evaluate:1 imports click, which belongs to aac.cli"),
    ("owners", "aac/plugins.py", "import_module('yaml.reader')", "aac.plugins:1 imports yaml.reader, which belongs to"),
    ("owners", "aac/plugins.py", "from zoneinfo import ZoneInfo", "aac.plugins:1 imports zoneinfo"),
    ("owners", "aac/plugins.py", "import requests", "aac.plugins:1 imports requests, a library without an owner"),
    ("loading", "aac/engines/duckdb.py", "import duckdb", "aac.engines.duckdb:1 imports duckdb at its top"),
    (
        "loading",
        "aac/engines/duckdb.py",
        "import aac.engines.sql",
        "aac.engines.duckdb:1 imports aac.engines.sql at its",
    ),
    ("rooms", "aac/kinds/sla.py", "import aac.engines.duckdb", "aac.kinds.sla:1 imports aac.engines.duckdb, of which"),
    (
        "rooms",
        "aac/connectors/csv.py",
        "from aac.engines.base import Engine",
        "aac.connectors.csv:1 imports aac.engines",
    ),
    ("writing", "aac/kinds/sla.py", "path.write_text('')", "aac.kinds.sla:1 calls write_text: it is no writer"),
    ("writing", "aac/kinds/sla.py", "path.open(mode='ab')", "aac.kinds.sla:1 calls open: it is no writer"),
    (
        "writing",
        "aac/reports/wiki.py",
        "open('site/index.html')",
        "aac.reports.wiki:1 calls open: it does not know the",
    ),
    ("catching", "aac/findings.py", "try: ...\nexcept Exception: ...", "aac.findings:2 catches everything"),
    ("catching", "aac/findings.py", "try: ...\nexcept: ...", "aac.findings:2 catches everything"),
    (
        "catching",
        "aac/findings.py",
        "try: ...\nexcept (OSError, BaseException): ...",
        "aac.findings:2 catches everything",
    ),
    ("names", "aac/kinds/utils.py", "", "aac.kinds.utils: a module is named after its purpose"),
    ("size", "aac/findings.py", "x = 1\n" * 601, "aac.findings has 601 lines, more than 600"),
    ("size", "aac/commands/check.py", "def run():\n" + "    x = 1\n" * 40, "aac.commands.check:1 run has 41 lines"),
    ("contracts", "aac/kinds/base.py", "", "aac.kinds.base has no contract Kind"),
    (
        "contracts",
        "aac/kinds/base.py",
        "class Kind:\n" + "".join(f"    def do_{n}(self): ...\n" for n in "abcde"),
        "aac.kinds.base.Kind has 5 methods (do_a, do_b, do_c, do_d, do_e), more than 4",
    ),
]


def write_tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_house_keeps_every_rule(check: str, tmp_path: Path) -> None:
    assert CHECKS[check](read_house(write_tree(tmp_path, SOUND))) == []


@pytest.mark.parametrize(("check", "file", "text", "told"), BROKEN)
def test_every_rule_bites(check: str, file: str, text: str, told: str, tmp_path: Path) -> None:
    breaks = CHECKS[check](read_house(write_tree(tmp_path, {**SOUND, "aac/errors.py": "", file: text})))
    assert [sentence for sentence in breaks if told in sentence], breaks


def test_every_rule_is_broken_once() -> None:
    assert {check for check, *_ in BROKEN} == set(CHECKS)


def test_guests_and_oracles_and_skips_are_seen(tmp_path: Path) -> None:
    files = {
        "plugins/good.py": "from __future__ import annotations\nimport datetime\nfrom aac import Kind",
        "plugins/bad.py": "from aac.kinds.base import Kind\nimport pydantic",
        "oracle/bad.py": "def f():\n    import aac.calendars",
        "tests/bad.py": "import pytest\n@pytest.mark.servers\ndef test(): pytest.skip('no browser')",
        "tests/good.py": "import pytest\ndef test(): pytest.skip('no real data')",
    }
    paths = [write_tree(tmp_path, files) / name for name in files]
    assert breaks_of_guests(tmp_path, paths[:2], allowed=("aac",)) == [
        "plugins.bad:1 imports aac.kinds.base: only aac may be imported there",
        "plugins.bad:2 imports pydantic: only aac may be imported there",
    ]
    assert breaks_of_oracles(tmp_path, paths[2:3], judged=("aac",)) == [
        "oracle.bad:2 imports aac.calendars, which it judges"
    ]
    assert breaks_of_skipping(tmp_path, paths[3:], "servers") == [
        "tests.bad:3 skips, though it has tests marked servers"
    ]

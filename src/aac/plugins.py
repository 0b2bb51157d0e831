"""Built-ins, installed entry points and the project's `plugins/` -> Registry. Nothing here is global.

The built-ins register through the same hooks as a team's own file. pluggy calls the last registered first and passes
over a misspelt hook in silence: so what comes back is sorted, two owners of one name are refused, and
`check_pending` is called.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import pluggy

from aac import hookspecs, kinds
from aac.errors import PluginError
from aac.expressions import spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from importlib.metadata import EntryPoint

    import click

    from aac.connectors.base import Connector
    from aac.engines.base import Engine
    from aac.expressions.macros import Function
    from aac.findings import Finding
    from aac.kinds.base import Kind
    from aac.reports.base import Report

BUILTINS = (
    "aac.engines.duckdb",
    "aac.packs",
)
"""Modules that bring what the package itself can do; its commands are `aac.cli.COMMANDS`, its kinds the modules of
`aac.kinds`."""

CONNECTORS = {
    "csv": "aac.connectors.csv",
    "dlt": "aac.connectors.dlt",
    "duckdb": "aac.connectors.duckdb",
    "hubspot": "aac.connectors.hubspot.connector",
    "jsonl": "aac.connectors.jsonl",
    "parquet": "aac.connectors.parquet",
    "pipedrive": "aac.connectors.pipedrive.connector",
    "postgres": "aac.connectors.postgres",
    "salesforce": "aac.connectors.salesforce.connector",
    "xlsx": "aac.connectors.xlsx",
}
"""Our connectors by name, and the module of each: loaded when it is asked for, as a project names one or two."""

REPORTS = (
    "aac.reports.github",
    "aac.reports.gitlab",
    "aac.reports.json",
    "aac.reports.junit",
    "aac.reports.markdown",
    "aac.reports.scorecard",
    "aac.reports.sarif",
    "aac.reports.text",
    "aac.reports.wiki",
)
"""Modules that bring our reports: loaded when reports are asked for, as a screenful of findings needs none."""

ENTRY_POINTS = "aac"
"""The group of entry points under which installed distributions offer plugins."""


PLUGIN_FAILURES = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError,
)  # fmt: skip
"""What the code of a plugin may raise while it is loaded."""


class Connectors(Mapping[str, "type[Connector]"]):
    """All connectors by name, sorted: those that plugins ``brought``, and ours."""

    def __init__(self, brought: Mapping[str, type[Connector]]) -> None:
        self._brought = brought

    def __getitem__(self, name: str) -> type[Connector]:
        if name in self._brought:
            return self._brought[name]
        ours: list[type[Connector]] = import_module(CONNECTORS[name]).aac_connectors()
        return next(connector for connector in ours if connector.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*CONNECTORS, *self._brought}))

    def __len__(self) -> int:
        return len({*CONNECTORS, *self._brought})


@dataclass(frozen=True)
class Registry:
    """Everything that plugins brought, by name."""

    kinds: Mapping[str, type[Kind]]
    connectors: Mapping[str, type[Connector]]
    engines: Mapping[str, type[Engine]]
    functions: Mapping[str, Function]
    commands: Mapping[str, click.Command]
    packs: Mapping[str, Path]
    templates: Mapping[str, Path]
    _manager: pluggy.PluginManager = field(repr=False)
    _origins: dict[str, str] = field(repr=False)

    @cached_property
    def reports(self) -> Mapping[str, type[Report]]:
        """Formats of `check` and pages of `build`; raises PluginError for a name with two owners."""
        for name in REPORTS:
            self._manager.register(import_module(name), name)
        return _owned(self._manager, "report", "aac_reports", "name", self._origins)

    @property
    def origins(self) -> Mapping[str, str]:
        """Which plugin brought what, as in `kind sla`."""
        assert self.reports
        return self._origins


def load(root: Path | None) -> Registry:
    """All plugins: of the package, of installed distributions and of the project at ``root``.

    Raises PluginError when one cannot be loaded, has a misspelt hook, or owns a name that another one has.
    """
    manager = pluggy.PluginManager("aac")
    manager.add_hookspecs(hookspecs)
    for name in (*_kinds(), *BUILTINS):
        manager.register(import_module(name), name)
    for point in _installed():
        _register(manager, point.name, point.load)
    for path in _project_plugins(root):
        _register(manager, f"plugins/{path.name}", lambda path=path: _module(path))
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"a plugin names a hook that does not exist: {error}") from None
    _owned(manager, "report", "aac_reports", "name", {})  # two plugins with one report are told at once
    origins = {f"connector {name}": module for name, module in CONNECTORS.items()}
    functions = _owned(manager, "function", "aac_functions", "name", origins)
    for name in sorted(functions.keys() & {*spelling.ALL, *spelling.OPERATORS}):
        raise PluginError(f"{origins[f'function {name}']} brings the function {name}, which aac has itself: rename it")
    return Registry(
        kinds=_owned(manager, "kind", "aac_kinds", "kind_name", origins),
        connectors=Connectors(_owned(manager, "connector", "aac_connectors", "name", origins)),
        engines=_owned(manager, "engine", "aac_engines", "dialect", origins),
        functions=functions,
        commands=_owned(manager, "command", "aac_commands", "name", origins),
        packs=_owned(manager, "pack", "aac_packs", "", origins),
        templates=_owned(manager, "template", "aac_templates", "", origins),
        _manager=manager,
        _origins=origins,
    )


def _kinds() -> list[str]:
    """The modules of our kinds: a new one is a file and nothing else."""
    return sorted(f"{kinds.__name__}.{found.name}" for found in iter_modules(kinds.__path__))


def guest_places(root: Path) -> list[Path]:
    """Where the code stands that is not ours and takes part: the project's `plugins/`, and the outermost package or
    module of each plugin that is installed. None of it is run; one that cannot be found is left out."""
    outermost = {point.module.partition(".")[0] for point in _installed()}
    specs = [spec for name in sorted(outermost) if (spec := find_spec(name)) is not None]
    folders = [Path(folder) for spec in specs for folder in spec.submodule_search_locations or ()]
    files = [Path(spec.origin) for spec in specs if spec.origin and not spec.submodule_search_locations]
    return [root / "plugins", *folders, *files]


def _are_installed() -> bool:
    header = f"[{ENTRY_POINTS}]"
    lists = (path for folder in sys.path for path in Path(folder).glob("*.dist-info/entry_points.txt"))
    return any(header in path.read_text(encoding="utf-8").split() for path in lists)


def _installed() -> list[EntryPoint]:
    """The entry points of installed distributions. Reading them all takes longer than most of our commands: so the
    files that list them are searched for our group first."""
    if not _are_installed():
        return []
    from importlib.metadata import entry_points

    return sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)


def _project_plugins(root: Path | None) -> Iterable[Path]:
    return sorted((root / "plugins").glob("*.py")) if root is not None else ()


def _register(manager: pluggy.PluginManager, name: str, find: Callable[[], object]) -> None:
    """Registers what ``find`` gives. A plugin is somebody's code: whatever it raises is told with its name."""
    try:
        manager.register(find(), name)
    except PLUGIN_FAILURES as error:
        raise PluginError(f"the plugin {name} cannot be loaded: {type(error).__name__}: {error}") from error


def _module(path: Path) -> object:
    """The module of a file of the project, under a name that no installed package has."""
    name = f"aac_project_plugins.{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _owned(
    manager: pluggy.PluginManager, sort: str, hook: str, name_of: str, origins: dict[str, str]
) -> dict[str, Any]:
    """What all plugins gave for a hook, by name, sorted; raises PluginError for a name with two owners.

    Things are named by their attribute ``name_of``, unless they come with their names.
    """
    owned: dict[str, Any] = {}
    for plugin_name, plugin in manager.list_name_plugin():
        function = getattr(plugin, hook, None)
        given: Mapping[str, Any] | list[Any] = function() if function is not None else []
        pairs = given.items() if isinstance(given, Mapping) else [(str(getattr(each, name_of)), each) for each in given]
        for name, thing in pairs:
            key = f"{sort} {name}"
            if key in origins:
                raise PluginError(f"{origins[key]} and {plugin_name} both bring the {key}: rename one of them")
            origins[key] = plugin_name
            owned[name] = thing
    return dict(sorted(owned.items()))


def maybe_of_a_plugin(finding: Finding) -> Finding:
    """That there is no such kind (AAC208), connector (AAC610) or function is no mistake if a plugin left out may bring
    it."""
    is_function = finding.code == "AAC303" and finding.message.startswith("there is no function")
    is_told = finding.instead.startswith(("did you mean", "write ") if is_function else "did you mean")
    if is_told or not (is_function or finding.code in ("AAC208", "AAC610")):
        return finding
    message = f"{finding.message} without the plugins of the project, so this is not checked"
    return replace(finding, level="info", message=message, instead="leave out `--no-plugins`")

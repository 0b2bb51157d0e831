"""The hooks, all of them. A plugin marks its functions with `hookimpl`; the built-ins do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import click

    from aac.connectors.base import Connector
    from aac.engines.base import Engine
    from aac.expressions.macros import Function
    from aac.kinds.base import Kind
    from aac.reports.base import Report

hookspec = pluggy.HookspecMarker("aac")
hookimpl = pluggy.HookimplMarker("aac")


@hookspec
def aac_kinds() -> list[type[Kind]]:
    """Kinds of documents: typed models that can be checked, compiled and judged."""
    ...


@hookspec
def aac_functions() -> list[Function]:
    """Functions that rules may call, each a rule of our language with parameters."""
    ...


@hookspec
def aac_packs() -> Mapping[str, Path]:
    """Packs of ready documents, by the name that `extends: …` uses: a folder with a file for each, named by its id."""
    ...


@hookspec
def aac_connectors() -> list[type[Connector]]:
    """Connectors by the name that `connector = "…"` in `aac.toml` uses."""
    ...


@hookspec
def aac_engines() -> list[type[Engine]]:
    """Engines that run queries."""
    ...


@hookspec
def aac_reports() -> list[type[Report]]:
    """Reports: formats of `aac check` and pages of `aac build`."""
    ...


@hookspec
def aac_templates() -> Mapping[str, Path]:
    """Templates that go before ours: a file for each, by the name of what it stands in for (`wiki/sla.html.j2`)."""
    ...


@hookspec
def aac_commands() -> list[click.Command]:
    """Commands below `aac`."""
    ...

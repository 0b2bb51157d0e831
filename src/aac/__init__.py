"""Alignment as code: the agreement between revenue teams as a repository.

This is the face: all that a plugin imports. Names are looked up when they are asked for, because every module of ours
loads this one first and `aac --help` must not load pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from aac.distribution import VERSION

if TYPE_CHECKING:
    from aac.connectors.base import (
        Checkpoint,
        Connector,
        Context,
        Files,
        Message,
        Notice,
        Progress,
        Rows,
        SchemaChange,
        Secret,
        Settings,
        Slice,
        Stream,
    )
    from aac.errors import AacError, SourceError
    from aac.expressions.macros import Function
    from aac.findings import Finding, Span
    from aac.hookspecs import hookimpl
    from aac.kinds.base import Checked, Kind, Ref, Scope, Versioned
    from aac.kinds.written import Part, Row, Rule, Share, Strict, wrong
    from aac.measures import Clock, Compiled, Dimension, Measure, Moment, Population
    from aac.reports.base import Entry, Page, Report, ReportProject, Sheet, View
    from aac.results import CardReading, ClockReading, NumberReading, Outcome, Reading, Result, Results, Status, Verdict

__all__ = [
    "AacError",
    "CardReading",
    "Checked",
    "Checkpoint",
    "Clock",
    "ClockReading",
    "Compiled",
    "Connector",
    "Context",
    "Dimension",
    "Entry",
    "Files",
    "Finding",
    "Function",
    "Kind",
    "Measure",
    "Message",
    "Moment",
    "Notice",
    "NumberReading",
    "Outcome",
    "Page",
    "Part",
    "Population",
    "Progress",
    "Reading",
    "Ref",
    "Report",
    "ReportProject",
    "Result",
    "Results",
    "Row",
    "Rows",
    "Rule",
    "SchemaChange",
    "Scope",
    "Secret",
    "Settings",
    "Share",
    "Sheet",
    "Slice",
    "SourceError",
    "Span",
    "Status",
    "Stream",
    "Strict",
    "Verdict",
    "Versioned",
    "View",
    "__version__",
    "hookimpl",
    "wrong",
]

__version__ = VERSION

HOMES = (
    "aac.connectors.base",
    "aac.errors",
    "aac.expressions.macros",
    "aac.findings",
    "aac.hookspecs",
    "aac.kinds.base",
    "aac.kinds.written",
    "aac.measures",
    "aac.reports.base",
    "aac.results",
)
"""The modules whose names the face shows."""


def __getattr__(name: str) -> object:
    """A name of ``__all__`` from the module that defines it."""
    if name in __all__:
        for home in map(import_module, HOMES):
            if hasattr(home, name):
                return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

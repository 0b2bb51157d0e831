"""`aac validate`: everything that can be wrong without data or network."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.pass_context
def validate(ctx: click.Context) -> None:
    """Check every document: names, types, units and agreements."""
    from aac.findings import has_errors
    from aac.operations import open_project

    opened = open_project(Path.cwd())
    running.tell_findings(opened.findings, len(opened.project.documents), "stdout")
    ctx.exit(2 if has_errors(opened.findings) else 0)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [validate]

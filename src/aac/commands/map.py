"""`aac map`: where every field comes from, and what is missing."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command("map")
@click.argument("entity", required=False, metavar="[ENTITY]")
@click.pass_context
def map_fields(ctx: click.Context, entity: str | None) -> None:
    """Ask the sources for their columns and say, field by field, where ENTITY comes from, how full it is and what is
    missing. Without ENTITY: all that this project needs. Nothing is written."""
    from aac.operations import open_sound_project
    from aac.sourcing import map_entities

    opened = open_sound_project(Path.cwd())
    text, findings = map_entities(opened.project, opened.registry, entity)
    click.echo(text, nl=False)
    running.tell_findings(findings, None)
    ctx.exit(running.SOURCE_FAILED if findings else 0)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [map_fields]

"""`aac new`: a first document of a kind, with remarks, that validates as it is."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("kind")
@click.argument("id_", metavar="ID")
def new(kind: str, id_: str) -> None:
    """Write a first document of KIND, named ID, with remarks on its keys."""
    from aac.operations import open_project, write_draft

    opened = open_project(Path.cwd())
    path = write_draft(opened, kind, id_)
    click.echo(path.relative_to(opened.project.root))
    running.tell("Say what your teams agreed in it, then run `aac validate`.")


@hookimpl
def aac_commands() -> list[click.Command]:
    return [new]

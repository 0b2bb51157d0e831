"""`aac plugins`: what this project can do, and which plugin brought it."""

from __future__ import annotations

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
def plugins() -> None:
    """List what this project can do and which plugin brought it."""
    from aac.cli import COMMANDS
    from aac.plugins import load

    origins = dict(load(running.project_root()).origins) | {f"command {name}": at for name, at in COMMANDS.items()}
    for thing, origin in sorted(origins.items()):
        sort, _, name = thing.partition(" ")
        click.echo(f"{sort:10} {name:20} {origin}")


@hookimpl
def aac_commands() -> list[click.Command]:
    return [plugins]

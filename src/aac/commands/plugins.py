"""`aac plugins`: what this project can do, and which plugin brought it."""

from __future__ import annotations

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.pass_context
def plugins(ctx: click.Context) -> None:
    """List what this project can do and which plugin brought it."""
    from aac.plugins import load

    origins = dict(load(running.project_root()).origins)
    group = ctx.find_root().command
    if isinstance(group, click.Group):
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            origins.setdefault(f"command {name}", command.callback.__module__ if command and command.callback else "")
    for thing, origin in sorted(origins.items()):
        sort, _, name = thing.partition(" ")
        click.echo(f"{sort:10} {name:20} {origin}")


@hookimpl
def aac_commands() -> list[click.Command]:
    return [plugins]

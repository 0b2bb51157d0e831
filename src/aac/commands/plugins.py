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

    registry = load(running.project_root())
    origins = dict(registry.origins)
    means = {f"function {name}": function.means for name, function in registry.functions.items()}
    group = ctx.find_root().command
    if isinstance(group, click.Group):
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            origins.setdefault(f"command {name}", command.callback.__module__ if command and command.callback else "")
    for thing, origin in sorted(origins.items()):
        sort, _, name = thing.partition(" ")
        click.echo(f"{sort:10} {name:20} {origin:30} {means.get(thing, '')}".rstrip())


@hookimpl
def aac_commands() -> list[click.Command]:
    return [plugins]

"""`aac build`: the shared wiki."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@running.window_option
@running.clock_options
def build(windows: tuple[str, ...], as_of: str | None, now: str | None) -> None:
    """Write the wiki into the folder `site`."""
    from aac.operations import build as run
    from aac.operations import open_sound_project

    opened = open_sound_project(Path.cwd())
    at = running.now_us(now, opened.project.timezone)
    click.echo(run(opened, at, running.asked(opened, as_of, windows), running.tell))


@hookimpl
def aac_commands() -> list[click.Command]:
    return [build]

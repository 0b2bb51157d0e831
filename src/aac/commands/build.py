"""`aac build`: the shared wiki."""

from __future__ import annotations

import os
from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.option("--out", metavar="FOLDER", help="Where it goes; without it `site`, or `site-restricted`.")
@click.option("--restricted", is_flag=True, help="Tell groups of any size and numbers by owner, in a folder apart.")
@running.window_option
@running.clock_options
def build(out: str | None, restricted: bool, windows: tuple[str, ...], as_of: str | None, now: str | None) -> None:
    """Write the wiki into the folder `site`."""
    from aac.operations import build as run
    from aac.operations import open_sound_project
    from aac.sealing import seal_of

    folder = Path(out) if out is not None else None
    told = now or os.environ.get("SOURCE_DATE_EPOCH")
    words = ("--now", str(told), f"--as-of {as_of}", *windows)
    seal = seal_of(Path.cwd(), words, folder, is_restricted=restricted) if told else None
    if seal is not None and seal.holds():
        click.echo((folder or seal.site) / "index.html")
        return
    opened = open_sound_project(Path.cwd())
    at = running.now_us(now, opened.project.timezone)
    asked = running.asked(opened, as_of, windows, restricted=restricted)
    click.echo(run(opened, at, asked, running.tell, folder, seal))


@hookimpl
def aac_commands() -> list[click.Command]:
    return [build]

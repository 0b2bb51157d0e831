"""`aac serve`: the wiki in a browser, as it is now."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, metavar="PORT", help="Where it listens (8000); 0: any."
)
@running.clock_options
def serve(port: int, as_of: str | None, now: str | None) -> None:
    """Show the wiki in a browser of this machine, built again when a file of the project changes; Ctrl-C ends it."""
    from aac.operations import build, open_sound_project
    from aac.serve import Preview, address_of, listen

    root = open_sound_project(Path.cwd()).project.root
    folder = root / ".aac" / "preview"

    def write() -> None:
        opened = open_sound_project(root)
        at = running.now_us(now, opened.project.timezone)
        build(opened, at, running.asked(opened, as_of, ()), running.tell, folder)

    with listen(Preview(root, folder, write, running.tell_error), port) as server:
        click.echo(address_of(server))
        server.serve_forever()


@hookimpl
def aac_commands() -> list[click.Command]:
    return [serve]

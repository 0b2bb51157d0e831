"""`aac pull`: data gets in whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl

SOURCE_FAILED = 4
"""The exit code when a source was not replaced (LANGUAGE §10)."""


@click.command()
@click.option("--now", metavar="TIME", help="The moment this pull begins.")
@click.pass_context
def pull(ctx: click.Context, now: str | None) -> None:
    """Read every source and say what is wrong with its data."""
    from aac.findings import has_errors
    from aac.operations import open_sound_project, pull_sources

    opened = open_sound_project(Path.cwd())
    pulled = pull_sources(opened, running.now_us(now, opened.project.timezone), running.tell)
    running.tell_findings(pulled.findings, None, "stdout")
    ctx.exit(SOURCE_FAILED if has_errors(pulled.findings) else 0)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [pull]

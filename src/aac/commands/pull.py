"""`aac pull`: data gets in whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.option("--now", metavar="TIME", help="The moment this pull begins.")
def pull(now: str | None) -> None:
    """Read every source and say what is wrong with its data."""
    from aac.operations import open_sound_project, pull_sources

    opened = open_sound_project(Path.cwd())
    findings = pull_sources(opened, running.now_us(now, opened.project.timezone), running.tell)
    running.tell_findings(findings, len(opened.project.documents), to_stdout=True)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [pull]

"""`aac pull`: data gets in whole, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aac.commands import running
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from aac.landing.events import Event


RESUMABLE = 3
"""The exit code when a source was read in part, and the next pull goes on from there."""


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--full", is_flag=True, help="Read everything anew; what a source forgot stays.")
@click.option("--check", is_flag=True, help="Only say whether the sources can be read.")
@click.option("--dry-run", is_flag=True, help="Only say what would be read, and from where on.")
@click.option("--allow-mass-delete", is_flag=True, help="Let a list of keys take away more than 20 % of a stream.")
@click.option("--record", type=click.Path(path_type=Path), metavar="FOLDER", help="Write down what sources answer.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="Of progress on stderr.")
@click.option("--now", metavar="TIME", help="The moment this pull begins.")
@click.pass_context
def pull(
    ctx: click.Context,
    sources: tuple[str, ...],
    full: bool,
    check: bool,
    dry_run: bool,
    allow_mass_delete: bool,
    record: Path | None,
    form: str,
    now: str | None,
) -> None:
    """Read sources, all if none is named, and say what is wrong with their data."""
    from aac.findings import has_errors
    from aac.landing.events import Event
    from aac.landing.pulling import Wish
    from aac.operations import open_sound_project, pull_sources
    from aac.sourcing import rehearse_pull

    tell = _tell_json if form == "json" else _tell
    opened = open_sound_project(Path.cwd())
    wish = Wish(full, allow_mass_delete, frozenset(sources) or None, record)
    if check or dry_run:
        findings, unfinished = rehearse_pull(opened.project, opened.registry, wish, tell, streams=dry_run), ()
    else:
        pulled = pull_sources(opened, running.now_us(now, opened.project.timezone), tell, wish)
        findings, unfinished = pulled.findings, pulled.unfinished
    if record is not None and not record.exists():
        told = f"nothing was written to `{record}`: of these sources none was asked over HTTP"
        tell(Event("notice", told, {}))
    running.tell_findings(findings, None, "stdout")
    ctx.exit(running.SOURCE_FAILED if has_errors(findings) else RESUMABLE if unfinished else 0)


def _tell(event: Event) -> None:
    running.tell(event.words)


def _tell_json(event: Event) -> None:
    """One object a line."""
    values = event.values if event.event != "notice" else {"message": event.words, **event.values}
    running.tell(json.dumps({"event": event.event, **values}, ensure_ascii=False))


@hookimpl
def aac_commands() -> list[click.Command]:
    return [pull]

"""`aac init`: a project to begin with: the sample company to look at, or the first documents of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aac.commands import running
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

DATA = """\
Where does your data live?
  1  just show me: a sample company, nothing of yours is needed
  2  exports of our own CRM, as CSV files"""
CYCLE = """\
How long does it take to sell?
  1  weeks
  2  months
  3  a year or more"""
TEAMS = "Who brings leads, who sells, who keeps customers?"
CYCLES = ("weeks", "months", "year")


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--sample", is_flag=True, help="The sample company, with its data.")
@click.option("--own", is_flag=True, help="First documents for data of your own.")
@click.option("--cycle", type=click.Choice(CYCLES), help="With --own: how long it takes to sell.")
@click.option("--teams", metavar="A,B,C", help="With --own: who brings leads, who sells, who keeps customers.")
def init(folder: Path, sample: bool, own: bool, cycle: str | None, teams: str | None) -> None:
    """Write a project into FOLDER (this one, if none is named): what its flags leave open is asked."""
    from aac.operations import start_project
    from aac.starting import Answers, read_teams

    if sample and (own or cycle or teams):
        raise click.UsageError("--sample is the sample company as it is: leave out --own, --cycle and --teams")
    if not sample and not own and not cycle and not teams:
        click.echo(DATA, err=True)
        sample = _chosen(("1", "2"), "1") == "1"
    if sample:
        answers = Answers(is_sample=True)
    else:
        cycle = cycle or _asked_cycle()
        teams = teams or click.prompt(TEAMS, default="marketing, sales, customer_success", err=True)
        answers = Answers(False, folder.resolve().name, cycle, read_teams(teams))
    written = start_project(folder, answers)
    _tell_what_is_there(written, folder, is_sample=answers.is_sample)


def _asked_cycle() -> str:
    """How long it takes to sell, asked for: the number that stands before it, or its name."""
    click.echo(CYCLE, err=True)
    numbers = {str(number): cycle for number, cycle in enumerate(CYCLES, start=1)}
    typed = _chosen((*numbers, *CYCLES), "2")
    return numbers.get(typed, typed)


def _chosen(choices: Sequence[str], default: str) -> str:
    """What is typed below a list of choices; nothing typed is the ``default``."""
    return click.prompt(
        "", type=click.Choice(choices), default=default, prompt_suffix="> ", show_choices=False, err=True
    )


def _tell_what_is_there(written: tuple[str, ...], folder: Path, *, is_sample: bool) -> None:
    documents = sum(path.startswith("alignment/") for path in written)
    click.echo(f"created  alignment/  {documents} documents")
    if is_sample:
        tables = sum(path.startswith("data/") for path in written)
        click.echo(f"         data/  {tables} tables of a company that does not exist")
    click.echo("         .github/  a run every morning, and who is asked when a document changes")
    click.echo("         .schema/  what editors complete and check with")
    steps = [f"cd {folder}"] if folder != Path() else []
    steps += [] if is_sample else ["put your exports into data/, then: aac map"]
    steps += ["aac pull", "aac check", "aac build"]
    for number, step in enumerate(steps):
        click.echo(f"{'Next     ' if number == 0 else '         '}{step}")
    running.tell("Nothing was sent anywhere, and nothing in your CRM was read.")


@hookimpl
def aac_commands() -> list[click.Command]:
    return [init]

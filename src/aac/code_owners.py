"""The file CODEOWNERS of a host: whom it asks when a document changes, by the parties of each.

GitHub asks all accounts of the last line that fits, and one of them is enough. GitLab asks one of each section, so that
there each team has a section of its own. Formats: docs.github.com "About code owners", docs.gitlab.com "Code Owners".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aac.kinds.signoff import Signoff
from aac.kinds.team import Team
from aac.revisions import prefix
from aac.signing import named_teams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aac.kinds.base import Kind
    from aac.project import Project

GROUP = re.compile(r"@[A-Za-z0-9][\w.-]*(/[\w.-]+)+")
"""A team of the host's, as in `@larkspur/sales`."""
SPECIAL = re.compile(r"([ #!\[\]*?\\])")
"""What a path has to write with a backslash."""
HEAD = "# Made by `aac export codeowners`: whom to ask when a document changes, by its owner and its parties."


def codeowners(project: Project, host: str) -> str:
    """The file for one of `HOSTS`; teams without an account are named in a remark, as nobody can be asked for them."""
    accounts = {id_: accounts_of(team) for (kind, id_), team in project.models.items() if kind == "team"}
    asked = _asked(project)
    lines = [HEAD, *_unknown(asked, accounts), *HOSTS[host](asked, accounts, project)]
    return "\n".join(lines) + "\n"


def accounts_of(team: Kind) -> list[str]:
    """Whom a host can ask for a team: its own team, where `notify` names one, else the members; nobody outside."""
    if not isinstance(team, Team) or team.external:
        return []
    if team.notify is not None and GROUP.fullmatch(team.notify):
        return [team.notify]
    return [f"@{member.handle.removeprefix('@')}" for member in team.members]


def _asked(project: Project) -> dict[str, list[str]]:
    """The teams to ask by file, those outside left out: of a sign-off the team that signs, of a team itself."""
    files: dict[str, list[str]] = {}
    for version in sorted(project.versions, key=lambda version: (version.document.file, version.begins)):
        if version.model is None or version.is_packaged:
            continue
        teams = files.setdefault(version.document.file, [])
        for team in _teams(version.model):
            model = project.models.get(("team", team))
            if team not in teams and not (isinstance(model, Team) and model.external):
                teams.append(team)
    return {file: teams for file, teams in files.items() if teams}


def _teams(model: Kind) -> tuple[str, ...]:
    match model:
        case Signoff():
            return (model.team,)
        case Team():
            return (model.id, *named_teams(model))
        case _:
            return named_teams(model)


def _unknown(asked: Mapping[str, Sequence[str]], accounts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for team in sorted({team for teams in asked.values() for team in teams if not accounts.get(team)}):
        yield f"# Nobody can be asked for `{team}`: name accounts in its `members`, or its team here in `notify`."


def _github(
    asked: Mapping[str, Sequence[str]], accounts: Mapping[str, Sequence[str]], project: Project
) -> Iterator[str]:
    for file, teams in asked.items():
        names = dict.fromkeys(account for team in teams for account in accounts.get(team, ()))
        if names:
            yield f"{_path(file, project)} {' '.join(names)}"


def _gitlab(
    asked: Mapping[str, Sequence[str]], accounts: Mapping[str, Sequence[str]], project: Project
) -> Iterator[str]:
    for team in sorted({team for teams in asked.values() for team in teams if accounts.get(team)}):
        title = " ".join(project.models["team", team].title.replace("[", "").replace("]", "").split())
        yield from ("", f"[{title}] {' '.join(accounts[team])}")
        yield from (_path(file, project) for file, teams in asked.items() if team in teams)


def _path(file: str, project: Project) -> str:
    """A path from the top of the repository."""
    return "/" + SPECIAL.sub(r"\\\1", f"{prefix(project.root)}{file}")


HOSTS: Mapping[str, Callable[[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]], Project], Iterator[str]]] = {
    "github": _github,
    "gitlab": _gitlab,
}
"""The forms, by the name that `--host` uses."""

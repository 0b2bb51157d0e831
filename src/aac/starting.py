"""A new project: the files that `aac init` writes, from the sample company or from a first set of documents."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from aac.distribution import NAME, VERSION
from aac.documents import FOLDER, ID, read_text
from aac.errors import UsageError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aac.documents import Document, Plain

HERE = Path(__file__).parent
STARTER = HERE / "starter"
"""The first documents of a company of one's own, with names to fill in."""
DATA = "data"
PARTS = ("aac.toml", FOLDER, DATA, "templates", "plugins/brief.py", ".vscode")
"""What the sample company is made of."""

TEAMS: tuple[str, ...] = ("marketing", "sales", "customer_success")
"""Who brings leads, who sells and who keeps customers, as the first documents call them."""
CYCLES: Mapping[str, Mapping[str, str]] = {
    "weeks": {"matures": "30", "decided_within": "30"},
    "months": {"matures": "60", "decided_within": "90"},
    "year": {"matures": "180", "decided_within": "365"},
}
"""How long it takes to sell -> in how many days an MQL may become an SQL, and a deal be decided."""

SETTINGS = """\
[project]
name = "$name"
spec = 1

[sources.crm]
connector = "csv"
path = "data"                  # every file in the folder is a stream: crm.leads is data/leads.csv
timezone = "UTC"               # of times that carry none
nulls = ["", "n/a"]            # how your CRM writes "no value"

[param]
mql_threshold = 50             # the points a lead must exceed to be an MQL

[privacy]
k = 5                          # groups of fewer records are hidden: they would tell of single people
"""
IGNORED = ".aac/\nsite/\nsite-restricted/\n"
README = """\
Put the exports of your CRM here, a CSV file for each table: `leads.csv`, `accounts.csv`, `opportunities.csv` …
"""
WORKFLOW = ".github/workflows/alignment.yml"
OWNERS = ".github/CODEOWNERS"
OWNERS_HEAD = """\
# Who is asked when a document changes: the teams that are parties to it. Put your organisation in place of `your-org`.
"""


@record
class Answers:
    """What was answered. ``is_sample``: the sample company as it is. ``teams`` stand in the order of `TEAMS`."""

    is_sample: bool
    name: str = ""
    cycle: str = "months"
    teams: tuple[str, ...] = TEAMS


def read_teams(text: str) -> tuple[str, ...]:
    """The ids of the three teams; raises UsageError."""
    teams = tuple(part.strip() for part in text.split(","))
    asked = "who brings leads, who sells and who keeps customers, as in `marketing, sales, customer_success`"
    if len(teams) != len(TEAMS) or len(set(teams)) != len(TEAMS):
        raise UsageError(f"--teams: three different teams are asked for: {asked}")
    for team in teams:
        if not ID.fullmatch(team):
            raise UsageError(f"--teams: `{team}` cannot be an id: use small letters, digits and `_`, a letter first")
    return teams


def first_files(answers: Answers) -> dict[str, bytes]:
    """The files of the new project by their path; not those that are made of its kinds."""
    files = dict(_sample()) if answers.is_sample else dict(_own(answers))
    files[".gitignore"] = IGNORED.encode()
    files[WORKFLOW] = Template((STARTER / "workflow.yml").read_text(encoding="utf-8")).substitute(
        package=f"{NAME}=={VERSION}"
    ).encode()  # fmt: skip
    files[OWNERS] = (OWNERS_HEAD + "".join(_owners(files))).encode()
    return files


def _sample() -> Iterator[tuple[str, bytes]]:
    """The sample company: it lies beside this module where it was installed, else at the root of the repository."""
    root = _sample_root()
    for part in PARTS:
        for path in [root / part] if (root / part).is_file() else sorted((root / part).rglob("*")):
            if path.is_file():
                yield path.relative_to(root).as_posix(), path.read_bytes()


def _sample_root() -> Path:
    packed = HERE / "sample"
    return packed if packed.is_dir() else HERE.parents[1]


def shipped_data(root: Path) -> Path | None:
    """The data of the sample company as it came with aac, if the project at ``root`` still has that, file by file, and
    nothing else; null for a project with data of its own, or none."""
    shipped, own = _sample_root() / DATA, root / DATA
    files, others = (
        sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()) for folder in (shipped, own)
    )
    is_same = files == others and all((shipped / file).read_bytes() == (own / file).read_bytes() for file in files)
    return shipped if files and is_same else None


def _own(answers: Answers) -> Iterator[tuple[str, bytes]]:
    """The first documents, with names and lengths filled in and teams called as they were answered."""
    company = "_".join("".join(c if c.isascii() and c.isalnum() else " " for c in answers.name.lower()).split())
    company = company if ID.fullmatch(company) else "company"
    filled = {"company": company, "name": answers.name.replace('"', "'"), **CYCLES[answers.cycle]}
    names = dict(zip(TEAMS, answers.teams, strict=True))
    for path in sorted(STARTER.rglob("*.yml")):
        place = path.relative_to(STARTER)
        if place.parent.name or place.stem == "company":
            text = Template(path.read_text(encoding="utf-8")).substitute(filled)
            stem = names.get(place.stem, place.stem) if place.parent.name == "teams" else place.stem
            yield f"{FOLDER}/{place.with_stem(stem).as_posix()}", _renamed(text, names).encode()
    yield "aac.toml", Template(SETTINGS).substitute(filled).encode()
    yield "data/README.md", README.encode()
    yield from ((path, text) for path, text in _sample() if path.startswith(".vscode/"))


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """A document with its teams called otherwise: wherever a value is a team's id, but for what it `serves`."""
    (document,), _ = read_text(text.encode(), "")
    places = [
        (position, name)
        for steps, position in document.positions.items()
        if (name := names.get(position.text or "")) and steps[-1:] != ("serves",)
        if steps != ("id",) or document.kind == "team"
    ]
    for place, name in sorted(places, key=lambda found: found[0].start, reverse=True):
        text = text[: place.start] + name + text[place.end :]
    team = names.get(document.id or "", document.id) if document.kind == "team" else document.id
    if team is not None and team != document.id:
        text = text.replace(f"name: {document.data['name']}\n", f"name: {_spoken(team)}\n")
    return text


def _spoken(team: str) -> str:
    """What to call a team of which only the id is known: `cs` is CS, `demand_gen` is Demand Gen."""
    return team.upper() if len(team) < 4 else team.replace("_", " ").title()


def _owners(files: Mapping[str, bytes]) -> Iterator[str]:
    """A line for each document: its path, and the teams that are parties to it."""
    read = [(path, read_text(data, path)[0]) for path, data in sorted(files.items()) if path.startswith(f"{FOLDER}/")]
    outside = {doc.id for _, docs in read for doc in docs if doc.kind == "team" and doc.data.get("external")}
    for path, documents in read:
        teams = dict.fromkeys(team for document in documents for team in _parties(document) if team not in outside)
        if teams:
            yield f"/{path} {' '.join(f'@your-org/{team}' for team in teams)}\n"


def _parties(document: Document) -> Iterable[str]:
    who = document.data.get("who")
    named = [document.data.get("owner"), document.data.get("parties")]
    named += [who.get("owes"), who.get("to")] if isinstance(who, dict) else []
    return [team for value in named for team in _texts(value)]


def _texts(value: Plain) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))

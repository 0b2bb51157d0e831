#!/usr/bin/env python3
"""`aac validate` against the floor: reading the events of libyaml, pydantic, and one parse of each rule, imports in.

    python bench/documents.py [--documents 1000] [--runs 9] [--save]

Whole processes, processor time, cold: neither has anything cached. Then again, when nothing changed, against the cold
run before it. Ends with 1 when validating takes more than `SLOWEST_COLD` times the floor, or again more than
`MOST_AGAIN` of the cold run (`MOST_AGAIN_LARGE` of 10,000 documents). `--floor FOLDER` is the floor itself.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from figures import AAC, ROOT, Figure, told, used

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLOWEST_COLD = 1.5
MOST_AGAIN = 0.5
MOST_AGAIN_LARGE = 0.3
LARGE = 10_000
RULES = frozenset({"when", "at", "formula", "where", "starts", "stops", "excused", "is", "from", "segment"})
SETTINGS = '[project]\nname = "Many documents"\nspec = 1\n\n[sources.crm]\nconnector = "csv"\npath = "data"\n'

PEOPLE = """\
kind: company
id: many
currency: EUR
timezone: Europe/Berlin
---
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {mon-fri: "09:00-18:00"}
---
kind: team
id: sales
name: Sales
calendar: desk
---
kind: team
id: marketing
name: Marketing
---
kind: metric
id: north
name: New business
formula: sum(amount)
of: lead_0
at: won_at
unit: EUR
better: higher
role: north_star
owner: sales
serves: successful_acquisition
guardrail: [rate_0]
"""
ENTITY = """\
kind: entity
id: lead_{n}
from: crm.leads_{n}
key: lead_id
occurs: created_at
owner: sales
means: A person who told us who they are, from the form of campaign {n}.
fields:
  lead_id: text
  created_at: timestamp
  mql_at: {{type: timestamp, from: '"MQL date"', format: "%d.%m.%Y %H:%M"}}
  won_at: timestamp
  source: {{type: text, values: [inbound, outbound, partner], map: {{Web: inbound}}}}
  employees: integer
  score: {{type: integer, unit: score}}
  amount: {{type: money, unit: EUR}}
  duplicate: boolean
  band: {{is: "case when employees < {n} + 100 then 'SMB' else 'Enterprise' end"}}
"""
DEFINITION = """\
kind: definition
id: mql_{n}
name: Qualified Lead {n}
of: lead_{e}
owner: marketing
parties: [marketing, sales]
means: A lead whose score passed the threshold of campaign {n} and that nobody has seen before.
when: score > {n} and source in ('inbound', 'partner') and not duplicate
at: mql_at
examples:
  - {{given: {{score: {more}, source: inbound, duplicate: no}}, is: true}}
"""
METRIC = """\
kind: metric
id: rate_{n}
name: Conversion {n}
means: Of the leads of campaign {n} created in the period, the share that qualified.
formula: count_if(mql_{n}) / count_if(score > {n} or employees between {n} and {more})
of: lead_{e}
at: created_at
unit: percent
better: higher
owner: marketing
serves: successful_acquisition
leads_to: [north]
by: [source, {{segment: band}}]
target: {{at_least: 22%}}
"""
SLA = """\
kind: sla
id: follow_up_{n}
what: Sales makes a first contact with every lead of campaign {n}
who: {{owes: {owes}, to: {to}}}
when: {{within: 4 business hours, calendar: desk}}
how_measured:
  each: mql_{n}
  where: employees > {n} and source <> 'outbound'
  starts: mql_{n}.at
  stops: won_at
  excused: duplicate or employees < {n}
  objective: 95%
  by: [source]
escalation:
  - {{at: 75% of time, do: remind, to: sales}}
  - {{at: late, do: notify, to: marketing}}
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--documents", type=int, default=1000)
    options.add_argument("--runs", type=int, default=9)
    options.add_argument("--floor", type=Path)
    options.add_argument("--save", action="store_true")
    asked = options.parse_args()
    if asked.floor is not None:
        floor(asked.floor)
        return 0
    # as an installed package is; the libraries are
    compileall.compile_dir(ROOT / "src", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write(project, asked.documents)
        figures = compared(project, asked.documents, asked.runs)
    return told(f"documents-{asked.documents}", figures, save=asked.save)


def documents(count: int) -> Iterator[tuple[str, str]]:
    """File names and texts of as many documents: 2 % entities, 46 % definitions, 42 % metrics, 10 % SLAs."""
    entities = max(1, count // 50)
    for n in range(entities):
        yield f"entities/lead_{n}.yml", ENTITY.format(n=n)
    yield "people.yml", PEOPLE
    left = count - entities - PEOPLE.count("kind: ")
    words = left * 47 // 100
    rates = left * 43 // 100
    for n in range(words):
        yield f"definitions/mql_{n}.yml", DEFINITION.format(n=n, e=n % entities, more=n + 1)
    for n in range(rates):
        yield f"metrics/rate_{n}.yml", METRIC.format(n=n, e=n % entities, more=n + 1)
    for n in range(left - words - rates):
        owes, to = ("sales", "marketing") if n % 2 else ("marketing", "sales")
        yield f"slas/follow_up_{n}.yml", SLA.format(n=n, owes=owes, to=to)


def write(project: Path, count: int) -> None:
    """A project of so many documents."""
    (project / "data").mkdir(parents=True)
    (project / "aac.toml").write_text(SETTINGS)
    for name, text in documents(count):
        path = project / "alignment" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def compared(project: Path, count: int, runs: int) -> list[Figure]:
    """Validating from nothing against the floor, and again against that, taken one after the other."""
    cache = project.parent / "cache"
    env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    validate, floor = (AAC, "validate"), (sys.executable, __file__, "--floor", str(project))
    taken: list[tuple[float, float, float]] = []
    for _ in range(runs):
        shutil.rmtree(cache, ignore_errors=True)
        one, two, three = (used(command, project, env)[0].processor for command in (validate, validate, floor))
        taken.append((one, two, three))
    cold, again, least = (statistics.median(column) for column in zip(*taken, strict=True))
    what, most = f"aac validate, {count:,} documents", MOST_AGAIN_LARGE if count >= LARGE else MOST_AGAIN
    return [
        Figure(
            f"{what}, cold, times the floor",
            statistics.median(one / floor for one, _, floor in taken),
            SLOWEST_COLD,
            f"{cold:.2f} s against {least:.2f} s of the processor",
        ),
        Figure(
            f"{what}, nothing changed, times the cold run",
            statistics.median(two / one for one, two, _ in taken),
            most,
            f"{again:.2f} s against {cold:.2f} s of the processor",
        ),
    ]


def floor(project: Path) -> None:
    """What any validator has to do: read the files, build values from events, check their form, parse the rules."""
    import yaml
    from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
    from sqlglot import parse_one
    from sqlglot.expressions import Condition

    class Strict(BaseModel):
        model_config = ConfigDict(extra="forbid")

    class Common(Strict):
        id: str
        name: str | None = None
        means: str | None = None
        owner: str | None = None
        parties: tuple[str, ...] = ()

    class Company(Common):
        kind: Literal["company"]
        currency: str
        timezone: str

    class Calendar(Common):
        kind: Literal["calendar"]
        timezone: str
        hours: dict[str, str]

    class Team(Common):
        kind: Literal["team"]
        calendar: str | None = None

    class Entity(Common):
        kind: Literal["entity"]
        source: str = Field(alias="from")
        key: str
        occurs: str
        fields: dict[str, str | dict[str, Any]]

    class Example(Strict):
        given: dict[str, str]
        is_: str = Field(alias="is")

    class Definition(Common):
        kind: Literal["definition"]
        of: str
        when: str
        at: str
        examples: list[Example]

    class Metric(Common):
        kind: Literal["metric"]
        formula: str
        of: str
        at: str
        unit: str
        better: Literal["higher", "lower"]
        serves: str
        role: str | None = None
        leads_to: tuple[str, ...] = ()
        guardrail: tuple[str, ...] = ()
        by: tuple[str | dict[str, str], ...] = ()
        target: dict[str, str] | None = None

    class Who(Strict):
        owes: str
        to: str

    class When(Strict):
        within: str
        calendar: str

    class How(Strict):
        each: str
        where: str
        starts: str
        stops: str
        excused: str
        objective: str
        by: list[str]

    class Step(Strict):
        at: str
        do: str
        to: str

    class Sla(Common):
        kind: Literal["sla"]
        what: str
        who: Who
        when: When
        how_measured: How
        escalation: list[Step]

    kinds = Annotated[Company | Calendar | Team | Entity | Definition | Metric | Sla, Field(discriminator="kind")]
    model: TypeAdapter[Any] = TypeAdapter(kinds)
    for path in sorted((project / "alignment").rglob("*.yml")):
        for document in built(yaml.parse(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)):
            model.validate_python(document)
            for rule in rules(document):
                parse_one(rule, into=Condition)


def built(events: Iterator[Any], type_of: Callable[[object], object] = type) -> Iterator[Any]:
    """Documents from the events of libyaml."""
    import yaml

    stack: list[list[Any] | dict[Any, Any]] = []
    keys: list[Any] = []
    root: Any = None

    def put(value: Any) -> None:
        nonlocal root
        if not stack:
            root = value
        elif isinstance(stack[-1], list):
            stack[-1].append(value)
        elif keys[-1] is None:
            keys[-1] = value
        else:
            stack[-1][keys[-1]] = value
            keys[-1] = None

    for event in events:
        kind = type_of(event)
        if kind is yaml.ScalarEvent:
            put(event.value)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            value: list[Any] | dict[Any, Any] = {} if kind is yaml.MappingStartEvent else []
            put(value)
            stack.append(value)
            keys.append(None)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            stack.pop()
            keys.pop()
        elif kind is yaml.DocumentEndEvent:
            yield root


def rules(value: dict[str, Any] | list[Any] | str | None, key: str = "") -> Iterator[str]:
    """The texts below keys that hold rules."""
    if isinstance(value, dict):
        is_metric_or_word = value.get("kind") in ("metric", "definition", "entity", "sla") or key
        for name, inner in value.items():
            if isinstance(inner, str) and is_metric_or_word and name in RULES and not (key == "" and name == "from"):
                yield inner
            else:
                yield from rules(inner, name)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, str) and key == "by":
                yield inner
            elif key != "escalation":
                yield from rules(inner, key)


if __name__ == "__main__":
    sys.exit(main())

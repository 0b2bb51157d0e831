#!/usr/bin/env python3
"""Three promises and fifty metrics of 36 months in one whole process: against SQL, with little memory, against dbt.

    python bench/together.py [--leads 1000000] [--runs 5] [--again] [--dbt PATH/TO/dbt] [--little] [--save]

No command asks for both at once, so the process is this file (`--ours`): it opens the project, evaluates all of it
together, and prints the promises as `aac check --format json` does and each cell of a metric. The rival (`--theirs`) is
`promises.py` and the fused SQL of the shared `limit.py`, which prints its cells alike. Every cell is compared before
any time is told. Times are of the processor, taken in pairs.

`--little` measures the same once more with `memory_limit = "1GB"`, against the time without. `--dbt` lets dbt build the
same work, as a table for each step of the promises and for each metric, with a test for each promise and each metric,
from the SQL of `limit.py`; it is no part of this project: install it elsewhere (`pip install dbt-duckdb`).
"""

from __future__ import annotations

import argparse
import compileall
import json
import re
import shutil
import statistics
import sys
from functools import partial
from pathlib import Path
from typing import Any

import gate
import work
from figures import ROOT, Figure, Used, median, told, used

MOST = 1.4
LESS_THAN_DBT = 4.0
MOST_LITTLE = 1.25
LITTLE = "1GB"
MOST_MEMORY = 1.25 * 1024
PROFILE = """\
bench:
  target: it
  outputs: {it: {type: duckdb, path: bench.duckdb, threads: 2, settings: {TimeZone: UTC}}}
"""
PROJECT = """\
name: bench
profile: bench
models: {bench: {+materialized: table}}
flags: {send_anonymous_usage_stats: false}
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--leads", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--again", action="store_true", help="measure what was pulled the last time")
    options.add_argument("--dbt", help="the command of dbt")
    options.add_argument("--little", action="store_true", help="with little memory, too")
    options.add_argument("--save", action="store_true")
    options.add_argument("--ours", type=Path, metavar="PROJECT")
    options.add_argument("--theirs", type=Path, metavar="DATABASE")
    asked = options.parse_args()
    if asked.ours is not None or asked.theirs is not None:
        print(json.dumps(ours(asked.ours) if asked.ours is not None else theirs(asked.theirs)))
        return 0
    if not gate.GENERATOR.exists():
        print(f"The generator is absent: {gate.GENERATOR}. AAC_SHARED names another folder.", file=sys.stderr)
        return 2
    compileall.compile_dir(ROOT / "src", quiet=1)
    data = gate.generate(asked.leads)
    project = gate.prepare(data, work.WORK, again=asked.again)
    return compared(project, data / "crm.duckdb", asked)


def compared(project: Path, database: Path, asked: argparse.Namespace) -> int:
    """What all of it takes against the rival, and against what else was asked for."""
    us, them = (sys.executable, __file__, "--ours", project), (sys.executable, __file__, "--theirs", database)
    if difference := first_difference(*(json.loads(used(command, project)[1]) for command in (them, us))):
        print(f"aac and the rival disagree: {difference}")
        return 1
    pairs = [(used(us, project)[0], used(them, project)[0]) for _ in range(asked.runs)]
    what = f"3 promises and 50 metrics together, {asked.leads:,} leads"
    whole, _ = sides = [median(side) for side in zip(*pairs, strict=True)]
    ratio = statistics.median(mine.processor / other.processor for mine, other in pairs)
    figures = [Figure(f"{what}, times the rival", ratio, MOST, against(*sides))]
    if asked.little:
        figures += little(what, project, us, [mine for mine, _ in pairs])
    if asked.dbt:
        prepare_dbt(database)
        build = (asked.dbt, "build", "--quiet", "--profiles-dir", ".")
        built = median([used(build, gate.OUT / "dbt")[0] for _ in range(asked.runs)])
        times = built.processor / whole.processor
        figures.append(Figure(f"{what}, dbt build times ours", times, LESS_THAN_DBT, against(built, whole), least=True))
    return told(f"together-{asked.leads}", figures, save=asked.save)


def against(one: Used, other: Used) -> str:
    return (
        f"{one.processor:.2f} s against {other.processor:.2f} s of the processor, {one.clock:.2f} s against "
        f"{other.clock:.2f} s by the clock, {one.peak:.0f} MB against {other.peak:.0f} MB"
    )


def little(what: str, project: Path, command: tuple[str | Path, ...], without: list[Used]) -> list[Figure]:
    """The same with little memory: how much longer, and how much memory the process has at most."""
    settings = project / "aac.toml"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(f'{before}\n[engine]\nmemory_limit = "{LITTLE}"\n', encoding="utf-8")
    try:
        runs = [used(command, project)[0] for _ in without]
    finally:
        settings.write_text(before, encoding="utf-8")
    ratio = statistics.median(some.clock / all_.clock for some, all_ in zip(runs, without, strict=True))
    seen = against(median(runs), median(without))
    return [
        Figure(f"{what}, with {LITTLE}, times without by the clock", ratio, MOST_LITTLE, seen),
        Figure(f"{what}, with {LITTLE}, MB of the process", median(runs).peak, MOST_MEMORY),
    ]


# What each of the two processes does


def metrics_of(limit: Any) -> list[str]:
    return [name for _, found in limit.metric_queries("fused") for name in found]


def ours(project: Path) -> dict[str, Any]:
    """All results, evaluated together."""
    from aac.cli import collect_seldom
    from aac.landing.landed import prepared
    from aac.operations import open_sound_project
    from aac.reports.json import as_json
    from aac.results import Results

    collect_seldom()
    opened = open_sound_project(project)
    made = opened.project
    numbers = partial(work.numbers, metrics_of(work.their_queries()))
    with prepared(made.root, made.tables, made.config.sources, made.timezone, made.config.engine) as landed:
        results = work.evaluated(opened, landed, lambda version: [*work.promises(version), *numbers(version)])
    agreed = tuple(result for result in results if f"sla:{result.id}" in work.PROMISES)
    said = as_json(Results(made.config.name, None, 0, (), {}, agreed))["results"]
    values = work.cells_of([result for result in results if f"sla:{result.id}" not in work.PROMISES])
    return {"results": said, "metrics": list(values.items())}


def theirs(database: Path) -> dict[str, Any]:
    """The rows of all SQL."""
    import duckdb
    import promises

    limit = work.their_queries()
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        values = work.cells_of_metrics(connection, limit.metric_queries("fused"))
        return {"slas": promises.full(connection), "metrics": list(values.items())}


def first_difference(them: dict[str, Any], us: dict[str, Any]) -> str | None:
    """The first cell that only one has, or in which they differ."""
    rows = gate.cells_of_rival(json.dumps({"slas": them["slas"], "metrics": {}}))
    cells = [{tuple(place): value for place, value in side["metrics"]} for side in (them, us)]
    print(f"{len(rows) + len(cells[0]):,} cells are compared")
    return gate.first_difference(rows, gate.cells_of_aac(json.dumps(us))) or work.first_difference(*cells)


# dbt


def prepare_dbt(database: Path) -> None:
    """The folder of dbt's project, with a copy of the data and the macros that the SQL needs."""
    import duckdb

    limit, folder = work.their_queries(), gate.OUT / "dbt"
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("models", "tests"):
        (folder / part).mkdir(parents=True)
    shutil.copyfile(database, folder / "bench.duckdb")
    (folder / "profiles.yml").write_text(PROFILE)
    (folder / "dbt_project.yml").write_text(PROJECT)
    statements = [part for text in (limit.CALENDAR, limit.SLA, limit.KICKOFF) for part in text.split(";")]
    with duckdb.connect(str(folder / "bench.duckdb")) as connection:
        for statement in statements:
            if "TEMP MACRO" in statement:
                connection.execute(statement.replace("TEMP MACRO", "MACRO"))
    tables = [re.search(r"CREATE OR REPLACE TEMP TABLE (\w+) AS(.*)", part, re.DOTALL) for part in statements]
    models = {found[1]: found[2] for found in tables if found}
    judged = {"touch_months": limit.SLA_TABLE, "kickoff_months": limit.KICKOFF_TABLE, "volume": limit.VOLUME}
    judged |= {f"metric_{names[0]}": sql for sql, names in limit.metric_queries("separate")}
    for name, sql in {**models, **judged}.items():
        referring = re.sub(rf"(FROM|JOIN) ({'|'.join(models)})\b", r'\1 {{ ref("\2") }}', sql)
        (folder / "models" / f"{name}.sql").write_text(referring)
    for name in judged:
        (folder / "tests" / f"{name}_has_months.sql").write_text(
            f'SELECT month FROM {{{{ ref("{name}") }}}} WHERE month IS NULL'
        )


if __name__ == "__main__":
    raise SystemExit(main())

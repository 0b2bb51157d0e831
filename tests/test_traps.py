"""Every trap that is known in the real data, one test a trap: what it is, and the finding that tells it.

The traps are those of the data's own README: Maven's sales export, which may not ship, and the seeds of Fivetran's dbt
packages.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from aac.folders import ALLOWED
from aac.operations import open_sound_project, pull_sources
from tests.small import NOW_US

if TYPE_CHECKING:
    from aac.findings import Finding
    from aac.landing.pull import Pulled

HERE = Path(__file__).parent
MAVEN = Path(os.environ.get("AAC_SHARED", HERE.parent.parent / "shared")) / "data" / "maven_crm"
NEVER = {
    "fivetran_hubspot": ("2050-01-01 00:00:00", "deal_stage"),
    "fivetran_salesforce": ("9999-12-31 23:59:59", "opportunity_history"),
}


def pulled(root: Path) -> Pulled:
    return pull_sources(open_sound_project(root), NOW_US, lambda _: None)


def told(found: Pulled, code: str, entity: str, field: str | None) -> Finding:
    """The one finding of a code about a field."""
    (finding,) = [f for f in found.findings if (f.code, f.doc, f.field) == (code, f"entity:{entity}", field)]
    return finding


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def maven(tmp_path_factory: pytest.TempPathFactory) -> Pulled:
    if not MAVEN.is_dir():
        pytest.skip(f"the real CRM export is absent: {MAVEN}")
    root = tmp_path_factory.mktemp("traps") / "maven"
    copytree(HERE / "projects" / "maven", root)
    settings = root / "aac.toml"
    settings.write_text(settings.read_text().replace("@DATA@", str(MAVEN.resolve())))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ALLOWED, str(MAVEN.resolve()))
        return pulled(root)


@pytest.fixture(scope="module", params=sorted(NEVER))
def preset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory, preset: str) -> Pulled:
    root = tmp_path_factory.mktemp("traps") / preset
    copytree(HERE / "projects" / preset, root)
    return pulled(root)


def test_the_pipeline_spells_a_product_otherwise_than_the_table_of_products(maven: Pulled) -> None:
    finding = told(maven, "AAC503", "opportunity", "product")
    names = {row["product"] for row in lines(MAVEN / "products.csv")}
    lost = [row for row in lines(MAVEN / "sales_pipeline.csv") if row["product"] not in names]
    assert (finding.level, finding.count, len(lost)) == ("warning", 1480, 1480)
    assert "'GTXPro'" in finding.message
    assert "map: {GTXPro: GTX Pro}" in finding.instead
    assert maven.rows["opportunity"] == 8800  # an inner join would lose them


def test_agents_have_no_deals(maven: Pulled) -> None:
    finding = told(maven, "AAC509", "opportunity", "agent")
    busy = {row["sales_agent"] for row in lines(MAVEN / "sales_pipeline.csv")}
    idle = {row["sales_agent"] for row in lines(MAVEN / "sales_teams.csv")} - busy
    assert (finding.level, finding.count, len(idle)) == ("info", 5, 5)
    assert set(finding.keys) == idle
    assert finding.message == "no record of `opportunity` names 5 records of `agent` as its `agent`"


def test_deals_have_no_account(maven: Pulled) -> None:
    finding = told(maven, "AAC508", "opportunity", "account")
    without = [row["opportunity_id"] for row in lines(MAVEN / "sales_pipeline.csv") if not row["account"]]
    assert (finding.level, finding.count, len(without)) == ("info", 1425, 1425)
    assert set(finding.keys) <= set(without)


@pytest.mark.parametrize("preset", ["fivetran_salesforce"], indirect=True)
def test_every_opportunity_is_deleted(landed: Pulled) -> None:
    finding = told(landed, "AAC516", "opportunity", None)
    assert (finding.level, finding.count, landed.rows["opportunity"]) == ("warning", 10, 0)
    assert finding.message.endswith("because they are deleted there, which leaves no opportunity")


def test_dates_without_an_end_are_told_as_what_they_are(landed: Pulled, preset: str) -> None:
    """2050-01-01 in one package, 9999-12-31 in the other: `left_at` is empty there, and not in silence."""
    never, table = NEVER[preset]
    finding = told(landed, "AAC524", "stage_change", "left_at")
    open_ended = [
        row for row in lines(HERE / "projects" / preset / "data" / f"{table}.csv") if row["_fivetran_end"] == never
    ]
    assert (finding.level, finding.count) == ("info", len(open_ended))
    assert finding.count > 0
    assert f"'{never}'" in finding.message
    assert len(finding.keys) == min(10, finding.count)

"""Money in another currency, from records and rates to results."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tests.loading import load_documents
from tests.small import COMPANY, measured, metric, number, write_project

if TYPE_CHECKING:
    from pathlib import Path

DEALS = (
    COMPANY
    + """\
kind: entity
id: deal
from: crm.deal
key: id
occurs: opened_at
fields:
  id: text
  opened_at: timestamp
  closed_on: date
  amount: {type: money, unit: USD}
  euros: {is: "in_currency(amount, 'EUR')"}
---
kind: entity
id: exchange_rate
extends: aac
from: crm.exchange_rate
---
"""
)
TABLES = {
    # 23:30 UTC is the next day in Berlin
    "deal": """
        id,opened_at,closed_on,amount
        a,2026-02-01T10:00:00Z,2026-02-03,100
        b,2026-02-01T23:30:00Z,2026-02-03,10
        c,2026-02-01T10:00:00Z,2026-02-04,1
        d,2026-02-01T10:00:00Z,2026-02-04,
        e,2026-02-01T10:00:00Z,,1000
        """,
    "exchange_rate": """
        from_currency,to_currency,day,rate
        USD,EUR,2026-02-01,0.5
        USD,EUR,2026-02-02,0.25
        USD,EUR,2026-02-03,0.8
        EUR,USD,2026-02-04,2
        """,
}


def test_money_is_converted_at_the_day_of_the_metric(tmp_path: Path) -> None:
    formula = "sum(in_currency(amount, 'EUR'))"
    documents = DEALS + metric("won", formula, of="deal", at="closed_on", unit="EUR")
    results = measured(write_project(tmp_path / "p", documents, TABLES), "2026-02")
    reading = number(results, "won", "2026-02")
    # a and b at 0.8; c has no rate on its day, d no money
    assert (reading.value, reading.n, reading.unknown) == (Fraction(88), 4, 2)
    (finding,) = [finding for finding in results.findings if finding.code == "AAC520"]
    assert finding.message == "of 4 records of metric `won` in 2026-02 1 have money without a rate"
    assert finding.count == 1


def test_without_it_at_the_day_of_the_record(tmp_path: Path) -> None:
    documents = DEALS + metric("all_euros", "sum(euros)", of="deal", unit="EUR")
    documents += metric("most", "max(in_currency(amount, 'EUR'))", of="deal", unit="EUR")
    results = measured(write_project(tmp_path / "p", documents, TABLES))
    # 100, 1 and 1000 at 0.5, and 10 on the next day in Berlin at 0.25
    assert number(results, "all_euros", "all").value == Fraction("553")
    assert number(results, "most", "all").value == Fraction(500)
    assert [finding for finding in results.findings if finding.code == "AAC520"] == []


@pytest.mark.parametrize(
    ("rates", "occurs", "told"),
    [
        (
            "id: exchange_rate, extends: aac, from: crm.rates",
            "",
            ("AAC315", "a rate is of a day, and `deal` has no moment"),
        ),
        (
            "id: exchange_rate, from: crm.rates, key: id, fields: {id: text, rate: number}",
            "occurs: day",
            ("AAC315", "there are no exchange rates"),
        ),
        ("id: exchange_rate, extends: aac, from: crm.rates", "occurs: day", None),
    ],
)
def test_what_rates_need(tmp_path: Path, rates: str, occurs: str, told: tuple[str, str] | None) -> None:
    documents = f"""
{{kind: team, id: sales, name: Sales}}
---
{{kind: entity, {rates}}}
---
kind: entity
id: deal
from: crm.deals
key: id
{occurs}
fields: {{id: text, day: date, amount: {{type: money, unit: USD}}}}
---
kind: definition
id: big
of: deal
when: in_currency(amount, 'EUR') > 5
owner: sales
"""
    _, findings = load_documents(tmp_path, documents)
    found = [(finding.code, finding.message) for finding in findings if finding.code == "AAC315"]
    assert found == ([told] if told is not None else [])

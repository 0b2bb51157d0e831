"""Documents that say all that their kinds know, and edits of each of their keys: rules of changes are tried on them."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from aac.documents import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aac.kinds.base import Kind

Steps = tuple[str | int, ...]

DOCUMENTS = """
kind: company
id: acme
name: Acme
means: What we are.
owner: revops
parties: [revops, sales]
tags: [one, two]
links: ["https://a.example", "https://b.example"]
review_by: 2026-12-31
why: Because.
as_written: We are Acme.
currency: EUR
timezone: Europe/Berlin
fiscal_year_starts: 02-01
calendar: desk
locale: de
stage: growth
org_model: pods
---
kind: calendar
id: desk
effective_from: 2026-01-01
effective_until: 2027-01-01
timezone: Europe/Berlin
hours: {mon-thu: "09:00-17:00", fri: "09:00-15:00"}
holidays: {country: DE, region: BE}
closed: [2026-12-24, 2026-12-31]
short: {2026-12-23: "09:00-12:00", 2026-12-30: "09:00-13:00"}
---
kind: team
id: sales
name: Sales
lead_role: Head
members: [{handle: "@one", role: SDR}, {handle: "@two", role: AE}]
pod: north
calendar: desk
queues: [{id: first, role: SDR}, {id: second, role: AE}]
notify: "#sales"
external: true
---
kind: list
id: regions
values: {N: North, S: South}
---
kind: entity
id: lead
from: [crm.leads, crm.more_leads]
key: [lead_id, batch]
occurs: created_at
per: [lead_id, batch]
deleted: is_deleted = 'yes'
version: changed_at
incomplete: "case when amount is null then 'amount' end"
columns:
  changed_at: {type: timestamp, format: "%d.%m.%Y %H:%M"}
  amount: {type: number}
fields:
  lead_id: {type: text, why: It is the key., as_written: The id.}
  source: {type: text, from: channel, map: {Web: web, Fair: fair}, values: [web, fair], pii: true}
  closed_at: {type: timestamp, format: "%d.%m.%Y"}
  amount: {type: money, unit: EUR}
  score: {type: integer, unit: score}
  account: {ref: account, from: company, map: {Acme Inc: Acme}}
  is_large: {is: amount > 10}
  first_touch: {rollup: min(at), over: activity, via: about, where: is_human, after: closed_at}
  zone: {type: text, values: list.regions}
  touched:
    rollup: min(at)
    over: activity
    where: {all: [{id: human, rule: is_human}, {id: late, rule: at > closed_at}]}
---
kind: entity
id: contact
extends: aac
key: email
fields: {email: text}
---
kind: entity
id: person
key: email
fields: {email: {type: text, pii: true, landing: hash}, born: {type: date, pii: true, landing: drop}}
---
kind: definition
id: mql
owner: marketing
aka: [hot lead, warm lead]
never_say: [cold lead, old lead]
of: lead
when: score > 50
at: closed_at
follows: [seen, known]
reasons: {in: reason, one_of: {no_need: No need, no_fit: No fit}, required: true}
examples:
  - {given: {score: "60"}, is: "true", because: It is more.}
  - {given: {score: "50"}, is: "false", because: It is not.}
---
kind: definition
id: sql
owner: sales
of: lead
when:
  all:
    - {id: scored, rule: score > 50, why: As agreed.}
    - {id: real, rule: not duplicate}
    - {id: deep, any: [{id: one, rule: score > 60}, {id: two, rule: score > 70}]}
---
kind: icp
id: core
owner: marketing
of: account
criteria:
  - {id: large, when: employees > 10, points: 40, why: They stay., as_written: Big ones.}
  - {id: near, when: {all: [{id: land, rule: country = 'DE'}, {id: town, rule: city = 'Berlin'}]}, points: 20}
required: [large, near]
anti_patterns:
  - {id: tiny, when: employees < 5}
  - {id: far, when: {any: [{id: sea, rule: country = 'US'}, {id: ice, rule: country = 'NO'}]}}
tiers: {A: 50, B: 20}
fits: [A, B]
evidence: {best: {top: 20%, by: [revenue, margin]}, of: customer}
---
kind: scoring
id: inbound
owner: marketing
of: lead
criteria:
  - {id: fits, group: fit, when: icp.core, points: 30, status: draft}
  - id: talked
    group: engagement
    over: activity
    via: about
    when: is_human
    points: 15
    at_most: {times: 2, per: day, why: Once is enough., as_written: Two a day.}
  - {id: seen, over: activity, when: is_seen, points: 2}
  - {id: counted, over: activity, when: is_human, points: 3, at_most: {times: 2}}
  - {id: both, when: {all: [{id: one, rule: a}, {id: two, rule: b}]}, points: 5}
exclusions:
  - {id: duplicate, when: duplicate}
  - {id: away, when: {all: [{id: one, rule: a}, {id: two, rule: b}]}}
qualifies_directly:
  - {id: asked, over: activity, via: about, when: is_demo}
  - {id: visited, over: activity, when: is_visit}
  - {id: called, when: {all: [{id: one, rule: a}, {id: two, rule: b}]}}
resets:
  - {id: recycled, over: stage_change, via: about, when: stage = 'new', group: engagement}
  - {id: gone, over: stage_change, when: {all: [{id: one, rule: a}, {id: two, rule: b}]}}
decays:
  - {id: silent, over: activity, via: about, when: is_human, points: -5, after: 30 days, group: intent}
  - {id: quiet, over: activity, points: -2, after: 10 days, when: {all: [{id: one, rule: a}, {id: two, rule: b}]}}
bands: {hot: 70, warm: 40}
handover: {at: hot, to: sales, why: They wait., as_written: To sales.}
---
kind: lifecycle
id: funnel
stages: [{id: first, is: mql, evidence: a score}, {id: second, is: sql}, {id: third, is: won}]
may_skip: [first, second]
never: [{from: third, to: first}, {from: third, to: second}]
side: [{id: lost, is: lost_deal, from: [first, second], evidence: a word}, {id: later, is: late_deal}]
---
kind: metric
id: rate
name: Rate
owner: sales
formula: share(sql)
of: mql
basis: cohort
at: mql_at
matures: 90 days
unit: percent
better: higher
role: essential
serves: customer_success
leads_to: [revenue, arr]
guardrail: [churn, nps]
choices: {reentry: once, window: ninety days}
by: [source, {region: owner.region}]
window: quarter
target: {at_least: 35%}
min_n: 20
---
kind: metric
id: held
owner: sales
formula: sum(closing(mrr)) / sum(opening(mrr))
of: subscription
basis: retention
span: 12 months
per: account
in_force: {from: start_date, until: end_date}
unit: percent
better: higher
serves: customer_success
target: {at_most: 90%}
---
kind: metric
id: planned
owner: sales
formula: metric.one / metric.two
unit: ratio
better: lower
serves: customer_success
target: {from: plan.fy26}
---
kind: metric
id: fed
owner: sales
formula: count(*)
of: lead
at: created_at
basis: period
unit: count
better: higher
role: input
serves: customer_success
---
kind: metric
id: ranged
owner: sales
formula: count(*)
of: lead
at: created_at
unit: count
better: higher
serves: customer_success
target: {between: [10, 20]}
---
kind: metric
id: undecided
owner: sales
formula: count(*)
of: lead
unit: count
better: higher
serves: customer_success
target: {open: not yet}
---
kind: sla
id: follow_up
what: Sales calls.
who: {owes: sales, to: marketing}
when: {within: 4 business hours, calendar: desk}
how_measured:
  each: mql
  where: source <> 'partner'
  starts: mql_at
  stops: touched_at
  paused: {over: wait, via: about, where: is_ours, from: began_at, until: ended_at}
  excused: duplicate
  restarts: {over: owner_change, via: about, at: changed_at}
  through: {routing: routed_at, assignment: assigned_at}
  objective: 90%
  window: month
  by: [segment, {region: owner.region}]
  min_n: 20
  judge: interval
escalation:
  - {at: 75% of time, do: remind, to: sdr_queue, why: To help., as_written: Remind them.}
  - {at: late, do: requeue, to: sdr_backup}
  - {at: off_target, do: agenda, to: sales, meeting: weekly}
---
kind: sla
id: by_case
what: Sales calls.
who: {owes: sales, to: marketing}
when:
  calendar: desk
  cases:
    - {for: priority = 1, within: 4 business hours, calendar: desk}
    - {for: {all: [{id: one, rule: a}, {id: two, rule: b}]}, within: 2 days}
    - {for: "true", within: none, why: Nobody waits.}
how_measured:
  each: mql
  where: {all: [{id: one, rule: a}, {id: two, rule: b}]}
  stops: touched_at
  paused: {while: stage = 'waiting', at: changed_at}
  excused: {all: [{id: one, rule: a}, {id: two, rule: b}]}
  objective: none
escalation: [{at: late, do: notify, to: sales}]
---
kind: sla
id: complete
what: Sales hands over.
who: {owes: sales, to: marketing}
when: {within: 2 days}
how_measured:
  each: handoff
  starts: at
  must: {all: [{id: form, rule: has_form}, {id: plan, rule: has_plan}]}
  objective: 85%
escalation: [{at: late, do: notify, to: sales}]
---
kind: sla
id: waits
what: Sales calls.
who: {owes: sales, to: marketing}
when: {within: 2 days}
how_measured:
  each: handoff
  stops: at
  paused: {over: wait, where: {all: [{id: one, rule: a}, {id: two, rule: b}]}, from: began_at, until: ended_at}
  objective: 85%
escalation: [{at: late, do: notify, to: sales}]
---
kind: sla
id: stands
what: Sales calls.
who: {owes: sales, to: marketing}
when: {within: 2 days}
how_measured:
  each: handoff
  stops: at
  paused: {over: stage, while: {all: [{id: one, rule: a}, {id: two, rule: b}]}, at: changed_at}
  objective: 85%
escalation: [{at: late, do: notify, to: sales}]
---
kind: sla
id: enough
what: Marketing brings leads.
who: {owes: marketing, to: sales}
when: {every: month}
how_measured: {metric: mqls, at_least: 120, at_most: 150}
escalation: [{at: off_target, do: agenda, meeting: weekly}]
---
kind: scorecard
id: joint
owner: [marketing, sales]
rows:
  - {metric: revenue, weight: 3}
  - {sla: follow_up, horizon: longer_term}
---
kind: meeting
id: weekly
owner: revops
purpose: To decide.
repeats: weekly on thu 10:00
minutes: 30
attendees: [sales, marketing]
calendar: desk
sections:
  - {id: numbers, minutes: 10, shows: ["metric:mqls", off_target]}
  - {id: decisions, minutes: 10, shows: [decisions]}
starts_on: 2026-01-08
skip_when: [holiday, 2026-12-24]
---
kind: decision
id: friday_cover
owner: sales
decided_on: 2026-02-12
what: Somebody is on duty on Friday afternoons
meeting: weekly
due: 2026-03-12
state: open
about: ["sla:follow_up", "metric:mqls"]
---
kind: waiver
id: outage
of: sla/follow_up
window: 2026-02
records: source = 'import'
reason: The CRM was down for two days
approver: marketing
expires: 2026-06-30
state: open
"""

POOL = """
drop | hash |
other | 7 | 3 | 45 | 200 | 10% | 55% | fivetran_hubspot | 2026-06-01 | 2031-01-01 | 3 hours | 5 days | 2 months |
true | false | month | week | quarter | fr | en | FR | USD | Europe/London | 03-01 | seed | assembly_line | interval
| timestamp | date | text | number | list.other | %d/%m/%Y | fit | intent | draft | live | lower | higher | cohort |
snapshot | input | supporting | customer_success | successful_acquisition | remind | notify | agenda | late |
off_target | longer_term | now | monthly on first tue | unknown | percent | ratio | EUR/year | plan.fy27 |
09:00-11:00 | crm.other | @other | -7 | 2 business hours | 5 business days | none | metric:other | done | dropped |
closed | sla/other | 2026-Q1
"""
VALUES: list[Any] = [" ".join(value.split()) for value in POOL.split("|")]
"""Values of which one at least is another right one for each key."""


def documents() -> list[dict[str, Any]]:
    """The documents, as they are read."""
    found, _ = read_text(DOCUMENTS.encode(), "all.yml")
    return [document.data for document in found]


def edits(data: dict[str, Any], kind: type[Kind]) -> Iterator[tuple[dict[str, Any], Kind]]:
    """A document without one of its keys or entries, with another value there, or with a list the other way round, and
    its model; only those that are right."""
    for path in _paths(data):
        for made in (*_without(data, path), *_otherwise(data, path)):
            model = _model(made, kind)
            if model is not None:
                yield made, model


def _paths(value: Any, path: Steps = ()) -> Iterator[Steps]:
    if path:
        yield path
    steps: list[str | int] = list(value if _is(value, dict) else range(len(value)) if _is(value, list) else ())
    for step in steps:
        if path or step not in ("kind", "id"):
            yield from _paths(value[step], (*path, step))


def _is(value: Any, sort: type[Any]) -> bool:
    return isinstance(value, sort)


def _without(data: dict[str, Any], path: Steps) -> Iterator[dict[str, Any]]:
    made = deepcopy(data)
    *above, last = path
    del _at(made, above)[last]
    yield made


def _otherwise(data: dict[str, Any], path: Steps) -> Iterator[dict[str, Any]]:
    *above, last = path
    there: Any = _at(data, path)
    is_mapping = _is(there, dict)
    others: list[Any] = [there[::-1]] if _is(there, list) else VALUES
    if is_mapping:
        kept = {"id": there["id"]} if "id" in there else {}
        turned = {key: there[key] for key in reversed(list(there))}
        others = [turned, *({**kept, **value} for value in WHOLE)]
    for other in others:
        if other != there or is_mapping:
            made = deepcopy(data)
            _at(made, above)[last] = other
            yield made


WHOLE: tuple[dict[str, Any], ...] = (
    {"at_most": "50"},
    {"any": [{"id": "other", "rule": "c"}]},
    {"every": "month"},
    {"is": "amount > 5"},
    {"within": "3 days"},
    {"sla": "other"},
    {"over": "other"},
    {"while": "c", "at": "d"},
    {"metric": "other", "at_least": "5"},
    {"times": "3"},
    {"per": "day"},
)
"""Parts that say something with none of the keys that stand there."""


def _at(value: Any, path: Steps | list[str | int]) -> Any:
    for step in path:
        value = value[step]
    return value


def _model(data: Mapping[str, Any], kind: type[Kind]) -> Kind | None:
    try:
        return kind.model_validate(data)
    except ValidationError:
        return None

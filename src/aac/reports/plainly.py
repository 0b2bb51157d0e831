"""What a document says in plain sentences, for every kind: who, what, when, how many. A kind that is not known here, as
a plugin's, is told key by key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from aac.expressions.phrases import field_words, with_article
from aac.periods import parse_duration
from aac.records import record
from aac.reports.wording import plural

Fields = Mapping[str, Any]
COMMON = ("kind", "id", "name", "means", "owner", "parties", "tags", "links", "review_by", "why", "as_written")
"""What `aac explain` tells of every document already."""
STEPS = {
    "late": "When one is late",
    "budget_spent": "When more are late than may be",
    "off_target": "When it is off target",
}
DONE = {"remind": "{} is reminded", "requeue": "it goes to {}", "agenda": "it is on the agenda of {}",
        "decide": "{} decides", "notify": "{} is told"}  # fmt: skip
ROLES = {
    "north_star": "It is the north star: every other number leads to it in the end.",
    "essential": "It is one of the few numbers that are essential.",
    "longer_term": "It moves over quarters, and is looked at in the longer term.",
    "input": "It is only an input of other numbers.",
}
SERVES = {"successful_acquisition": "winning customers", "customer_success": "keeping customers"}
WHOLE = re.compile(r"(?<![\w.])\d{4,}")
"""A number of thousands, before its decimals."""
DAYS = {"mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun"}


@record
class Teller:
    """What a sentence may ask: ``names`` of documents by `kind:id`, which are their ids where they have none, and
    ``rules`` of this one in words by their place (`how measured starts`)."""

    names: Mapping[str, str]
    rules: Mapping[str, str]

    def name(self, id_: object, *kinds: str) -> str:
        """What people call a document of one of the kinds; the text itself where there is none."""
        found = (self.names[f"{kind}:{id_}"] for kind in kinds if f"{kind}:{id_}" in self.names)
        name = next(found, id_)
        return _spaced(name) if name == id_ else str(name)

    def named(self, ids: object, *kinds: str) -> str:
        """Several of them: `Marketing, Sales and Customer Success`."""
        return _and([self.name(id_, *kinds) for id_ in _list(ids)])

    def subject(self, written: object) -> str:
        """`metric:win_rate` and `sla/kickoff` as people call them; other words as they stand."""
        kind, mark, id_ = str(written).replace("/", ":").partition(":")
        return self.name(id_, kind) if mark and f"{kind}:{id_}" in self.names else _spaced(written)

    def rule(self, place: str, written: object) -> str:
        """A rule in words, else as it was written; parts of a checklist that have no words are not told."""
        return self.rules.get(place, written if isinstance(written, str) else "its rule is true")


def sentences_of(kind: str, fields: Fields, names: Mapping[str, str], rules: Mapping[str, str]) -> list[str]:
    """Sentences, in reading order; ``fields``: the keys of a document as written."""
    told = KINDS.get(kind, _of_any)(_given(fields), Teller(names, rules))
    return [f"{sentence[:1].upper()}{sentence[1:]}" for sentence in told]


def _given(value: Any) -> Any:
    """A value without the keys that say nothing (`null`)."""
    if isinstance(value, dict):
        return {key: _given(part) for key, part in cast("Fields", value).items() if part is not None}
    return [_given(part) for part in _list(cast("object", value))] if isinstance(value, list) else value


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]


def _rows(value: object) -> list[dict[str, Any]]:
    return [row for row in _list(value) if isinstance(row, dict)]


def _spaced(value: object) -> str:
    return str(value).replace("_", " ")


def _first(value: object) -> str:
    """What has a name by it, `{region: owner.region}`, else the text itself."""
    return _spaced(next(iter(cast("Fields", value))) if isinstance(value, dict) else value)


def _and(parts: Iterable[object], word: str = "and") -> str:
    *others, last = [str(part) for part in parts] or [""]
    return f"{', '.join(others)} {word} {last}" if others else last


def _splits(fields: Fields, place: str, tell: Teller) -> Iterator[str]:
    """`It is also told by segment (the size band of its account) and source.`"""
    names = [_first(by) for by in _list(fields.get("by"))]
    rules = [tell.rules.get(f"{place}by {name}") for name in names]
    called = [field_words(name) for name in names]
    told = [name if rule in (None, name) else f"{name} ({rule})" for name, rule in zip(called, rules, strict=True)]
    if told:
        yield f"It is also told by {_and(told)}."


def _limits(limits: Fields, unit: str = "") -> str:
    """`at least 120 and at most 150`, `at least 20,000 EUR a year`."""
    unit = "" if unit in ("", "percent", "count", "ratio", "score") else f" {_unit(unit)}"
    if "between" in limits:
        least, most = map(_in_thousands, _list(limits["between"]))
        return f"between {least} and {most}{unit}"
    parts = [f"{_spaced(key)} {_in_thousands(limits[key])}{unit}" for key in ("at_least", "at_most") if key in limits]
    return _and(parts)


def _in_thousands(written: object) -> str:
    """A number as written, its thousands apart."""
    return WHOLE.sub(lambda number: f"{int(number[0]):,}", str(written), count=1)


def _unit(unit: str) -> str:
    """What stands behind a number: `EUR a year`, `business hours`."""
    return _spaced(unit).replace("/", " a ")


# Promises and numbers


def _of_sla(fields: Fields, tell: Teller) -> Iterator[str]:
    how, who, when = fields["how_measured"], fields["who"], fields["when"]
    yield f"{fields['what'].rstrip('.')}."
    yield f"It is owed by {tell.name(who['owes'], 'team')} to {tell.name(who['to'], 'team')}."
    if "metric" in how:
        yield f"{tell.name(how['metric'], 'metric')} must come to {_limits(how)} in each {_spaced(when['every'])}."
    else:
        yield from _time(when, how, tell)
        yield from _measured(how, tell)
    steps = _rows(fields["escalation"])
    yield from (_step(step, tell) for step in steps)
    if not steps:
        yield "What happens when it is missed is not agreed."


def _time(when: Fields, how: Fields, tell: Teller) -> Iterator[str]:
    each = tell.name(how["each"], "definition", "entity")
    if "within" in when:
        yield f"The time for each {each} is {_length(when['within'])}{_by_calendar(when, 'when calendar', tell)}."
    for place, case in enumerate(_rows(when.get("cases")), 1):
        rule = tell.rule(f"when cases {place} for", case["for"])
        if case["within"] == "none":
            yield f"Where {rule}, nothing is promised: {case.get('why', '')}".rstrip(": .") + "."
        else:
            at = f"when cases {place} calendar" if "calendar" in case else "when calendar"
            calendar = _by_calendar({**when, **case}, at, tell) if "business" in case["within"] else ""
            yield f"Where {rule}, the time for each {each} is {_length(case['within'])}{calendar}."


def _length(written: str) -> str:
    """A length of time, one as one: `1 business day`."""
    return str(parse_duration(written))


def _by_calendar(written: Fields, place: str, tell: Teller) -> str:
    calendar = written.get("calendar")
    if calendar is None:
        return ""
    id_ = str(calendar).strip("'")
    return f", by {tell.names.get(f'calendar:{id_}') or tell.rule(place, calendar)}"


def _measured(how: Fields, tell: Teller) -> Iterator[str]:
    starts = str(how.get("starts", f"{how['each']}.at"))
    word = tell.names.get(f"definition:{starts.removesuffix('.at')}") if starts.endswith(".at") else None
    start = f"when it becomes {with_article(word)}" if word else f"at {tell.rule('how measured starts', starts)}"
    if "stops" in how:
        yield f"The clock starts {start}, and stops at {tell.rule('how measured stops', how['stops'])}."
    else:
        must = tell.rule("how measured must", "its rule is true")
        yield f"The clock starts {start}; once the time is up, it must be that {must}."
    if "where" in how:
        yield f"It is promised where {tell.rule('how measured where', how['where'])}."
    if "excused" in how:
        yield f"It is excused where {tell.rule('how measured excused', how['excused'])}."
    paused = how.get("paused")
    if paused is not None:
        key = "while" if "while" in paused else "where"
        rule = f" where {tell.rule(f'how measured paused {key}', paused[key])}" if key in paused else ""
        over = f" over each {tell.name(paused['over'], 'entity')}" if "over" in paused else ""
        yield f"The clock stands still{over}{rule}."
    if "restarts" in how:
        yield f"It starts anew with each {tell.name(how['restarts']['over'], 'entity')}."
    if how.get("through"):
        yield f"The time is told by its steps: {_and(map(_spaced, how['through']))}."
    window = _spaced(how.get("window", "month"))
    span = window.replace("rolling", "the last") if "rolling" in window else f"each {window}"
    if how["objective"] == "none":
        yield f"No objective is agreed: in {span} it is measured, and not judged."
    else:
        yield f"The objective is that {how['objective']} of those that began in {span} are in time."
    if str(how.get("min_n", "1")) != "1":
        yield f"With fewer than {how['min_n']} in time or late it is not judged."
    yield from _splits(how, "how measured ", tell)


def _step(step: Fields, tell: Teller) -> str:
    at = str(step["at"])
    when = STEPS.get(at) or (f"Once {at.replace('of time', 'of the time')} is used" if "of time" in at else "")
    when = when or f"After {at.replace('off_target', 'off target in a row')}"
    whom = tell.name(step.get("to") or step.get("meeting"), "team", "meeting") if len(step) > 2 else "somebody"
    return f"{when}, {DONE[step['do']].format(whom)}."


def _of_metric(fields: Fields, tell: Teller) -> Iterator[str]:
    formula = tell.rules.get("formula")
    if formula:
        yield f"It is {formula}."
    if "of" in fields:
        yield _population(fields, tell)
    unit = fields["unit"]
    told = f"as a {unit}" if unit in ("count", "ratio", "score") else f"in {_unit(unit)}"
    yield f"It is told {told}, and {fields['better']} is better."
    target = fields.get("target")
    if isinstance(target, dict):
        limits = cast("Fields", target)
        if "open" in limits:
            yield f"No target is agreed yet: {str(limits['open']).rstrip('.')}."
        elif "from" in limits:
            yield f"Its targets are those of {limits['from']}."
        else:
            yield f"The target is {_limits(limits, fields['unit'])}."
    else:
        yield "It has no target."
    if fields.get("role") in ROLES:
        yield ROLES[fields["role"]]
    if "serves" in fields:
        yield f"It serves {SERVES[fields['serves']]}."
    if fields.get("leads_to"):
        yield f"It leads to {tell.named(fields['leads_to'], 'metric')}."
    if fields.get("guardrail"):
        yield f"It is read beside {tell.named(fields['guardrail'], 'metric')}, so as not to be reached at their cost."
    for choice, made in dict(fields.get("choices", {})).items():
        yield f"Agreed of the {_spaced(choice)}: {made.rstrip('.')}."
    yield from _splits(fields, "", tell)


def _population(fields: Fields, tell: Teller) -> str:
    each = tell.name(fields["of"], "definition", "entity")
    window = _spaced(fields.get("window", "month"))
    match fields.get("basis", "period"):
        case "cohort":
            until = f" within {fields['matures']}" if "matures" in fields else ""
            return f"It follows each {each} from {tell.rule('at', fields.get('at'))} on, and counts what came{until}."
        case "snapshot":
            return f"It counts each {each} in force at the end of the {window}."
        case "retention":
            return f"It compares each {_spaced(fields['per'])} of today with {_length(fields['span'])} before."
        case _ if "at" in fields:
            return f"It counts each {each} in the {window} of {tell.rule('at', fields['at'])}."
        case _:
            return f"It counts each {each} there is."


def _of_scorecard(fields: Fields, tell: Teller) -> Iterator[str]:
    teams = _list(fields["owner"])
    verb = "are judged by it together" if len(teams) > 1 else "is judged by it"
    yield f"{tell.named(teams, 'team')} {verb}."
    for row in _rows(fields["rows"]):
        later = ", in the longer term" if row.get("horizon") == "longer_term" else ""
        name = tell.name(row.get("metric") or row.get("sla"), "metric" if "metric" in row else "sla")
        yield f"{name} counts with the weight {row.get('weight', '1')}{later}."
    yield "It stands as the worst of its rows does."


# Words


def _of_definition(fields: Fields, tell: Teller) -> Iterator[str]:
    of = tell.name(fields["of"], "definition", "entity")
    yield (
        f"It is each {of} of which {tell.rule('when', 'its rule is true')}."
        if "when" in fields
        else f"It is each {of}."
    )
    if "at" in fields:
        yield f"It becomes one at {tell.rule('at', fields['at'])}."
    if fields.get("follows"):
        yield f"Before it comes {tell.named(fields['follows'], 'definition')}."
    if fields.get("aka"):
        yield f"People also say {_and(fields['aka'], 'or')}."
    if fields.get("never_say"):
        yield f"Nobody should say {_and(fields['never_say'], 'or')} for it."
    if "reasons" in fields:
        codes = fields["reasons"]["one_of"]
        yield f"Why it ends is one of {plural(len(codes), 'reason')}: {_and(map(_spaced, codes))}."
    if fields.get("examples"):
        yield f"{plural(len(fields['examples']), 'worked example')} {_stands(len(fields['examples']))} beside it."


def _stands(n: int) -> str:
    return "stands" if n == 1 else "stand"


def _of_points(fields: Fields, tell: Teller) -> Iterator[str]:
    """Profiles and scores."""
    yield f"It gives points to each {tell.name(fields['of'], 'entity', 'definition')}."
    for row in _rows(fields.get("criteria")):
        over = f" for each {tell.name(row['over'], 'entity')}" if "over" in row else ""
        draft = " (a draft, not counted yet)" if row.get("status") == "draft" else ""
        yield f"{_spaced(row['id'])}: {_points(row)}{over}{_where(row, 'criteria', tell)}{draft}."
    if fields.get("required"):
        yield f"Without {_and(map(_spaced, fields['required']))} nothing fits."
    for key, said in (("anti_patterns", "does not fit"), ("exclusions", "is excluded")):
        for row in _rows(fields.get(key)):
            yield f"{_spaced(row['id'])} {said}{_where(row, key.replace('_', ' '), tell)}."
    for row in _rows(fields.get("qualifies_directly")):
        yield f"{_spaced(row['id'])} qualifies at once{_where(row, 'qualifies directly', tell)}."
    for row in _rows(fields.get("resets")):
        yield f"{_spaced(row['id'])} takes {row.get('group', 'all')} points away."
    for row in _rows(fields.get("decays")):
        yield f"{_spaced(row['id'])}: {_points(row)} after {row['after']} of silence."
    for key in ("tiers", "bands"):
        ladder = [f"{_spaced(name)} from {points}" for name, points in dict(fields.get(key, {})).items()]
        if ladder:
            yield f"Its {key} by points: {_and(ladder)}."
    if fields.get("fits"):
        yield f"{_and(fields['fits'])} fit."
    if "handover" in fields:
        yield f"At {_spaced(fields['handover']['at'])} it is handed over to {tell.subject(fields['handover']['to'])}."


def _points(row: Fields) -> str:
    return f"{row['points']} {'point' if str(row['points']) in ('1', '-1') else 'points'}"


def _where(row: Fields, place: str, tell: Teller) -> str:
    return " where " + tell.rule(f"{place} {row['id']}", row["when"]) if "when" in row else ""


def _of_list(fields: Fields, tell: Teller) -> Iterator[str]:
    del tell
    values = _list(fields["values"])
    shown = [_first(value) for value in values]
    yield f"It holds {plural(len(shown), 'value')}: {_and(shown)}."


def _of_entity(fields: Fields, tell: Teller) -> Iterator[str]:
    streams = _and(_list(fields.get("from")))
    if streams:
        yield f"Its records come from {streams}."
    if "key" in fields:
        yield f"One is told from another by its {_and(map(field_words, _list(fields['key'])))}."
    if "occurs" in fields:
        yield f"A record is there from {field_words(fields['occurs'])} on."
    known: Fields = fields.get("fields", {})
    if known:
        yield f"What is known of it: {_and(map(field_words, known))}."
    long = {field_words(key): cast("Fields", field) for key, field in known.items() if isinstance(field, dict)}
    for key, field in long.items():
        if "ref" in field:
            yield f"Its {key} is a record of {tell.name(field['ref'], 'entity')}."
    personal = [key for key, field in long.items() if str(field.get("pii")) == "true"]
    if personal:
        yield f"Personal, and never shown: {_and(personal)}."


def _of_lifecycle(fields: Fields, tell: Teller) -> Iterator[str]:
    for place, stage in enumerate(_rows(fields["stages"]), 1):
        shown = f", shown by {stage['evidence']}" if "evidence" in stage else ""
        word = with_article(tell.name(stage["is"], "definition"))
        yield f"Stage {place}, {_spaced(stage['id'])}: it is {word}{shown}."
    if fields.get("may_skip"):
        yield f"It may skip {_and(map(_spaced, fields['may_skip']))}."
    for move in _rows(fields.get("never")):
        yield f"It never moves from {_spaced(move['from'])} to {_spaced(move['to'])}."
    for side in _rows(fields.get("side")):
        begin = f" from {_and(map(_spaced, _list(side['from'])), 'or')}" if "from" in side else ""
        yield f"Beside the stages it may become{begin} {_spaced(side['id'])}: {tell.name(side['is'], 'definition')}."


# People and time


def _of_team(fields: Fields, tell: Teller) -> Iterator[str]:
    if "lead_role" in fields:
        yield f"Led by: {fields['lead_role']}."
    if fields.get("external"):
        yield "It is outside the company, and is never asked to agree."
    if "pod" in fields:
        yield f"It works in the pod {_spaced(fields['pod'])}."
    if "calendar" in fields:
        yield f"Its hours are those of {tell.name(fields['calendar'], 'calendar')}."
    members = _rows(fields.get("members"))
    if members:
        yield f"Who may agree for it: {plural(len(members), 'account')}."
    for queue in _rows(fields.get("queues")):
        role = f", which the {queue['role']} looks after" if "role" in queue else ""
        yield f"It has the queue {_spaced(queue['id'])}{role}."


def _of_company(fields: Fields, tell: Teller) -> Iterator[str]:
    yield f"Money is told in {fields['currency']}, and days are those of {fields['timezone']}."
    yield f"The fiscal year starts on {fields.get('fiscal_year_starts', '01-01')} (month-day)."
    if "calendar" in fields:
        yield f"Its hours are those of {tell.name(fields['calendar'], 'calendar')}."
    if "stage" in fields:
        yield f"It is in the stage {fields['stage']}."
    if "org_model" in fields:
        yield f"Its teams work as {_spaced(fields['org_model'])}."


def _of_calendar(fields: Fields, tell: Teller) -> Iterator[str]:
    del tell
    for days, hours in fields["hours"].items():
        shown = " to ".join(DAYS.get(part, part) for part in str(days).split("-"))
        yield f"{shown} it is open {hours}, by the clocks of {fields['timezone']}."
    if "holidays" in fields:
        yield f"It is closed on the public holidays of {_and(fields['holidays'].values(), 'in').replace(' in ', ', ')}."
    if fields.get("closed"):
        yield f"It is also closed on {_and(fields['closed'])}."
    for day, hours in dict(fields.get("short", {})).items():
        yield f"On {day} it is open {hours} only."


def _of_meeting(fields: Fields, tell: Teller) -> Iterator[str]:
    yield f"It is held {fields['repeats']}, and takes {fields['minutes']} minutes."
    yield f"What it decides: {fields['purpose'].rstrip('.')}."
    if fields.get("attendees"):
        yield f"Who comes: {tell.named(fields['attendees'], 'team')}."
    if "calendar" in fields:
        yield f"Its days are those on which {tell.name(fields['calendar'], 'calendar')} is open."
    for section in _rows(fields.get("sections")):
        shows = [tell.subject(shown) for shown in _list(section.get("shows"))]
        about = f": {_and(shows)}" if shows else ""
        yield f"{section['minutes']} minutes for {_spaced(section['id'])}{about}."


def _of_decision(fields: Fields, tell: Teller) -> Iterator[str]:
    yield f"{fields['what'].rstrip('.')}."
    where = f", in {tell.name(fields['meeting'], 'meeting')}" if "meeting" in fields else ""
    yield f"It was decided on {fields['decided_on']}{where}."
    due = f", and is due on {fields['due']}" if "due" in fields else ""
    yield f"It is {fields.get('state', 'open')}{due}."
    if fields.get("about"):
        yield f"It is about {_and(map(tell.subject, fields['about']))}."


def _of_waiver(fields: Fields, tell: Teller) -> Iterator[str]:
    window = f" in {fields['window']}" if "window" in fields else ""
    yield f"{tell.subject(fields['of'])}{window} is excused: {fields['reason'].rstrip('.')}."
    if "records" in fields:
        yield f"That holds for the records of which {tell.rule('records', fields['records'])}."
    yield f"{tell.name(fields['approver'], 'team')} approved it; it expires on {fields['expires']}."


def _of_signoff(fields: Fields, tell: Teller) -> Iterator[str]:
    version = f", as it holds from {fields['version']}" if "version" in fields else ""
    yield f"{tell.name(fields['team'], 'team')} agreed to {tell.subject(fields['of'])}{version} on {fields['date']}."


def _of_lock(fields: Fields, tell: Teller) -> Iterator[str]:
    yield f"The numbers of {fields['window']} were locked on {fields['locked_on']}, by aac {fields['aac']}."
    yield f"Locked: {_and(map(tell.subject, fields['numbers']))}."


def _of_any(fields: Fields, tell: Teller) -> Iterator[str]:
    for key, value in fields.items():
        if key not in COMMON:
            yield f"{_spaced(key)}: {_flat(value, tell)}."


def _flat(value: object, tell: Teller) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{_spaced(key)} {_flat(part, tell)}" for key, part in cast("Fields", value).items())
    return (
        ", ".join(_flat(part, tell) for part in _list(cast("object", value)))
        if isinstance(value, list)
        else tell.subject(value)
    )


KINDS: Mapping[str, Callable[[Fields, Teller], Iterator[str]]] = {
    "calendar": _of_calendar, "company": _of_company, "decision": _of_decision, "definition": _of_definition,
    "entity": _of_entity, "icp": _of_points, "lifecycle": _of_lifecycle, "list": _of_list, "lock": _of_lock,
    "meeting": _of_meeting, "metric": _of_metric, "scorecard": _of_scorecard, "scoring": _of_points,
    "signoff": _of_signoff, "sla": _of_sla, "team": _of_team, "waiver": _of_waiver,
}  # fmt: skip
"""How the documents of each built-in kind are told."""

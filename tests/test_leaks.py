"""Nothing that is written tells who somebody is: planted addresses, numbers and names, and every file searched."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aac.errors import LeakError, UsageError
from aac.evaluate import Asked
from aac.leaks import contacts
from aac.operations import agenda, build, check, open_sound_project, pull_sources, query
from aac.querying import Question
from aac.reports.base import Page
from tests.small import COMPANY, NOW_US, SLA, metric, write_project

if TYPE_CHECKING:
    from pathlib import Path

SPLITS = "[source, email, name, domain, owner, {rep: owner.name}, BY]"
DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.leads
key: id
fields:
  id: text
  came_at: timestamp
  called_at: timestamp
  email: {type: text, pii: true}
  phone: {type: text, pii: true}
  name: {type: text, pii: true}
  note: text
  source: {type: text, values: [web, event]}
  domain: {is: lower(email)}
  owner: {ref: rep}
---
kind: entity
id: rep
from: crm.reps
key: mail
fields: {mail: {type: text, pii: true}, name: {type: text, pii: true}, region: text}
---
kind: definition
id: called
of: lead
at: called_at
when: called_at is not null
owner: sales
---
"""
    + SLA
    + """\
when: {within: 4 hours}
how_measured: {each: lead, starts: came_at, stops: called_at, objective: 90%, by: [source, BY]}
---
kind: meeting
id: weekly
purpose: What to change
owner: sales
minutes: 30
repeats: weekly on thu 10:00
sections: [{id: numbers, minutes: 30, shows: [off_target, "sla:reply", data_health]}]
---
"""
    + metric(
        "leads", "count(*)", of="lead", at="came_at", by="[source, email, name, domain, owner, {rep: owner.name}, BY]"
    )
)
REPS = "mail,name,region\nzoe@larkspur.test,Zoe Quill,EU\n"
HEADER = "id,came_at,called_at,email,phone,name,note,source,owner\n"


def lead(number: int, email: str, phone: str, name: str, note: str) -> str:
    texts = ",".join('"' + text.replace('"', '""') + '"' for text in (email, phone, name, note))
    owner = "zoe@larkspur.test" if number % 2 else "nobody"
    return f"L-{number},2026-02-0{number % 9 + 1}T10:00:00Z,,{texts},web,{owner}\n"


def project(root: Path, leads: str, by: str = "id", told: str = "", extra: str = "") -> Path:
    documents = re.sub(r", BY\]", f", {by}]", DOCUMENTS).replace("What to change", f"What to change {told}")
    write_project(root, documents, {"leads": HEADER + leads, "reps": REPS}, settings=extra)
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


def written(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): path.read_text("utf-8") for path in (root / "site").rglob("*") if path.is_file()
    }


def built(root: Path, *, is_restricted: bool = False) -> Path:
    return build(open_sound_project(root), NOW_US, Asked(is_restricted=is_restricted), lambda _: None)


ADA = lead(1, "ada.byron@example.com", "+44 20 7946 0018", "Ada Byron", "asks for a demo")


def test_what_is_personal_is_in_nothing_that_is_written(tmp_path: Path) -> None:
    root = project(tmp_path, ADA + lead(2, "bo@example.org", "(030) 901 820", "Bo Li Ek", "calls back"), by="note")
    built(root)
    outputs = written(root)
    opened = open_sound_project(root)
    checked = check(opened, NOW_US, Asked(), ("text", "json", "markdown", "junit", "sarif"), (), lambda _: None)
    outputs |= {f"check{number}": text for number, text in enumerate(checked.texts)}
    for form in ("text", "csv", "json"):
        question = Question(("leads",), ("source",))
        outputs[form] = query(opened, NOW_US, question, Asked(windows=question.windows), form, lambda _: None)
    assert any("calls back" in text for text in outputs.values())
    for name, text in outputs.items():
        for word in ("ada", "byron", "7946", "0018", "901", "example", "larkspur.test", "zoe", "quill", "bo li"):
            assert not re.search(rf"(?<![a-z]){word}(?![a-z])", text.lower()), (name, word)


@pytest.mark.parametrize(
    ("note", "hint"),
    [
        ("write to ADA.Byron@Example.com", "e-mail address (A….B…@E….c…)"),
        ("call +44 20 7946 0018 at noon", "phone number (+44…18)"),
        ("o'neil_2@mail.example", "e-mail address (n…@m….e…)"),
    ],
)
def test_a_free_text_that_names_somebody_ends_the_build(tmp_path: Path, note: str, hint: str) -> None:
    root = project(tmp_path, ADA)
    built(root)
    before = written(root)
    (root / "data" / "leads.csv").write_text(HEADER + ADA + lead(2, "x@y.zz", "1", "X", note))
    text = (root / "alignment" / "all.yml").read_text()
    (root / "alignment" / "all.yml").write_text(text.replace("domain, owner", "note, domain, owner"))
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    with pytest.raises(LeakError) as raised:
        built(root)
    told = " ".join(finding.message for finding in raised.value.findings)
    assert "stands in `note` of `lead`, read from `note` of `crm.leads`" in told
    assert {finding.code for finding in raised.value.findings} == {"AAC541"}
    assert "lead.html" in told or ".json" in told or ".html" in told
    assert hint in told
    assert note.split()[-1].lower() not in told.lower()
    assert written(root) == before
    assert not [path for path in root.iterdir() if path.name.startswith(".site")]


def test_a_personal_name_in_another_field_ends_the_build(tmp_path: Path) -> None:
    root = project(tmp_path, ADA + lead(2, "b@c.dd", "2", "Bo", "met ada BYRON, liked it"), by="note")
    with pytest.raises(LeakError, match="nothing was written") as raised:
        built(root)
    (finding,) = raised.value.findings
    assert "a name (a… b…) that stands in `name` of `lead`" in finding.message
    assert finding.code == "AAC541"
    assert finding.instead == "look for another field that holds the same, and mark it with `pii: true` too"
    assert not (root / "site").exists()


def test_what_documents_say_themselves_is_theirs_unless_it_is_an_address_of_somebody(tmp_path: Path) -> None:
    root = project(tmp_path / "names", ADA, told="with Ada Byron, revops@larkspur.test")
    built(root)
    root = project(tmp_path / "address", ADA, told="with ada.byron@example.com")
    with pytest.raises(LeakError) as raised:
        built(root)
    assert raised.value.findings[0].instead.startswith("a document says it")


def test_a_text_that_a_finding_quotes_is_seen(tmp_path: Path) -> None:
    """`source` is a closed list: what is not in it is told as it was written."""
    row = ADA.replace(",web,", ",by ada@byron.test,")
    with pytest.raises(LeakError, match="nothing was written"):
        built(project(tmp_path, row))


def test_an_agenda_is_looked_through_too(tmp_path: Path) -> None:
    from aac.agendas import Wanted

    root = project(tmp_path, ADA, told="with ada.byron@example.com")
    with pytest.raises(LeakError):
        agenda(open_sound_project(root), NOW_US, Asked(), Wanted("weekly", None, "md"), lambda _: None)


def test_contacts_are_found_however_a_page_spells_them() -> None:
    pages = [
        Page("a.md", r"jo\_e@x.example and 12,345.67 on 2026-02-03 at 10:15"),
        Page("b.html", '<a href="https://crm/k%40x.example">(030)&nbsp;<svg viewBox="0 0 640 200"></svg>'),
        Page("c.ics", "SUMMARY:l@x.exa\r\n mple"),
        Page("d.json", json.dumps({"rows": 12345678, "note": "0049 30 1234567", "id": "2025-000123"})),
    ]
    found = {(told.page, told.sort[:5]): text for text, told in contacts(pages).items()}
    assert found == {
        ("a.md", "e-mai"): "jo_e@x.example",
        ("b.html", "e-mai"): "k@x.example",
        ("c.ics", "e-mai"): "l@x.example",
        ("d.json", "phone"): "0049 30 1234567",
    }


# Restricted pages


def test_restricted_pages_stand_apart_and_tell_by_owner(tmp_path: Path) -> None:
    documents = DOCUMENTS.replace("key: mail\nfields: {mail: {type: text, pii: true}", "key: mail\nfields: {mail: text")
    documents = re.sub(r", BY\]", "]", documents).replace(", email, name, domain, owner, {rep: owner.name}", "")
    documents += metric("called_leads", "count_if(called)", of="lead", at="came_at")
    documents += metric("called_share", "called_leads / leads", unit="percent")
    rows = "".join(lead(n, f"a{n}@b.cc", "1", "N", "x").replace("zoe@larkspur.test", "R-1") for n in range(1, 8))
    keys = "[privacy]\nk = 5\nkeys = 'hashed'\n"
    write_project(tmp_path, documents, {"leads": HEADER + rows, "reps": "mail,name,region\nR-1,Zo,EU\n"}, settings=keys)
    pull_sources(open_sound_project(tmp_path), NOW_US, lambda _: None)
    open_page, restricted = built(tmp_path), built(tmp_path, is_restricted=True)
    assert (open_page.parent.name, restricted.parent.name) == ("site", "site-restricted")
    told = (restricted.parent / "sla" / "reply.html").read_text("utf-8")
    assert "R-1" in told
    assert "Restricted." in told
    assert "L-1" in told
    reckoned = (restricted.parent / "metric" / "called_share.html").read_text("utf-8")
    assert re.search(r"R-1.*?0 of 4.*?not known.*?0 of 3", reckoned, re.DOTALL)  # leads 1, 3, 5, 7 and 2, 4, 6
    for path in (tmp_path / "site").rglob("*"):
        text = path.read_text("utf-8") if path.is_file() else ""
        assert "R-1" not in text
        assert "L-1" not in text, path
        assert "Restricted." not in text


def test_restricted_pages_are_never_mixed_with_others(tmp_path: Path) -> None:
    root = project(tmp_path, ADA)
    built(root)
    opened = open_sound_project(root)
    for out in (root / "site", root / "site" / "inside"):
        with pytest.raises(UsageError, match=r"never mixed|where the other sort"):
            build(opened, NOW_US, Asked(is_restricted=True), lambda _: None, out)
    built(root, is_restricted=True)
    with pytest.raises(UsageError, match="holds the restricted pages"):
        build(opened, NOW_US, Asked(), lambda _: None, root / "site-restricted")


# Whatever is planted

WORDS = st.text("abcdefghijklmnopqrstuvwxyzäøñ", min_size=3, max_size=8)
ADDRESSES = st.builds("{}.{}+{}@{}.example".format, WORDS, WORDS, st.integers(0, 99), WORDS)
PHONES = st.builds("+49 {} {}".format, st.integers(100, 999), st.integers(1000000, 9999999))

PEOPLE = st.tuples(ADDRESSES, PHONES, WORDS, WORDS, st.sampled_from(["", "", "a", "p", "n"]))


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(ADDRESSES, PHONES, WORDS, WORDS, st.sampled_from(["", "a", "p", "n"])), min_size=1, max_size=4)
)
def test_whatever_is_planted_is_not_written(
    tmp_path_factory: pytest.TempPathFactory, people: list[tuple[str, str, str, str, str]]
) -> None:
    """In personal fields, and in a free text by which numbers are split; then there is no page at all."""
    rows, personal, is_told = "", list[str](), False
    for number, (address, phone, first, last, free) in enumerate(people, 1):
        name = f"{first.title()} {last.title()}"
        note = {"": "nothing", "a": f"see {address}", "p": f"dial {phone}", "n": f"with {name} soon"}[free]
        rows += lead(number, address, phone, name, note)
        personal += [address, phone, name]
        is_told |= bool(free)
    root = project(tmp_path_factory.mktemp("planted") / "p", rows, by="note")
    if is_told:
        with pytest.raises(LeakError):
            built(root)
        assert not (root / "site").exists()
    else:
        built(root)
        for name, text in written(root).items():
            assert [value for value in personal if value.lower() in text.lower()] == [], name


MAILS = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.leads
key: mail
links: ["mailto:desk@larkspur.test"]
fields: {mail: text, came_at: timestamp, called_at: timestamp, source: text}
---
"""
    + SLA
    + """\
when: {within: 4 hours}
how_measured: {each: lead, starts: came_at, stops: called_at, objective: 90%, by: [source]}
---
"""
    + metric("leads", "count(*)", of="lead", at="came_at", by="[source]")
)
MAILED = (
    "mail,came_at,called_at,source\nzoe@larkspur.test,2026-03-01T10:00:00Z,,ann@larkspur.test\n"
    "bob@larkspur.test,2026-03-02T10:00:00Z,,desk@larkspur.test\n"
)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "junit", "sarif", "github", "gitlab"])
def test_addresses_that_are_keys_or_groups_are_not_printed(form: str, tmp_path: Path) -> None:
    write_project(tmp_path / "mails", MAILS, {"leads": MAILED})
    opened = open_sound_project(tmp_path / "mails")
    pull_sources(opened, NOW_US, lambda _: None)
    printed = check(opened, NOW_US, Asked(), [form], (), lambda _: None).texts[0]
    assert not [name for name in ("zoe@", "bob@", "ann@") if name in printed]
    if form == "json":
        assert "z…@l….t…" in printed
        assert "desk@larkspur.test" in printed  # a document says it
        json.loads(printed)


@pytest.mark.parametrize("form", ["text", "csv", "json"])
def test_addresses_that_are_groups_are_not_queried(form: str, tmp_path: Path) -> None:
    write_project(tmp_path / "mails", MAILS, {"leads": MAILED})
    opened = open_sound_project(tmp_path / "mails")
    pull_sources(opened, NOW_US, lambda _: None)
    question = Question(("leads",), ("source",), "all")
    printed = query(opened, NOW_US, question, Asked(windows=("all",)), form, lambda _: None)
    assert "a…@l….t…" in printed
    assert "ann@" not in printed

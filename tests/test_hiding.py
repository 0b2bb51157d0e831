"""Personal columns that do not arrive (`landing`): nothing that `aac` keeps or says ever held them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aac.landing.hiding import hashed
from tests.commands import run_aac
from tests.loading import load_documents
from tests.small import measured, metric, number, write_project
from tests.workbooks import write_workbook

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = """\
kind: entity
id: person
from: crm.people
key: email
fields:
  email: {type: text, pii: true, landing: hash}
  phone: {type: integer, pii: true, landing: drop, from: '"Phone no"'}
  city: text
---
kind: entity
id: lead
from: crm.leads
key: id
fields:
  id: text
  person: {ref: person, from: email, pii: true, landing: hash}
---
""" + metric("from_berlin", "count_if(person.city = 'Berlin')", of="lead")
PEOPLE = 'email,Phone no,city\nann@a.example,555 0100,Berlin\n"bob, ""b""@b.example",555 0101,Paris\n,555 0102,Rome\n'
LEADS = "id,email\n1,ann@a.example\n2,ann@a.example\n3,nobody@c.example\n4,\n"
SECRETS = (b"@a.example", b"@b.example", b"@c.example", b"555 01", b"5550100")


def kept(root: Path) -> bytes:
    """All that lies in the project, but for the data that is its user's."""
    paths = [path for path in root.rglob("*") if path.is_file() and "data" not in path.relative_to(root).parts]
    return b"\n".join(path.read_bytes() for path in paths)


def refuse_secrets(*parts: bytes) -> None:
    for part in parts:
        assert [secret for secret in SECRETS if secret in part] == []


@pytest.mark.parametrize("form", ["csv", "utf-16", "xlsx", "jsonl"])
def test_what_is_hidden_never_arrives(tmp_path: Path, form: str) -> None:
    root = write_project(tmp_path / "project", DOCUMENTS, {"people": PEOPLE, "leads": LEADS})
    data, settings = root / "data", root / "aac.toml"
    rows = [["email", "Phone no", "city"], ["ann@a.example", "555 0100", "Berlin"], ["bob@b.example", 5550100, "Paris"]]
    leads = [line.split(",") for line in LEADS.splitlines()]
    if form == "utf-16":
        (data / "people.csv").write_text(PEOPLE, encoding="utf-16")
    elif form in ("xlsx", "jsonl"):
        settings.write_text(settings.read_text().replace('"csv"', f'"{form}"'))
        for name, table in (("people", rows), ("leads", leads)):
            (data / f"{name}.csv").unlink()
            if form == "xlsx":
                write_workbook(data / f"{name}.xlsx", {"Sheet": table})
            else:
                objects = (json.dumps(dict(zip(table[0], row, strict=True))) for row in table[1:])
                (data / f"{name}.jsonl").write_text("\n".join(objects) + "\n")
    done = run_aac(root, "pull")
    assert done.returncode == 0, done.stderr
    checked = run_aac(root, "check", "--format", "json")
    refuse_secrets(kept(root), done.stdout.encode(), done.stderr.encode(), checked.stdout.encode())
    assert hashed("ann@a.example").encode() in kept(root)
    assert number(measured(root), "from_berlin", "all").value == 2
    explained = run_aac(root, "explain", "person")
    refuse_secrets(kept(root), explained.stdout.encode())


def test_what_was_pulled_before_is_gone(tmp_path: Path) -> None:
    plain = DOCUMENTS.replace(", landing: hash", "").replace(", landing: drop", "")
    root = write_project(tmp_path / "project", plain, {"people": PEOPLE, "leads": LEADS})
    assert run_aac(root, "pull").returncode == 0
    assert b"ann@a.example" in kept(root)
    (root / "alignment" / "all.yml").write_text(DOCUMENTS)
    done = run_aac(root, "pull")
    assert (done.returncode, "it is made anew" in done.stderr) == (0, True)
    refuse_secrets(kept(root), done.stderr.encode())
    assert "it is made anew" not in run_aac(root, "pull").stderr


def test_a_damaged_file_tells_nothing(tmp_path: Path) -> None:
    """The error of a file that cannot be read quotes nothing of it, and the rest of a pull that fails is cleaned up."""
    bad = PEOPLE + '"ann@a.example" and more,555 0100,Berlin\n'
    root = write_project(tmp_path / "project", DOCUMENTS, {"people": bad, "leads": LEADS})
    done = run_aac(root, "pull")
    assert done.returncode == 4
    assert "people.csv` cannot be read to leave out what is personal: it is damaged" in done.stdout
    refuse_secrets(kept(root), done.stdout.encode(), done.stderr.encode())


FIELDS = "kind: entity\nid: person\nfrom: crm.people\nkey: id\nfields:\n  id: text\n"


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ("  email: {type: text, landing: hash}", "AAC210", "what does not arrive as it is, is personal"),
        ("  born: {type: date, pii: true, landing: hash}", "AAC308", "a hash is a text, and this is of type date"),
        ("  sex: {type: text, pii: true, landing: hash, values: [f, m]}", "AAC308", "of a hash nobody knows which"),
        ("  mail: {type: text, pii: true, landing: hash, from: lower(email)}", "AAC308", "nothing can be reckoned"),
        ("  band: {is: \"'a'\", landing: drop}", "AAC308", "`landing` does not belong to a field with `is`"),
        ("  email: {type: text, pii: true, landing: salt}", "AAC308", "salt"),
        (
            "  email: {type: text, pii: true, landing: hash}\n  host: {type: text, from: 'lower(Email)'}",
            "AAC308",
            "`email` does not arrive as it is: `person.email` says `landing: hash`",
        ),
    ],
)
def test_what_cannot_be_hidden(tmp_path: Path, fields: str, code: str, says: str) -> None:
    _, found = load_documents(tmp_path, FIELDS + fields)
    assert [(f.code, says in f.message) for f in found if f.level == "error"] == [(code, True)]


@pytest.mark.parametrize("hidden", [", landing: hash", ""])
def test_a_reference_arrives_as_its_key_does(tmp_path: Path, hidden: str) -> None:
    person = f"{FIELDS.replace('  id: text', '  id: {type: text, pii: true%s}')}---\n" % hidden
    lead = "kind: entity\nid: lead\nfrom: crm.leads\nkey: id\nfields: {id: text, of: {ref: person, pii: true%s}}\n"
    _, found = load_documents(tmp_path, person + lead % hidden)
    assert [f.message for f in found if f.level == "error"] == []
    _, found = load_documents(tmp_path, person + lead % ("" if hidden else ", landing: hash"))
    told = "is" if hidden else "is not"
    assert [f.message for f in found if f.level == "error"] == [
        f"the key of `person` {told} hashed before it arrives, so this leads nowhere"
    ]


def test_a_key_is_not_dropped(tmp_path: Path) -> None:
    text = FIELDS.replace("  id: text", "  id: {type: text, pii: true, landing: drop}")
    _, found = load_documents(tmp_path, text)
    assert [f.message for f in found if f.level == "error"] == ["records are known by `id`, which is dropped"]

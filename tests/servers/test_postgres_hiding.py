"""Personal columns of a real PostgreSQL that do not arrive: of whole tables, and of those that are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.landing.hiding import hashed
from tests.commands import run_aac

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.postgresql import Server
    from tests.servers.pulling import Run

pytestmark = pytest.mark.servers

SETTINGS = '[project]\nname = "P"\nspec = 1\n\n[sources.crm]\nconnector = "postgres"\ndsn = { env = "CRM_DSN" }\n'
FOLLOWED = '\n[sources.crm.streams.people]\ncursor = "at"\ndeletes = "key_scan"\n'
PERSON = """\
kind: entity
id: person
from: crm.people
key: email
fields:
  email: {type: text, pii: true, landing: hash}
  phone: {type: integer, pii: true, landing: drop}
  at: timestamp
"""


@pytest.mark.parametrize("followed", ["", FOLLOWED])
def test_what_is_hidden_never_arrives(
    tmp_path: Path, server: Server, database: Run, monkeypatch: pytest.MonkeyPatch, followed: str
) -> None:
    database("""
        CREATE TABLE people (email text PRIMARY KEY, phone bigint, at timestamptz);
        INSERT INTO people VALUES ('ann@a.example', 5550100, now()), ('bob@b.example', 5550101, now())
    """)
    monkeypatch.setenv("CRM_DSN", server.url("crm"))
    (tmp_path / "alignment").mkdir()
    document = tmp_path / "alignment" / "person.yml"
    document.write_text(PERSON)
    (tmp_path / "aac.toml").write_text(SETTINGS + followed)
    assert pulled(tmp_path) == (0, 2)
    database("INSERT INTO people VALUES ('cy@c.example', 5550102, now()); DELETE FROM people WHERE phone = 5550101")
    assert pulled(tmp_path) == (0, 2)
    assert hashed("cy@c.example").encode() in kept(tmp_path)
    assert [text for text in (b"@a.example", b"@b.example", b"@c.example", b"55501") if text in kept(tmp_path)] == []
    if followed:  # what lies in batches is not taken back by itself
        document.write_text(PERSON.replace(", landing: drop", ""))
        done = run_aac(tmp_path, "pull")
        assert (done.returncode, "delete the folder `.aac`, and run `aac pull` again" in done.stdout) == (4, True)


def kept(root: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in (root / ".aac").rglob("*") if path.is_file())


def pulled(root: Path) -> tuple[int, int]:
    """The exit code of a pull, and how many people there are then."""
    done = run_aac(root, "pull", "--allow-mass-delete")
    return done.returncode, done.stdout.count("people: 2 records") + 2 * done.stderr.count("people: 2 records")

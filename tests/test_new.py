"""`aac new`: the draft of every kind validates as it is, and says what has to be there first."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import copy, copytree

import pytest

from aac import plugins
from aac.errors import UsageError
from aac.operations import open_project, write_draft
from tests.commands import run_aac

ROOT = Path(__file__).parent.parent
KINDS = plugins.load(None).kinds


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository's own project."""
    root = tmp_path_factory.mktemp("root")
    copytree(ROOT / "alignment", root / "alignment")
    copytree(ROOT / "plugins", root / "plugins")
    copy(ROOT / "aac.toml", root)
    return root


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "company" and not KINDS[kind].written_by])
def test_a_draft_validates(project: Path, kind: str) -> None:
    done = run_aac(project, "new", kind, "brand_new")
    assert done.returncode == 0, done.stderr
    path = project / done.stdout.strip()
    checked, text = run_aac(project, "validate", "--strict"), path.read_text(encoding="utf-8")
    path.unlink()
    assert checked.returncode == 0, checked.stdout
    assert "brand_new" in text
    assert "#" in text
    assert "$" not in text


def test_what_a_command_writes_is_left_to_it(project: Path) -> None:
    done = run_aac(project, "new", "signoff", "definition_mql__sales")
    assert (done.returncode, done.stdout) == (2, "")
    assert "a signoff is written by `aac agree`" in done.stderr


def test_a_company_goes_to_the_top(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").write_text('[project]\nname = "T"\nspec = 1\n')
    done = run_aac(tmp_path, "new", "company", "larkspur")
    assert done.stdout == "alignment/larkspur.yml\n"
    assert run_aac(tmp_path, "validate", "--strict").returncode == 0


def test_a_new_file_goes_where_its_kind_lies(project: Path) -> None:
    done = run_aac(project, "new", "team", "support")
    assert done.stdout == "alignment/teams/support.yml\n"
    (project / "alignment/teams/support.yml").unlink()


def test_a_packaged_document_is_no_place_for_own_ones(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").write_text('[project]\nname = "T"\nspec = 1\n')
    (tmp_path / "alignment").mkdir()
    (tmp_path / "alignment" / "mine.yml").write_text("kind: definition\nid: mine\nof: lead\nmeans: One of them.\n")
    assert run_aac(tmp_path, "new", "entity", "demand").stdout == "alignment/entities/demand.yml\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("metrik", "a"), "aac: there is no kind `metrik`; did you mean `metric`?\n"),
        (
            ("metric", "Win rate"),
            "aac: `Win rate` cannot be an id: use small letters, digits and `_`, with a letter first\n",
        ),
        (("team", "sales"), "aac: there is a team `sales` already, in alignment/teams/sales.yml:2:5\n"),
    ],
)
def test_what_cannot_be_new(project: Path, arguments: tuple[str, ...], says: str) -> None:
    done = run_aac(project, "new", *arguments)
    assert (done.returncode, done.stderr, done.stdout) == (2, says, "")


def test_a_file_that_is_there_is_never_replaced(project: Path) -> None:
    path = project / "alignment" / "teams" / "other.yml"
    path.write_text("kind: team\nid: another\nname: Another\n")
    done = run_aac(project, "new", "team", "other")
    assert (done.returncode, done.stderr) == (2, "aac: alignment/teams/other.yml is there already\n")
    assert path.read_text() == "kind: team\nid: another\nname: Another\n"
    path.unlink()


def test_an_empty_project_is_told_what_comes_first(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").write_text('[project]\nname = "T"\nspec = 1\n')
    done = run_aac(tmp_path, "new", "definition", "mql")
    assert done.returncode == 2
    assert done.stderr.startswith("aac: this definition names a")
    assert "write one first, with `aac new" in done.stderr
    assert not (tmp_path / "alignment").exists()


def written_or_told(root: Path, kind: str, id_: str) -> str:
    """Writes a draft, or says why it cannot."""
    try:
        write_draft(open_project(root), kind, id_)
    except UsageError as error:
        return str(error)
    return ""


def test_who_writes_first_what_is_told_to_come_first_gets_to_every_kind(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").write_text('[project]\nname = "T"\nspec = 1\n')
    kinds = [kind for kind, model in KINDS.items() if not model.written_by]
    second = [(kind, f"other_{kind}") for kind in kinds if kind != "company"]
    waiting = [*second, *((kind, f"my_{kind}") for kind in kinds[::-1])]
    written: list[tuple[str, str]] = []
    while waiting:
        assert len(waiting) == len(set(waiting)), "a document waits for itself"
        told = written_or_told(tmp_path, *waiting[-1])
        if told:
            waiting.append(re.findall(r"`aac new (\w+) (\w+)`", told)[0])
        else:
            written.append(waiting.pop())
    checked = run_aac(tmp_path, "validate", "--strict")
    assert checked.returncode == 0, checked.stdout
    assert {kind for kind, _ in written} == set(kinds)

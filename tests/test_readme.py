"""What the README shows is true: its documents are valid, its commands run, its screen is what `aac check` prints."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from shutil import copytree

import pytest

from aac.operations import open_project
from tests.commands import AAC, run_aac

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("readme") / "larkspur"
    root.mkdir()
    for name in ("alignment", "data", "plugins", "templates"):
        copytree(ROOT / name, root / name)
    for name in ("aac.toml", "Makefile", "pyproject.toml"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    return root


def test_its_first_command_leads_from_clone_to_wiki(root: Path) -> None:
    """All of it but what is installed: the environment is that of the tests."""
    (command,) = [text for language, text in BLOCKS if language == "sh"]
    (root / ".venv").mkdir()
    (root / ".venv" / ".ready").touch()
    done = subprocess.run(
        [*command.split(), f"BIN={AAC.parent}"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1772438400"},
    )
    assert done.returncode == 0, done.stderr
    assert "aac check ended with exit code 1: an agreement is off target" in done.stdout
    assert f"The wiki is there; open it in a browser: {root}/site/index.html" in done.stdout
    assert (root / "site" / "index.html").is_file()


def test_its_document_is_valid(root: Path) -> None:
    (document,) = [text for language, text in BLOCKS if language == "yaml"]
    (root / "alignment" / "slas" / "readme.yml").write_text(document.replace("id: sales_follow_up", "id: readme"))
    try:
        assert open_project(root).findings == ()
    finally:
        (root / "alignment" / "slas" / "readme.yml").unlink()


def test_its_settings_are_read(tmp_path: Path) -> None:
    (settings,) = [text for language, text in BLOCKS if language == "toml"]
    (tmp_path / "aac.toml").write_text(settings)
    assert tomllib.loads(settings)["sources"].keys() == open_project(tmp_path).project.config.sources.keys()


def test_its_screen_is_what_is_printed(root: Path) -> None:
    (screen,) = [text for _, text in BLOCKS if text.startswith("$ aac check")]
    assert (root / ".aac").is_dir()  # `make demo` pulled
    done = run_aac(root, "check", "--now", "2026-03-02T09:00")
    printed = re.sub(r"^Larkspur( @ \w+)?", "Larkspur", done.stdout).splitlines()
    shown = re.sub(r"Larkspur @ \w+", "Larkspur", screen).splitlines()[1:]
    assert [line for line in shown if line.strip() not in {"", "…"} and line not in printed] == []
    assert done.returncode == 1


def test_its_review_is_what_is_printed(root: Path) -> None:
    (screen,) = [text for _, text in BLOCKS if text.startswith("$ aac diff")]
    assert (root / ".aac").is_dir()
    (root / ".gitignore").write_text(".aac/\nsite/\n.venv/\n")
    for words in ("init --quiet", "add .", "-c user.name=a -c user.email=a@b.example commit --quiet -m agreed"):
        subprocess.run(["git", *words.split()], cwd=root, check=True)
    word = root / "alignment" / "definitions" / "mql.yml"
    word.write_text(word.read_text().replace("when: score > param.mql_threshold", "when: score > 60"))
    printed = run_aac(root, "diff").stdout.splitlines()
    assert [line for line in screen.splitlines()[1:] if line.strip() not in {"", "…"} and line not in printed] == []

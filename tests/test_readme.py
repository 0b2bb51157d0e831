"""What the README shows is true: its documents are valid and its screen is what `aac check` prints."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from shutil import copytree

import pytest

from aac.operations import open_project
from tests.commands import run_aac

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("readme") / "larkspur"
    root.mkdir()
    for name in ("alignment", "data"):
        copytree(ROOT / name, root / name)
    (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    return root


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
    assert run_aac(root, "pull").returncode == 0
    done = run_aac(root, "check", "--now", "2026-03-02T09:00")
    printed = re.sub(r"^Larkspur( @ \w+)?", "Larkspur", done.stdout).splitlines()
    shown = re.sub(r"Larkspur @ \w+", "Larkspur", screen).splitlines()[1:]
    assert [line for line in shown if line.strip() not in {"", "…"} and line not in printed] == []
    assert done.returncode == 1

"""The distribution: what the wheel holds, what `--version` says, and how the other `aac` shows itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest

import aac
from aac.distribution import VERSION, version_line

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"
SAMPLE = ("aac.toml", "alignment", "data", "templates", "plugins/brief.py", ".vscode")
"""What `aac init` copies."""

FOREIGN = {
    "aac/__init__.py": '"""The Architecture-as-Code tool."""\n__version__ = "0.5.21"\n__all__ = ("__version__",)\n',
    "aac/execute/__init__.py": "",
    "aac/execute/command_line.py": "def cli():\n    print('the foreign tool ran')\n",
    "aac/plugins/__init__.py": '"""Package for AaC plugins providing default commands and constraints."""\n',
    "aac-0.5.21.dist-info/METADATA": "Metadata-Version: 2.4\nName: aac\nVersion: 0.5.21\n",
    "aac-0.5.21.dist-info/RECORD": "",
}
"""The other distribution as it lies in site-packages (0.5.21; the files that matter here)."""


def install_foreign(folder: Path) -> None:
    for name, text in FOREIGN.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def install_ours(folder: Path) -> None:
    shutil.copytree(SRC, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def run_door(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ours with ``folder`` first on the import path, before the editable install of these tests."""
    command = [sys.executable, "-m", "alignment_as_code", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_version_line_has_the_installed_version_and_the_place() -> None:
    assert version_line() == f"alignment-as-code {version('alignment-as-code')} ({Path(aac.__file__).parent})"


def test_the_script_prints_the_version_line() -> None:
    script = Path(sys.executable).parent / "aac"
    run = subprocess.run([script, "--version"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, version_line() + "\n", "")


def test_python_m_aac_is_the_script() -> None:
    run = subprocess.run([sys.executable, "-m", "aac", "--version"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, version_line() + "\n")


def test_another_aac_that_comes_first_is_named(tmp_path: Path) -> None:
    install_foreign(tmp_path)
    run = run_door(tmp_path, "--version")
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr == (
        "aac: `aac.cli` of the distribution `alignment-as-code` cannot be imported: "
        f"the other distribution `aac` 0.5.21 is installed and stands in its place ({tmp_path / 'aac'}).\n"
        "Uninstall it, then install ours again:\n"
        f"  {sys.executable} -m pip uninstall aac\n"
        f"  {sys.executable} -m pip install --force-reinstall alignment-as-code\n"
    )


@pytest.mark.parametrize("ours_last", [True, False])
def test_another_aac_mixed_into_our_folder_is_named(tmp_path: Path, ours_last: bool) -> None:
    installs = (install_foreign, install_ours) if ours_last else (install_ours, install_foreign)
    for install in installs:
        install(tmp_path)
    run = run_door(tmp_path, "validate")
    assert run.returncode == 2
    assert "`aac.plugins` of the distribution" in run.stderr
    assert f"`aac` 0.5.21 is installed and stands in its place ({tmp_path}/aac/plugins/__init__.py)" in run.stderr
    assert "pip uninstall aac" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_folder_named_aac_that_comes_first_is_named(tmp_path: Path) -> None:
    (tmp_path / "aac").mkdir()
    (tmp_path / "aac" / "__init__.py").touch()
    run = run_door(tmp_path, "--version")
    assert run.returncode == 2
    assert f"another package named `aac` comes first on the import path ({tmp_path / 'aac'})" in run.stderr


@pytest.mark.parametrize("broken", ["from aac.findings import gone", "import gone"])
def test_a_mistake_of_our_own_is_not_blamed_on_anybody(tmp_path: Path, broken: str) -> None:
    install_ours(tmp_path)
    (tmp_path / "aac" / "cli.py").write_text(broken, encoding="utf-8")
    run = run_door(tmp_path, "--version")
    assert run.returncode == 1
    assert "Traceback" in run.stderr
    assert "stands in its place" not in run.stderr


def test_a_missing_library_is_not_blamed_on_the_other_aac(tmp_path: Path) -> None:
    install_ours(tmp_path)
    install_foreign(tmp_path)
    (tmp_path / "aac" / "cli.py").write_text("import gone", encoding="utf-8")
    assert "ModuleNotFoundError: No module named 'gone'" in run_door(tmp_path).stderr


def test_the_wheel_holds_all_that_runs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    with ZipFile(next(tmp_path.glob(f"alignment_as_code-{VERSION}-py3-none-any.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        points = wheel.read(f"alignment_as_code-{VERSION}.dist-info/entry_points.txt").decode()
    written = {path.relative_to(SRC).as_posix() for path in SRC.rglob("*") if path.is_file()}
    sample = {path for part in SAMPLE for path in [ROOT / part, *(ROOT / part).rglob("*")] if path.is_file()}
    written |= {f"aac/sample/{path.relative_to(ROOT).as_posix()}" for path in sample}
    assert held == {name for name in written if "__pycache__" not in name}
    assert "aac = alignment_as_code:main" in points

"""The commands as a user runs them: what goes where, and the exit codes of LANGUAGE §10."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from aac.errors import SourceError
from aac.publishing import replace_folder
from aac.reports.base import Page
from tests.commands import AAC, run_aac

ROOT = Path(__file__).parent.parent
NOW = "2026-03-02T09:00"
MESSAGE = "kind: team\nid: nobody\nname: Nobody\ncolour: red\n"


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company, pulled once; tests that change something copy it."""
    root = tmp_path_factory.mktemp("commands") / "larkspur"
    root.mkdir()
    for name in ("alignment", "data"):
        copytree(ROOT / name, root / name)
    (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    assert run_aac(root, "pull").returncode == 0
    return root


@pytest.fixture
def larkspur(pulled: Path, tmp_path: Path) -> Path:
    return copytree(pulled, tmp_path / "larkspur")


@pytest.fixture(scope="module")
def checked(pulled: Path) -> subprocess.CompletedProcess[str]:
    return run_aac(pulled, "check", "--now", NOW)


@pytest.fixture(scope="module")
def built(pulled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its pages; tests that change something copy it."""
    root = copytree(pulled, tmp_path_factory.mktemp("built") / "larkspur")
    done = run_aac(root, "build", "--now", NOW)
    assert done.returncode == 0
    assert Path(done.stdout.strip()).is_file()
    return root


def pages_of(root: Path) -> dict[str, bytes]:
    site = root / "site"
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_validate_says_what_is_fine(pulled: Path) -> None:
    done = run_aac(pulled, "validate")
    documents = sum(("\n" + path.read_text()).count("\nkind: ") for path in (pulled / "alignment").rglob("*.yml"))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{documents} documents are fine\n", "")


def test_a_wrong_document_ends_everything_with_2(larkspur: Path) -> None:
    (larkspur / "alignment" / "nobody.yml").write_text(MESSAGE)
    done = run_aac(larkspur, "validate")
    assert done.returncode == 2
    assert "error[AAC207]" in done.stdout
    assert "alignment/nobody.yml:4:1" in done.stdout
    for command in ("pull", "check", "build"):
        stopped = run_aac(larkspur, command)
        assert (stopped.returncode, stopped.stdout) == (2, "")
        assert "alignment/nobody.yml:4:1" in stopped.stderr
    assert not (larkspur / "site").exists()


def test_a_project_without_documents_is_not_fine(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    done = run_aac(tmp_path, "validate")
    assert done.returncode == 2
    assert "error[AAC111]: there is no folder `alignment` in" in done.stdout
    assert run_aac(tmp_path, "check").returncode == 2


def test_outside_a_project(tmp_path: Path) -> None:
    done = run_aac(tmp_path, "validate")
    assert done.returncode == 2
    assert "aac.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_is_found_from_a_folder_inside(pulled: Path) -> None:
    assert run_aac(pulled / "alignment" / "slas", "validate").returncode == 0


def test_before_the_first_pull(larkspur: Path) -> None:
    (larkspur / ".aac" / "store.duckdb").unlink()
    done = run_aac(larkspur, "check")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "aac: there is no data yet: run `aac pull` first\n"


def test_a_source_that_failed_ends_with_4_and_leaves_the_store(
    larkspur: Path, checked: subprocess.CompletedProcess[str]
) -> None:
    (larkspur / "data").rename(larkspur / "elsewhere")
    done = run_aac(larkspur, "pull")
    assert done.returncode == 4
    assert "data" in done.stdout + done.stderr
    assert run_aac(larkspur, "check", "--now", NOW).stdout == checked.stdout


def test_what_is_off_target_ends_with_1(checked: subprocess.CompletedProcess[str]) -> None:
    assert checked.returncode == 1, checked.stderr
    assert "Traceback" not in checked.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--fail-on", "never"), 0),
        (("--fail-on", "stale"), 3),  # the survey tool was given up
        (("--fail-on", "stale,off_target"), 1),
        (("--fail-on", "at_risk"), 1),  # the current window of fast_demo_reply
        (("--fail-on", "findings"), 1),
        (("--fail-on", "off_target,not_measurable"), 1),
        (("--fail-on", "of_target"), 2),
        (("--fail-on", "never,stale"), 2),
        (("--window", "yesterday"), 2),
        (("--window", "last:0"), 2),
        (("--as-of", "soon"), 2),
        (("--now", "soon"), 2),
        (("--format", "xml"), 2),
        (("--output", "a", "--output", "b"), 2),
        (("--verbose",), 2),
    ],
    ids=str,
)
def test_exit_codes_of_check(pulled: Path, options: tuple[str, ...], code: int) -> None:
    done = run_aac(pulled, "check", "--now", NOW, *options)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code == 2:
        assert done.stdout == ""


def test_a_stale_source_fails_with_3_unless_something_is_off_target(larkspur: Path) -> None:
    settings = larkspur / "aac.toml"
    written = settings.read_text()
    freshness = 'freshness = {error_after = "3 days"}\n\n'
    settings.write_text(written.replace("[sources.surveys]", freshness + "[sources.surveys]"))
    fresh = json.loads(run_aac(larkspur, "check", "--now", NOW, "--format", "json").stdout)
    assert fresh["sources"][0]["status"] == "fresh"
    done = run_aac(larkspur, "check", "--now", "2026-03-06", "--format", "json")
    assert done.returncode == 3
    stale = json.loads(done.stdout)
    assert stale["sources"][0]["status"] == "stale"
    assert {r["status"] for r in stale["results"] if not r["by"] and r["window"]["label"] == "2026-02"} >= {"stale"}
    assert stale["summary"]["stale"] > 0
    assert run_aac(larkspur, "check", "--now", "2026-03-06", "--fail-on", "off_target").returncode == 0


def test_the_same_bytes_for_the_same_now(larkspur: Path) -> None:
    first = run_aac(larkspur, "check", "--format", "json", SOURCE_DATE_EPOCH="1772442000")
    again = run_aac(larkspur, "check", "--format", "json", "--now", "2026-03-02T09:00:00Z")
    assert first.stdout == again.stdout
    assert json.loads(first.stdout)["now"] == "2026-03-02T09:00:00Z"


def test_every_result_carries_the_as_of_that_was_asked_for(pulled: Path) -> None:
    # a time without an offset is the company's, and a date is the first instant after that day
    for asked, told in [("2026-02-01T00:00", "2026-01-31T23:00:00Z"), ("2026-01-31", "2026-01-31T23:00:00Z")]:
        done = run_aac(pulled, "check", "--as-of", asked, "--format", "json", "--now", NOW)
        results = json.loads(done.stdout)["results"]
        assert {r["as_of"] for r in results} == {told}
        assert {r["window"]["label"] for r in results if r["id"] == "mqls"} == {"2026-01", "2026-02"}


def test_windows_can_be_named(pulled: Path) -> None:
    done = run_aac(pulled, "check", "--window", "last:3", "--window", "2025-Q4", "--format", "json", "--now", NOW)
    results = json.loads(done.stdout)["results"]
    labels = {r["window"]["label"] for r in results if r["id"] == "win_rate"}
    assert labels == {"2025-12", "2026-01", "2026-02", "2025-Q4"}


def test_formats_and_outputs_go_together(larkspur: Path) -> None:
    done = run_aac(larkspur, "check", "--format", "json", "--output", "r.json", "--format", "text", "--now", NOW)
    results = json.loads((larkspur / "r.json").read_text())
    assert results["schema"] == "aac-results/1"
    validator: Any = Draft202012Validator(json.loads(run_aac(larkspur, "schema", "results").stdout))
    assert [error.message for error in validator.iter_errors(results)] == []
    assert done.stdout.splitlines()[0].endswith(" · Larkspur")
    missing = run_aac(larkspur, "check", "--format", "json", "--output", "no/such/folder/r.json", "--now", NOW)
    assert (missing.returncode, missing.stdout) == (4, "")
    assert "cannot be written" in missing.stderr


def test_output_is_plain_where_nobody_looks(larkspur: Path) -> None:
    (larkspur / "alignment" / "nobody.yml").write_text(MESSAGE)
    for command in ("validate", "check"):
        done = run_aac(larkspur, command)
        assert "\x1b" not in done.stdout + done.stderr


def test_build_replaces_what_it_made_and_keeps_the_rest(built: Path, tmp_path: Path) -> None:
    root = copytree(built, tmp_path / "larkspur")
    site = root / "site"
    assert (site / "sla" / "sales_follow_up.html").is_file()
    (site / "CNAME").write_text("alignment.example")
    (root / "alignment" / "slas" / "deal_decided.yml").unlink()
    assert run_aac(root, "build", "--now", NOW).returncode == 0
    assert (site / "CNAME").read_text() == "alignment.example"
    assert not (site / "sla" / "deal_decided.html").exists()
    assert pages_of(built).keys() - pages_of(root).keys() == {"sla/deal_decided.html"}
    assert [path.name for path in root.iterdir() if path.name.startswith(".site")] == []


def test_build_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    root = copytree(built, tmp_path / "larkspur")
    assert run_aac(root, "build", "--now", NOW).returncode == 0
    assert pages_of(root) == pages_of(built)


@pytest.mark.parametrize("is_file", [True, False])
def test_build_never_replaces_what_is_not_its_own(larkspur: Path, is_file: bool) -> None:
    theirs = larkspur / "site" if is_file else larkspur / "site" / "index.html"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("theirs")
    refused = run_aac(larkspur, "build", "--now", NOW)
    assert refused.returncode == 2
    assert "was not made by `aac build`" in refused.stderr
    assert theirs.read_text() == "theirs"


@pytest.mark.parametrize(
    ("line", "place", "code", "told"),
    [
        ('connector = "cvs"', "8:1", "AAC610", "did you mean `csv`?"),
        ('connector = "csv"\npaht = "data"', "9:1", "AAC602", "did you mean `path`?"),
        ('connector = "csv"\nfiles = "x"', "9:1", "AAC603", "`x` is not a mapping"),
        ('connector = "csv"\nencoding = "klingon"', "9:1", "AAC603", "]: no encoding has the name `klingon`\n"),
    ],
)
def test_settings_a_connector_does_not_understand(larkspur: Path, line: str, place: str, code: str, told: str) -> None:
    settings = larkspur / "aac.toml"
    settings.write_text(settings.read_text().replace('connector = "csv"', line, 1))
    done = run_aac(larkspur, "validate")
    assert done.returncode == 2
    assert f"error[{code}]" in done.stdout
    assert f"aac.toml:{place}" in done.stdout
    assert told in done.stdout


@pytest.mark.parametrize("output", ["data", "/proc/results.json"])
def test_an_output_that_cannot_be_written(larkspur: Path, output: str) -> None:
    before = set(larkspur.iterdir())
    done = run_aac(larkspur, "check", "--output", output, "--format", "json")
    assert done.returncode == 4
    assert done.stderr.startswith(f"aac: {output} cannot be written")
    assert set(larkspur.iterdir()) == before


def test_a_page_that_comes_out_as_it_was_keeps_its_date(tmp_path: Path) -> None:
    site = tmp_path / "site"
    replace_folder(site, [Page("same.html", "größer\n"), Page("other.html", "1\n")])
    for page in ("same.html", "other.html"):
        os.utime(site / page, (1_000_000_000, 1_000_000_000))
    replace_folder(site, [Page("same.html", "größer\n"), Page("other.html", "2\n")])
    dates = {path.name: path.stat().st_mtime == 1_000_000_000 for path in site.glob("*.html")}
    assert dates == {"same.html": True, "other.html": False}
    assert (site / "other.html").read_text() == "2\n"


def test_a_site_that_cannot_be_written() -> None:
    with pytest.raises(SourceError, match="/proc/site cannot be written"):
        replace_folder(Path("/proc/site"), [])


SLOW = """
import sys
import time
from aac import Settings, hookimpl

class Slow:
    name, settings = "slow", Settings
    def __init__(self, settings, context): ...
    def check(self):
        print("reading", file=sys.stderr, flush=True)
        time.sleep(60)

@hookimpl
def aac_connectors():
    return [Slow]
"""


def test_ctrl_c_ends_with_130_and_nothing_half_written(larkspur: Path) -> None:
    (larkspur / "plugins").mkdir()
    (larkspur / "plugins" / "slow.py").write_text(SLOW)
    settings = larkspur / "aac.toml"
    written = settings.read_text()
    settings.write_text(written + '\n[sources.slow]\nconnector = "slow"\n')
    process = subprocess.Popen([AAC, "pull"], cwd=larkspur, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = ""
    while "reading" not in told and process.poll() is None:
        told += process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=30)
    assert process.returncode == 130, told + rest
    assert (out, "Traceback" in rest) == ("", False)
    settings.write_text(written)
    assert run_aac(larkspur, "check", "--now", NOW).returncode == 1

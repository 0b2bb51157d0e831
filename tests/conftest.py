"""Snapshots: texts that are kept in files beside the tests, compared, and rewritten only on demand."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True, scope="session")
def caches_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither read nor fill the cache of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--snapshot-update",
        action="store_true",
        help="rewrite the texts of snapshots; expected numbers are no snapshots and stay",
    )


LONGEST = (
    "conformance", "how_to", "commands", "oracles", "killed", "what_came_later", "exactness", "random_bases",
    "tutorial", "codes", "init", "template_pages", "random_derived", "readme", "change_rules",
    "sample_page", "larkspur",
)  # fmt: skip
"""The files of tests that take longest: begun last, one of them would keep a single core busy at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_collection_finish() -> None:
    """Ten thousand tests stay until the end: looking through them for garbage, over and over, finds none."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@dataclass(frozen=True)
class Snapshots:
    """Compares texts with files, or with `--snapshot-update` writes them."""

    is_update: bool

    def check(self, path: Path, text: str) -> None:
        """``text`` is what the file at ``path`` says, line breaks and indentation apart."""
        if self.is_update:
            path.write_text(text, encoding="utf-8", newline="\n")
        written = path.read_text(encoding="utf-8") if path.exists() else ""
        assert written == text, f"{path.name} says something else; `pytest --snapshot-update` rewrites it"


@pytest.fixture
def snapshots(request: pytest.FixtureRequest) -> Snapshots:
    return Snapshots(bool(request.config.getoption("--snapshot-update")))

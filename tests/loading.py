"""Documents in memory's reach: a project written to a folder, loaded, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac import config, plugins
from aac.loading import load
from aac.packs import Packs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aac.findings import Finding
    from aac.project import Project

REGISTRY = plugins.load(None)
KINDS = REGISTRY.kinds
CONFIG = '[project]\nname = "Test"\nspec = 1\n[sources.crm]\nconnector = "csv"\npath = "data"\n'


def load_files(root: Path, files: Mapping[str, str]) -> tuple[Project, tuple[Finding, ...]]:
    """The project in a folder after these files, named by their paths, were written into it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load(config.load(root), KINDS, packs=Packs(REGISTRY.packs))


def load_documents(root: Path, text: str, settings: str = CONFIG) -> tuple[Project, tuple[Finding, ...]]:
    """The project whose documents are the text, all in ``alignment/all.yml``."""
    return load_files(root, {"aac.toml": settings, "alignment/all.yml": text})

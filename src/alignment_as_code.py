"""The door of the distribution `alignment-as-code`: what the script `aac` runs.

It stands outside the package `aac`, because the package index has another distribution, `aac` (Architecture-as-Code),
whose package and script have the same name as ours. What a user sees depends on which files won:

- Theirs stands in an earlier folder of `sys.path` (ours is an editable install, or in another folder): nothing of ours
  under `aac/` can run. This module can: the import of `aac.cli` fails here and is explained.
- Both were installed into one folder, ours last: our files overwrote theirs, but their folder `aac/plugins/` hides our
  `aac/plugins.py`. The import from it fails when a command needs plugins, and is explained.
- Both were installed into one folder, theirs last: the script `aac` is theirs too, and nothing of ours runs.
  `python -m alignment_as_code` does, and explains it as above.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; a failed import that the other `aac` causes ends with exit code 2 and says what to do."""
    try:
        from aac.cli import main as run

        run()
    except ImportError as error:
        explanation = explain_failed_import(error)
        if explanation is None:
            raise
        print(explanation, file=sys.stderr)
        sys.exit(2)


def explain_failed_import(error: ImportError) -> str | None:
    """What to tell the user, if a module of ours was looked for and another `aac` stands in its place; else None."""
    from importlib.metadata import PackageNotFoundError, version
    from importlib.util import find_spec
    from pathlib import Path

    if error.name is None or error.name.partition(".")[0] != "aac":
        return None
    spec = find_spec("aac")
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()] if spec else []
    where = error.path or ", ".join(str(folder) for folder in folders)
    failed = f"aac: `{error.name}` of the distribution `alignment-as-code` cannot be imported"
    try:
        other = version("aac")
    except PackageNotFoundError:
        if any((folder / "distribution.py").exists() for folder in folders):
            return None
        return f"{failed}: another package named `aac` comes first on the import path ({where}). Remove or rename it."
    return (
        f"{failed}: the other distribution `aac` {other} is installed and stands in its place ({where}).\n"
        f"Uninstall it, then install ours again:\n"
        f"  {sys.executable} -m pip uninstall aac\n"
        f"  {sys.executable} -m pip install --force-reinstall alignment-as-code"
    )


if __name__ == "__main__":
    main()

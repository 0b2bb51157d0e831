"""What is installed: the distribution's name and version, and where its package stands.

The version is written here only; the build reads it from here (`[tool.hatch.version]`). So `aac --version` opens no
package metadata, which costs 33 ms.
"""

from __future__ import annotations

from pathlib import Path

NAME = "alignment-as-code"
VERSION = "0.1.0"


def version_line() -> str:
    """What ``aac --version`` prints: ``alignment-as-code 0.1.0 (/path/to/aac)``.

    The path tells our package from the one of another distribution that also imports as ``aac``.
    """
    return f"{NAME} {VERSION} ({Path(__file__).resolve().parent})"

"""`python -m aac` is the script `aac`."""

from __future__ import annotations

from alignment_as_code import main

main()

"""Writes `docs/screenshots`: what a terminal shows of the sample company, and its wiki (`make screenshots`)."""

from __future__ import annotations

import shutil
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.browser.chromium import Medium, Tab, chromium
from tests.browser.pictures import small
from tests.commands import run_aac

ROOT = Path(__file__).parent.parent.parent
OUT = ROOT / "docs" / "screenshots"
NOW = "2026-03-02T09:00"
MOST_BYTES = 150_000
LINES = 34
"""Of the terminal's screen."""
PAGES = (
    ("wiki", "index.html", 1120, 760, False),
    ("agreement", "sla/sales_follow_up.html", 1040, 820, False),
    ("metrics_dark", "metric/win_rate.html", 1120, 760, True),
    ("phone", "scorecards.html", 360, 760, False),
)
"""Name, page, width, height, and whether by night."""
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def terminal(text: str) -> str:
    """Lines of a terminal as SVG."""
    lines = text.splitlines()
    shown = ["$ aac check", *lines[:LINES], *(["…"] if len(lines) > LINES else [])]
    height = 18 * len(shown) + 32
    rows = "".join(
        f'<text x="16" y="{28 + 18 * number}" xml:space="preserve">{escape(line)}</text>\n'
        for number, line in enumerate(shown)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{height}" viewBox="0 0 720 {height}" role="img" '
        f'aria-label="The screen of aac check">\n<rect width="720" height="{height}" rx="8" fill="#15181b"/>\n'
        f'<g fill="#e8e6e1" font-family="{FONT}" font-size="14">\n{rows}</g>\n</svg>\n'
    )


def shot(tab: Tab, page: Path, width: int, height: int, *, dark: bool = False, media: Medium = "screen") -> bytes:
    """The top of a page as PNG, of few colours."""
    tab.look(width, height, dark=dark, media=media)
    tab.open(page.as_uri())
    return small(tab.page.screenshot())


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        root = Path(folder) / "larkspur"
        for name in ("alignment", "data", "plugins", "templates"):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name)
        (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
        assert run_aac(root, "pull").returncode == 0
        screen = run_aac(root, "check", "--now", NOW).stdout
        (OUT / "check.svg").write_text(terminal(screen), encoding="utf-8", newline="\n")
        assert run_aac(root, "build", "--now", NOW).returncode == 0
        with chromium() as tab:
            pictures = {
                name: shot(tab, root / "site" / page, width, height, dark=dark)
                for name, page, width, height, dark in PAGES
            }
            agenda = root / "site" / "agendas" / "weekly_lead_review.html"
            pictures["printed"] = shot(tab, agenda, 794, 1123, media="print")  # A4 at 96 dots an inch
    for name, picture in pictures.items():
        assert len(picture) <= MOST_BYTES, (name, len(picture))
        (OUT / f"{name}.png").write_bytes(picture)
    sys.stdout.write(
        "".join(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes\n" for path in sorted(OUT.iterdir()))
    )


if __name__ == "__main__":
    main()

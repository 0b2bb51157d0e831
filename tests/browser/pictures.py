"""PNG files of few colours: what a browser writes, with a palette and without what no eye sees."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLORS = 256
STEP = 8
"""Shades that are closer than this are one."""

Color = tuple[int, int, int]


def small(png: bytes) -> bytes:
    """The picture with at most 256 colours, the commonest, and those near them; it must have 8 bits a channel."""
    width, height, rows = _decoded(png)
    pixels = [[tuple(row[at : at + 3]) for at in range(0, len(row), len(row) // width)] for row in rows]
    counts = Counter(_rounded(pixel) for row in pixels for pixel in row)
    palette = [color for color, _ in counts.most_common(COLORS)]
    place = {color: number for number, color in enumerate(palette)}
    place |= {color: _nearest(color, palette) for color in counts.keys() - place.keys()}
    lines = b"".join(b"\0" + bytes(place[_rounded(pixel)] for pixel in row) for row in pixels)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(channel for color in palette for channel in color)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _rounded(pixel: tuple[int, ...]) -> Color:
    red, green, blue = (min(255, (channel + STEP // 2) // STEP * STEP) for channel in pixel)
    return red, green, blue


def _nearest(color: Color, palette: list[Color]) -> int:
    apart = [sum((a - b) ** 2 for a, b in zip(color, other, strict=True)) for other in palette]
    return apart.index(min(apart))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _decoded(png: bytes) -> tuple[int, int, list[bytearray]]:
    """Width, height, and the bytes of each row without the filters of PNG."""
    chunks = list(_chunks(png))
    width, height, depth, sort = struct.unpack_from(">IIBB", chunks[0][1])
    assert depth == 8
    assert sort in (2, 6)
    step = 3 if sort == 2 else 4
    data = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    rows: list[bytearray] = []
    above = bytearray(width * step)
    for number in range(height):
        start = number * (width * step + 1)
        above = _unfiltered(data[start], bytearray(data[start + 1 : start + 1 + width * step]), above, step)
        rows.append(above)
    return width, height, rows


def _unfiltered(sort: int, row: bytearray, above: bytearray, step: int) -> bytearray:
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        up, corner = above[at], above[at - step] if at >= step else 0
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[sort]
        row[at] = (row[at] + guess) & 255
    return row


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))

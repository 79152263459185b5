"""How the pictures of reports look: colours, fonts, and small PNG files."""

import struct
import zlib
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

INK = "#1f2933"  # text
FAINT = "#6b7785"  # ticks and secondary text
GRID = "#e4e8ec"
GREY = "#8a97a6"  # what is there for comparison
BLUE = "#0b6bcb"  # what counts
ORANGE = "#d9610c"  # what does not belong; told from the blue by everybody
RED = "#cc2e21"  # mistakes
DPI = 120
COLOURS, FREQUENT = 64, 48  # that a palette holds, and those of them that are chosen by number


def new_figure(width: float, height: float) -> Any:
    """A white figure of this size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, facecolor="white")


def write_title(figure: Any, left: float, title: str, *lines: str) -> None:
    """Write a title and lines below it, at a place in inches that is the same in all pictures."""
    width, height = figure.get_size_inches()
    left /= width
    figure.text(left, 1 - 0.34 / height, title, size=13, weight="bold", color=INK)
    for number, line in enumerate(lines):
        figure.text(left, 1 - (0.6 + 0.23 * number) / height, line, size=10, color=FAINT)


def shortened(name: str, most: int = 56) -> str:
    """A name as the font can draw it, without its middle where it is too long for its place.

    Args:
        name: of a label, a model or a data set; it may be anything.
        most: how many characters have room; 8 or more, as the code of any character has then.

    Returns:
        The name, with the code of each character that the font lacks: 漢 is U+6F22.
    """
    signs = deque(_drawable(sign) for sign in name)
    if sum(map(len, signs)) <= most:
        return "".join(signs)
    start = end = ""
    while True:  # from both ends, until the next sign has no room beside the dots
        from_start = len(start) <= len(end)
        sign = signs.popleft() if from_start else signs.pop()
        if len(start) + len(sign) + len(end) >= most:
            return f"{start}…{end}"
        start, end = (start + sign, end) if from_start else (start, sign + end)


def _drawable(sign: str) -> str:
    """A character, or its code where the font lacks it."""
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont("DejaVu Sans"))  # comes with matplotlib, which draws with it
    there = font.get_char_index(ord(sign)) and sign.isprintable()
    return sign if there else f"U+{ord(sign):04X}"


def calm(axes: Any, grid: str = "y") -> None:
    """No frame, a faint grid, quiet ticks."""
    axes.spines[:].set_visible(False)
    axes.grid(axis=grid, color=GRID, lw=1, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelcolor=FAINT, labelsize=9, pad=6)


def png(figure: Any) -> bytes:
    """Draw a figure as a PNG with a palette: a third of the size of one without."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a name with two $ in it is no formula
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return palette_png(np.asarray(canvas.buffer_rgba())[..., :3])


def palette_png(picture: NDArray[np.uint8]) -> bytes:
    """Encode a picture with 64 colours (PNG, ISO/IEC 15948).

    Args:
        picture: (H, W, 3) uint8, red, green, blue. A colour without a place in the palette becomes
            the nearest one that has: in a drawing, a shade at the edge of a letter.
    """
    height, width, _ = picture.shape
    packed = picture.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    packs, place, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([packs >> 16, packs >> 8 & 255, packs & 255], axis=1).astype(np.int32)
    nearest, distance = np.zeros(len(colours), np.uint8), np.full(len(colours), np.inf)
    palette = np.zeros((min(COLOURS, len(colours)), 3), np.int32)
    frequent = np.argsort(-counts, kind="stable")
    for number in range(len(palette)):
        # the last places go to what would otherwise be changed most
        which = frequent[number] if number < FREQUENT else int(distance.argmax())
        palette[number] = colours[which]
        apart = ((colours - palette[number]) ** 2).sum(axis=1)
        nearest[apart < distance] = number
        distance = np.minimum(distance, apart)
    rows = np.zeros((height, 1 + width), np.uint8)  # each row starts with its filter: none
    rows[:, 1:] = nearest[place].reshape(height, width)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits, palette
    parts = (
        (b"IHDR", header),
        (b"PLTE", palette.astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

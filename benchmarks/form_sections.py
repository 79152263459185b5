"""What stands on a form: title, boxes, combs, tables, lines, text; each told where it ends."""

from collections.abc import Callable

import cv2
import numpy as np
from form_sheet import PAGE, Sheet

WORDS = (
    *(
        "Name",
        "Date",
        "Amount",
        "Total",
        "Number",
        "Quantity",
        "Reading",
        "Meter",
        "Account",
        "Sum",
    ),
    *("Weight", "Height", "Price", "Page", "Customer", "Invoice", "Tax", "Order", "Room", "Day"),
    *("Month", "Year", "Street", "Postcode", "Phone", "Balance", "Stock", "Item", "Notes"),
)


def _words(rng: np.random.Generator, least: int, most: int) -> str:
    return " ".join(rng.choice(WORDS, int(rng.integers(least, most + 1))))


def title(sheet: Sheet, y: float) -> float:
    """A heading, now and then with small print or a logo."""
    size = float(sheet.rng.uniform(4, 9))
    sheet.print(_words(sheet.rng, 1, 3), float(sheet.rng.uniform(15, 60)), y, size)
    if sheet.rng.random() < 0.4:
        sheet.print(_words(sheet.rng, 6, 9), 15, y + size + 3, 2.6)
    if sheet.rng.random() < 0.3:  # a logo
        centre = round(180 * sheet.dots), round((y + 8) * sheet.dots)
        cv2.circle(sheet.light, centre, round(9 * sheet.dots), 0.3, cv2.FILLED)
        cv2.circle(sheet.light, centre, round(5 * sheet.dots), 0.9, cv2.FILLED)
    return y + size + 10


def _boxed_fields(sheet: Sheet, y: float) -> float:
    """Names with boxes or lines to write on, one or two in a row."""
    high = max(sheet.digit * float(sheet.rng.uniform(1.25, 2.2)), 6)
    boxed = sheet.rng.random() < 0.6
    columns = int(sheet.rng.integers(1, 3))
    wide = 180 / columns
    for _ in range(int(sheet.rng.integers(2, 5))):
        for column in range(columns):
            x = 15 + column * wide
            size = float(sheet.rng.uniform(2.4, 3.6))
            end = sheet.print(_words(sheet.rng, 1, 1) + ":", x, y + 0.5 * high - size / 2, size)
            start, last = end + 3, x + wide - 6
            if boxed:
                sheet.box(start, y, last - start, high)
            else:
                sheet.line((start, y + high), (last, y + high))
            if sheet.rng.random() < 0.85:
                kind = "box" if boxed else "underline"
                sheet.write(kind, start + 1.5, y + 0.3, last - start - 3, high - 0.6)
        y += high + float(sheet.rng.uniform(2, 6))
    return y + 4


def _combs(sheet: Sheet, y: float) -> float:
    """Rows of places for one digit each: boxes, or teeth on a line."""
    step = max(sheet.digit * float(sheet.rng.uniform(1.0, 1.4)), 4.5)
    high = step * float(sheet.rng.uniform(1.0, 1.4))
    boxed = sheet.rng.random() < 0.6
    for _ in range(int(sheet.rng.integers(1, 3))):
        count = int(sheet.rng.integers(4, 10))
        end = sheet.print(_words(sheet.rng, 1, 1), 15, y + 0.3 * high, 3) + 4
        if boxed:
            sheet.box(end, y, count * step, high)
        else:
            sheet.line((end, y + high), (end + count * step, y + high))
        for tooth in range(0 if not boxed else 1, count + (not boxed)):
            x = end + tooth * step
            sheet.line((x, y if boxed else y + 0.7 * high), (x, y + high))
        sheet.write_comb(end, y, step, high, count)
        y += high + 5
    return y + 4


def _table(sheet: Sheet, y: float) -> float:
    """A grid with a printed head; some of its cells are empty."""
    columns = int(sheet.rng.integers(3, 8))
    rows = int(sheet.rng.integers(3, 10))
    high = max(sheet.digit * float(sheet.rng.uniform(1.2, 2.0)), 5.5)
    rows = min(rows, int((PAGE[1] - 20 - y) / high))
    if rows < 2:
        return y
    wide = float(sheet.rng.uniform(0.8, 1)) * 180 / columns
    for row in range(rows + 1):
        sheet.line((15, y + row * high), (15 + columns * wide, y + row * high))
    for column in range(columns + 1):
        sheet.line((15 + column * wide, y), (15 + column * wide, y + rows * high))
    for column in range(columns):
        size = min(2.8, wide / 7)
        sheet.print(_words(sheet.rng, 1, 1)[:8], 16 + column * wide, y + 0.3 * high, size)
        for row in range(1, rows):
            if sheet.rng.random() < 0.75:
                x = 15 + column * wide
                sheet.write("cell", x + 0.8, y + row * high + 0.2, wide - 1.6, high - 0.4)
    return y + rows * high + 8


def _lines(sheet: Sheet, y: float) -> float:
    """Numbers in columns on plain or ruled paper."""
    high = sheet.digit * float(sheet.rng.uniform(1.5, 2.4))
    columns = int(sheet.rng.integers(1, 4))
    ruled = sheet.rng.random() < 0.5
    for _ in range(int(sheet.rng.integers(2, 7))):
        if y + high > PAGE[1] - 12:
            break
        if ruled:
            sheet.line((10, y + high), (200, y + high))
        for column in range(columns):
            wide = 180 / columns
            x = 15 + column * wide
            sheet.write("column", x, y + 0.2, wide - 2.2 * sheet.digit, high - 0.2)
        y += high
    return y + 6


def _text(sheet: Sheet, y: float) -> float:
    """A printed paragraph."""
    size = float(sheet.rng.uniform(2.0, 3.0))
    for _ in range(int(sheet.rng.integers(2, 7))):
        sheet.print(_words(sheet.rng, 8, 11), 15, y, size)
        y += 1.6 * size
    return y + 5


SECTIONS: tuple[Callable[[Sheet, float], float], ...] = (
    _boxed_fields,
    _boxed_fields,
    _combs,
    _table,
    _table,
    _lines,
    _text,
)

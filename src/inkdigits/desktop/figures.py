"""Numbers in large figures, of which one is chosen, in the window's readout."""

import tkinter as tk
from collections.abc import Callable

from inkdigits.desktop import look
from inkdigits.reading.result import Reading

_SPACED = 1.06  # lines of figures, in their height


class Figures:
    """Draws numbers, a line each, and lets one of their digits be chosen.

    Args:
        widget: where to.
        fonts: of the window.
        on_choice: called with the place of the digit that is clicked, counted over all numbers.
    """

    def __init__(
        self, widget: tk.Canvas, fonts: look.Fonts, on_choice: Callable[[int], None]
    ) -> None:
        self._widget = widget
        self._fonts = fonts
        self._on_choice = on_choice

    def draw(
        self, readings: tuple[Reading, ...], chosen: int, width: float, height: float, unit: float
    ) -> None:
        """Draw into a rectangle of that many pixels at the top left, as large as will fit."""
        longest = max(len(reading.text) for reading in readings)
        line = height / len(readings)
        self._fonts.fit_number(unit, longest, width, line / _SPACED)
        step = self._fonts.number.metrics("linespace") * _SPACED
        top = max(0.0, (height - step * len(readings)) / 2)
        place = 0
        for row, reading in enumerate(readings):
            doubts = [digit.label is None for digit in reading.digits]
            middle = top + (row + 0.5) * step
            x = 0.0
            for character in reading.text:
                advance = self._fonts.number.measure(character)
                if character.isdigit():
                    self._digit(character, x, middle, doubts.pop(0), place, place == chosen)
                    place += 1
                else:
                    self._text(character, x, middle, look.TEXT)
                x += advance

    def _digit(
        self, text: str, x: float, middle: float, doubted: bool, place: int, chosen: bool
    ) -> None:
        font = self._fonts.number
        wide, half = font.measure(text), font.metrics("ascent") / 2
        colour = look.DOUBT if doubted else look.TEXT
        tag = f"digit{place}"
        box = (x, middle - half, x + wide, middle + half)
        self._widget.create_rectangle(box, fill=look.DESK, outline="", tags=tag)
        self._text(text, x, middle, colour, tag)
        if doubted:
            self._widget.create_text(
                x + wide,
                box[1],
                text="?",
                font=self._fonts.body,
                fill=colour,
                anchor="ne",
                tags=tag,
            )
        if chosen:
            thick = max(2, round(half / 10))
            line = (x + 1, box[3] - thick, x + wide - 1, box[3])
            self._widget.create_rectangle(line, fill=look.ACCENT, outline="", tags=tag)
        self._widget.tag_bind(tag, "<Button-1>", lambda _: self._on_choice(place))

    def _text(self, text: str, x: float, middle: float, colour: str, tag: str = "") -> None:
        self._widget.create_text(
            x, middle, text=text, font=self._fonts.number, fill=colour, anchor="w", tags=tag
        )


def words(readings: tuple[Reading, ...]) -> tuple[str, str]:
    """Return how sure numbers are: a title, and what is said below it."""
    if len(readings) > 1:
        shares = [
            "not sure" if reading.reason else f"{reading.confidence:.2%}" for reading in readings
        ]
        return f"{len(readings)} numbers", ", ".join(shares)
    (reading,) = readings
    if reading.reason is not None:
        return "Not sure", f"closest: {reading.text}, {reading.confidence:.2%}"
    return f"{reading.confidence:.2%}", "confidence"


def where(readings: tuple[Reading, ...], chosen: int) -> str:
    """Return which digit is chosen, in words."""
    row = 0
    while chosen >= len(readings[row].digits):
        chosen -= len(readings[row].digits)
        row += 1
    digit = f"digit {chosen + 1} of {len(readings[row].digits)}"
    return f"line {row + 1}, {digit}" if len(readings) > 1 else digit

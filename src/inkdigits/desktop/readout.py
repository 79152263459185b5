"""The right-hand side of the window: the answer, what the model saw, and a bar for each label."""

import tkinter as tk
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkdigits.desktop import look
from inkdigits.desktop.answers import Answer, digits_of, doubtful
from inkdigits.desktop.figures import Figures, where, words
from inkdigits.desktop.grid import arrange
from inkdigits.prediction import Prediction
from inkdigits.wording import noun

_HEADER = 176  # height of the answer and the patch, in units
_PATCH_PIXEL = 4  # side of one of the patch's pixels, in units
_CUT = "\N{HORIZONTAL ELLIPSIS}"  # at the end of a label that is too long
_SHOWN = 0.0005  # a smaller score is 0.0% and gets neither bar nor figure


class Readout:
    """Shows an answer and, of one of its digits, the patch that it was made from.

    Of several digits one is chosen, by a click on it or by `step`.

    Args:
        parent: the window.
        fonts: its type sizes.
        labels: the labels that the model knows, in the order of their bars.
    """

    def __init__(self, parent: tk.Misc, fonts: look.Fonts, labels: Sequence[str]) -> None:
        self.widget = tk.Canvas(
            parent, background=look.DESK, highlightthickness=0, borderwidth=0, takefocus=False
        )
        self._fonts = fonts
        self._labels = tuple(labels)
        self._width, self._height, self._unit = 1, 1, 1.0
        self._answer: Answer | None = None
        self._patches: Sequence[NDArray[np.float32]] = ()
        self._place = -1
        self._figures = Figures(self.widget, fonts, self._choose)
        self._notice: str | None = None
        self._picture = tk.PhotoImage(master=parent)

    def layout(self, width: int, height: int, unit: float) -> None:
        """Fill a rectangle of that many pixels, with sizes in `unit`."""
        self._width, self._height, self._unit = width, height, unit
        self._draw()

    def show(self, answer: Answer | None, patches: Sequence[NDArray[np.float32]]) -> None:
        """Show an answer.

        Args:
            answer: None before anything was drawn.
            patches: for each of its digits (28, 28) float32 in [0, 1], what the model saw.
        """
        self._answer, self._patches, self._notice = answer, patches, None
        self._place = -1 if answer is None else doubtful(digits_of(answer))
        self._draw()

    def step(self, by: int) -> None:
        """Choose the next digit, or that before by -1."""
        count = 0 if self._answer is None else len(digits_of(self._answer))
        self._choose(min(max(self._place + by, 0), count - 1))

    def _choose(self, place: int) -> None:
        self._place = place
        self._draw()

    @property
    def _chosen(self) -> Prediction | None:
        return None if self._answer is None else digits_of(self._answer)[self._place]

    def notice(self, text: str) -> None:
        """Show a short message below the answer, until the next answer."""
        self._notice = text
        self._draw()

    def _draw(self) -> None:
        self.widget.delete("all")
        self._draw_answer()
        self._draw_patch()
        self._draw_bars()

    def _draw_answer(self) -> None:
        answer, colour, title, detail = self._words()
        u = self._unit
        size = self._patch_side()
        if isinstance(self._answer, tuple):
            self._figures.draw(self._answer, self._place, self._width - size - 12 * u, size, u)
        else:
            font, start = self._fonts.answer, -6 * u  # it stands a little right of its origin
            if font.measure(answer) > self._width - size:
                font, start = self._fonts.title, 0.0
            self.widget.create_text(
                start, size / 2, text=answer, font=font, fill=colour, anchor="w"
            )
        y = size + 12 * u
        if title:
            self.widget.create_text(
                0, y, text=title, font=self._fonts.title, fill=look.TEXT, anchor="nw"
            )
            y += self._fonts.title.metrics("linespace") + 2 * u
        self.widget.create_text(
            0,
            y,
            text=detail,
            font=self._fonts.small,
            fill=look.MUTED,
            anchor="nw",
            width=max(1, self._width - size - 4 * u),
        )

    def _words(self) -> tuple[str, str, str, str]:
        """Return the large answer, its colour, the line below it and the small one below that."""
        found = self._answer
        if isinstance(found, tuple):
            told = ("", look.TEXT, *words(found))
        elif found is None or found.best_label is None:
            told = ("\N{EN DASH}", look.TRACK, "", "")
        elif found.label is None:
            closest = f"closest: {found.best_label}, {found.confidence:.2%}"
            told = ("?", look.DOUBT, f"Not a {noun(self._labels)}", closest)
        else:
            told = (found.label, look.TEXT, f"{found.confidence:.2%}", "confidence")
        return told if self._notice is None else (*told[:2], "", self._notice)

    def _patch_side(self) -> int:
        return 28 * max(1, round(_PATCH_PIXEL * self._unit))

    def _draw_patch(self) -> None:
        side = self._patch_side()
        left = self._width - side
        if not self._patches:
            self.widget.create_rectangle(
                left, 0, self._width, side, fill=look.TRACK, outline="", width=0
            )
        else:
            grey = np.rint(np.clip(self._patches[self._place], 0, 1) * 255).astype(np.uint8)
            pixel = side // 28
            large = grey.repeat(pixel, axis=0).repeat(pixel, axis=1)
            self._picture.configure(data=b"P5 %d %d 255\n" % large.shape[::-1] + large.tobytes())
            self.widget.create_image(left, 0, image=self._picture, anchor="nw")
        seen = "Seen by the model"
        if isinstance(self._answer, tuple):
            seen += f"\n{where(self._answer, self._place)}"
        self.widget.create_text(
            self._width,
            side + 14 * self._unit,
            text=seen,
            justify="right",
            font=self._fonts.small,
            fill=look.MUTED,
            anchor="ne",
        )

    def _draw_bars(self) -> None:
        u = self._unit
        top = _HEADER * u
        longest = max(map(self._fonts.body.measure, self._labels))
        grid = arrange(len(self._labels), self._width / u, (self._height - top) / u, longest / u)
        thickness = max(2, round(8 * u))
        found = self._chosen
        scores = found.scores if found is not None else {}
        shown: Sequence[str] = self._labels
        if len(grid) < len(shown):  # the best of them, the best first
            shown = sorted(shown, key=lambda label: -scores.get(label, 0.0))[: len(grid)]
        for number, label in enumerate(shown):
            start, left, right, below = (length * u for length in grid.place(number))
            middle = round(top + below)
            score = scores.get(label, 0.0)
            best = found is not None and label == found.best_label
            accepted = best and found is not None and found.label is not None
            ink = look.TEXT if best else look.MUTED
            self.widget.create_text(
                start,
                middle,
                text=self._short(label, grid.text * u),
                font=self._fonts.body,
                fill=ink,
                anchor="w",
            )
            upper = middle - thickness // 2
            box = (left, upper, right, upper + thickness)
            self.widget.create_rectangle(box, fill=look.TRACK, outline="", width=0)
            if score >= _SHOWN:
                end = left + max(1, round((right - left) * score))
                fill = look.ACCENT if accepted else look.DOUBT if best else look.BAR
                box = (left, upper, end, upper + thickness)
                self.widget.create_rectangle(box, fill=fill, outline="", width=0)
                self.widget.create_text(
                    start + grid.width * u,
                    middle,
                    text=f"{score:.1%}",
                    font=self._fonts.body,
                    fill=ink,
                    anchor="e",
                )

    def _short(self, label: str, width: float) -> str:
        """The label, or as much of its beginning as fits."""
        short = label
        while self._fonts.body.measure(short) > width and len(short) > 1:
            short = f"{short.removesuffix(_CUT)[:-1]}{_CUT}"
        return short

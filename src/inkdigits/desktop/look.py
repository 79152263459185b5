"""How the window looks: colours, type sizes and the style of its buttons.

Every colour is set here and none is taken from the desktop's theme, so that the paper is white and
the writing readable in light and dark desktops alike. Sizes are in pixels times a unit: one unit is
a pixel on an ordinary screen in a window of the size that it opens with, and grows with the
density of the screen and with the window.
"""

import contextlib
import sys
import tkinter as tk
from tkinter import font as tkfont
from tkinter import ttk

DESK = "#eef0f4"  # around the sheet
PAPER = "#ffffff"
EDGE = "#d5d9e2"
TEXT = "#1b1f2e"
MUTED = "#687084"
FAINT = "#bfc5d2"
TRACK = "#dfe3ea"
BAR = "#a3aec4"
ACCENT = "#3155d4"
ACCENT_OVER = "#2a4bc0"
ACCENT_PRESSED = "#2542ab"
HOVER = "#f5f7fa"
DOUBT = "#a8540c"

_ORDINARY_DPI = 96
_LARGEST_DENSITY = 4.0  # more is not a screen but a wrong resource
_SIZES = {"answer": 116, "number": 80, "title": 19, "body": 13, "small": 11, "invitation": 24}
_LEAST_NUMBER = 9  # pixels: smaller figures cannot be read
_BOLD = {"answer", "number", "title"}


class Fonts:
    """The type sizes of the window, all in one family; `scale` changes them everywhere at once.

    Args:
        root: the window, whose desktop names the family.
    """

    def __init__(self, root: tk.Tk) -> None:
        family = tkfont.nametofont("TkDefaultFont", root).actual("family")
        self._fonts = {
            name: tkfont.Font(root, family=family, weight="bold" if name in _BOLD else "normal")
            for name in _SIZES
        }
        self.answer = self._fonts["answer"]
        self.number = self._fonts["number"]
        self.title = self._fonts["title"]
        self.body = self._fonts["body"]
        self.small = self._fonts["small"]
        self.invitation = self._fonts["invitation"]

    def scale(self, unit: float) -> None:
        """Set every size to its pixels times `unit`."""
        for name, font in self._fonts.items():
            font.configure(size=-round(_SIZES[name] * unit))  # negative: pixels, not points

    def fit_number(self, unit: float, figures: int, width: float, height: float) -> None:
        """Make `number` as large as lets so many figures, and their line, into that many pixels."""
        size = round(_SIZES["number"] * unit)
        self.number.configure(size=-size)
        taken = (
            figures * self.number.measure("0") / width,
            self.number.metrics("linespace") / height,
        )
        self.number.configure(size=-max(_LEAST_NUMBER, int(size / max(1.0, *taken))))


def ask_for_sharpness() -> None:
    """Ask Windows not to enlarge the window as a blurred picture; call before opening it."""
    if sys.platform == "win32":
        import ctypes

        try:
            ctypes.windll.shcore.SetProcessDpiAwareness(1)
        except (AttributeError, OSError):  # before Windows 8.1
            ctypes.windll.user32.SetProcessDPIAware()


def density(root: tk.Tk) -> float:
    """Return how many pixels of this screen make one of an ordinary screen, 1 to 4."""
    inch = root.winfo_fpixels("1i")
    if root.tk.call("tk", "windowingsystem") == "x11":
        # Desktops on X11 say how large things should be as Xft's resource, which Tk does not obey
        # and gives only to a program of that name.
        probe = tk.Tk(className="Xft")
        probe.withdraw()
        with contextlib.suppress(ValueError):
            inch = max(inch, float(probe.tk.call("option", "get", probe, "dpi", "Dpi")))
        probe.destroy()
    return min(max(1.0, round(4 * inch / _ORDINARY_DPI) / 4), _LARGEST_DENSITY)


def style_buttons(root: tk.Tk, fonts: Fonts) -> None:
    """Define the styles `Primary.TButton` and `Plain.TButton`."""
    style = ttk.Style(root)
    style.theme_use("clam")  # the one theme of every platform that takes these colours
    for name, face, over, pressed, edge, text in (
        ("Primary.TButton", ACCENT, ACCENT_OVER, ACCENT_PRESSED, ACCENT, PAPER),
        ("Plain.TButton", PAPER, HOVER, TRACK, EDGE, TEXT),
    ):
        style.configure(name, font=fonts.body, relief="flat", borderwidth=1, anchor="center")
        style.configure(name, padding=0, width=0)  # the window gives them their places
        style.configure(name, foreground=text, bordercolor=edge, focuscolor=FAINT)
        style.map(name, foreground=[("disabled", FAINT)])
        for part in ("background", "lightcolor", "darkcolor"):
            style.configure(name, **{part: face})
            style.map(name, None, **{part: [("pressed", pressed), ("active", over)]})

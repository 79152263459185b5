"""The drawing window: a sheet of paper on the left, the answer on the right."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from inkdigits.desktop import look
from inkdigits.desktop.answers import Answer, digits_of, patches_of, read
from inkdigits.desktop.canvas import PEN, SHEET, Canvas, Region
from inkdigits.desktop.readout import Readout
from inkdigits.recognizer import Recognizer
from inkdigits.wording import invitation

# Sizes in units (see `look`) of the window as it opens: margins, sheet and panel side by side.
_MARGIN = 24
_SIDE = 480
_PANEL = 272
_BUTTON = 36
_GAP = 8
_WIDTH = _SIDE + _PANEL + 3 * _MARGIN
_HEIGHT = _SIDE + 2 * _MARGIN
_SMALLEST = 0.7  # the window asks not to be made smaller than this; its writing stays readable
_PANEL_SCALE = (0.5, 1.75)  # the panel shrinks and grows with the window within these bounds
_PANEL_HEIGHT = 408  # least height of the panel, in units

_ICON = [(14, 18), (24, 9), (40, 10), (47, 20), (41, 29), (27, 31)]  # a 3, on 64 pixels
_ICON += [(43, 34), (50, 44), (42, 54), (25, 56), (13, 49)]


class Window:
    """The window on one sheet. Its loop ends with `close` or when an error escapes a callback.

    Args:
        root: an open, still hidden Tk window.
        recognizer: answers after each stroke.
        on_answer: called with what the drawing says (None for a blank sheet) when asked for.
    """

    def __init__(
        self,
        root: tk.Tk,
        recognizer: Recognizer,
        on_answer: Callable[["Window", Answer | None], None],
    ) -> None:
        self._root = root
        self._recognizer = recognizer
        self._on_answer = on_answer
        self._error: BaseException | None = None
        self._layout_due: str | None = None
        self._inviting = True
        self._answer: Answer | None = None
        self._density = look.density(root)
        self._fonts = look.Fonts(root)
        look.style_buttons(root, self._fonts)
        self.canvas = Canvas(round(_SIDE * self._density))
        self._photo = tk.PhotoImage(master=root)
        self._icon = _make_icon(root)
        self._sheet = self._make_sheet()
        self._invitation = self._sheet.create_text(
            0, 0, text=invitation(recognizer.labels), font=self._fonts.invitation, fill=look.FAINT
        )
        self._readout = Readout(root, self._fonts, recognizer.labels)
        self._buttons = self._make_buttons()
        self._make_root()

    def run(self) -> None:
        """Show the window until it is closed; an error inside it ends it and is raised here."""
        self._root.deiconify()
        self._sheet.focus_set()
        self._stay_awake()
        if self._recognizer.reads_numbers:
            # which the first stroke needs
            self._root.after_idle(lambda: self._recognizer.lines_config)
        self._root.mainloop()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End the loop and take the window away."""
        self._root.destroy()

    def notice(self, text: str) -> None:
        """Show a short message beside the answer."""
        self._readout.notice(text)

    def answer(self) -> None:
        """Hand the present answer to `on_answer`, as `s` does."""
        self._lift()
        self._on_answer(self, self._answer)

    def undo(self) -> None:
        """Take the last stroke back."""
        self._paint(self.canvas.undo())
        self._recognise()

    def clear(self) -> None:
        """Take a new sheet."""
        self._paint(self.canvas.clear())
        self._recognise()

    def _make_root(self) -> None:
        root, density = self._root, self._density
        root.title("inkdigits")
        root.configure(background=look.DESK)
        root.iconphoto(True, self._icon)
        root.report_callback_exception = self._fail
        root.protocol("WM_DELETE_WINDOW", self.close)
        root.bind("<Key>", self._key)
        root.bind("<Configure>", self._configured)
        # On a small screen the window opens smaller, never beyond its edge.
        fit = min(
            density,
            0.9 * root.winfo_screenwidth() / _WIDTH,
            0.85 * root.winfo_screenheight() / _HEIGHT,
        )
        width, height = round(_WIDTH * fit), round(_HEIGHT * fit)
        smallest = min(_SMALLEST * density, fit)
        root.geometry(f"{width}x{height}")
        root.minsize(round(_WIDTH * smallest), round(_HEIGHT * smallest))
        self._lay_out(width, height)
        root.update_idletasks()

    def _make_sheet(self) -> tk.Canvas:
        sheet = tk.Canvas(
            self._root,
            background=look.PAPER,
            highlightthickness=1,
            highlightbackground=look.EDGE,
            highlightcolor=look.EDGE,
            borderwidth=0,
            cursor="pencil",
            takefocus=True,
        )
        # The origin of items is inside the border.
        sheet.create_image(1, 1, image=self._photo, anchor="nw")
        sheet.bind("<ButtonPress-1>", self._pressed)
        sheet.bind("<B1-Motion>", self._moved)
        sheet.bind("<ButtonRelease-1>", self._released)
        return sheet

    def _make_buttons(self) -> list[ttk.Button]:
        chosen: list[tuple[str, str, Callable[[], None]]] = [
            ("Recognise  (s)", "Primary.TButton", self.answer),
            ("Undo  (z)", "Plain.TButton", self.undo),
            ("Clear  (c)", "Plain.TButton", self.clear),
            ("Quit  (q)", "Plain.TButton", self.close),
        ]
        buttons = []
        for text, style, command in chosen:
            button = ttk.Button(self._root, text=text, style=style, command=command)
            for key in ("<Return>", "<KP_Enter>"):
                button.bind(key, _press)
            buttons.append(button)
        return buttons

    def _configured(self, event: "tk.Event[tk.Misc]") -> None:
        if event.widget is self._root and self._layout_due is None:
            # Many of these come while a window is dragged larger; one layout for all is enough.
            self._layout_due = self._root.after_idle(self._lay_out_now)

    def _lay_out_now(self) -> None:
        self._layout_due = None
        self._lay_out(self._root.winfo_width(), self._root.winfo_height())

    def _lay_out(self, width: int, height: int) -> None:
        """Place everything in a window of that many pixels: as large a sheet as will fit."""
        density = self._density
        least, most = _PANEL_SCALE
        unit = min(width / _WIDTH, height / _HEIGHT)
        unit = min(max(unit, least * density), most * density)
        margin, panel = round(_MARGIN * unit), round(_PANEL * unit)
        side = max(min(width - panel - 3 * margin, height - 2 * margin), 32)
        left = max((width - side - panel - margin) // 2, 0)
        self._fonts.scale(unit)
        self._sheet.place(x=left, y=max((height - side) // 2, 0), width=side, height=side)
        self._sheet.coords(self._invitation, side / 2, side / 2)
        tall = max(side, round(_PANEL_HEIGHT * unit))
        self._lay_out_panel(left + side + margin, max((height - tall) // 2, 0), panel, tall)
        inside = side - 2
        if inside != self._photo.width():
            self.canvas.resize(inside)
            self._photo.configure(width=inside, height=inside)
            self._paint(self.canvas.whole)
            self._frame()

    def _lay_out_panel(self, left: int, top: int, width: int, height: int) -> None:
        """Place the answer and the buttons below it in a rectangle."""
        unit = width / _PANEL
        gap, button = round(_GAP * unit), round(_BUTTON * unit)
        readout = height - 2 * button - gap - round(_MARGIN * unit)
        self._readout.widget.place(x=left, y=top, width=width, height=readout)
        self._readout.layout(width, readout, unit)
        primary, *others = self._buttons
        upper = top + height - 2 * button - gap
        primary.place(x=left, y=upper, width=width, height=button)
        lower, step = upper + button + gap, (width + gap) / len(others)
        for number, other in enumerate(others):
            start, end = round(number * step), round((number + 1) * step) - gap
            other.place(x=left + start, y=lower, width=end - start, height=button)

    def _pressed(self, event: "tk.Event[tk.Misc]") -> None:
        self._sheet.focus_set()
        region = self.canvas.pen_down(event.x - 1, event.y - 1)
        if region is None:
            self.notice("The sheet is full.")
        self._paint(region)

    def _moved(self, event: "tk.Event[tk.Misc]") -> None:
        self._paint(self.canvas.pen_move(event.x - 1, event.y - 1))

    def _released(self, event: "tk.Event[tk.Misc]") -> None:
        self._moved(event)
        self._lift()

    def _lift(self) -> None:
        """Take the pen off the paper; the stroke just ended is answered."""
        if self.canvas.is_drawing:
            self._paint(self.canvas.pen_up())
            self._recognise()

    def _key(self, event: "tk.Event[tk.Misc]") -> None:
        control = int(event.state) & 0x4
        letter = {
            "s": None if control else self.answer,
            "z": self.undo,
            "c": None if control else self.clear,
            "q": self.close,
        }
        everywhere = {  # for keyboards without these letters
            "return": self.answer,
            "kp_enter": self.answer,
            "backspace": self.undo,
            "delete": self.clear,
            "escape": self.clear,
            "left": lambda: self._readout.step(-1),
            "right": lambda: self._readout.step(1),
        }
        action = (letter | everywhere).get(event.keysym.lower())
        if action is not None:
            action()

    def _paint(self, region: Region | None) -> None:
        """Bring a region of the sheet up to date on the screen."""
        if region is None:
            return
        _put(self._photo, self.canvas, region)
        if self._inviting != self.canvas.is_empty:
            self._inviting = self.canvas.is_empty
            state = "normal" if self._inviting else "hidden"
            self._sheet.itemconfigure(self._invitation, state=state)

    def _recognise(self) -> None:
        self._answer = None
        if self.canvas.is_blank:
            self._readout.show(None, ())
        else:
            ink = self.canvas.to_ink()
            self._answer = read(self._recognizer, ink)
            self._readout.show(self._answer, patches_of(self._recognizer, ink, self._answer))
        self._frame()

    def _frame(self) -> None:
        """Draw a faint frame around each of several digits, a dashed one where it is in doubt."""
        self._sheet.delete("frame")
        if not isinstance(self._answer, tuple):
            return
        scale = self.canvas.side / SHEET
        for digit in digits_of(self._answer):
            if digit.box is not None:
                x, y, width, height = digit.box
                corners = (x - PEN, y - PEN, x + width + PEN, y + height + PEN)
                self._sheet.create_rectangle(
                    *(1 + scale * corner for corner in corners),
                    outline=look.FAINT if digit.label is not None else look.DOUBT,
                    dash=() if digit.label is not None else (4, 4),
                    tags="frame",
                )

    def _stay_awake(self) -> None:
        """Let Python run now and then, so that Ctrl-C in the terminal is noticed."""
        self._root.after(200, self._stay_awake)

    def _fail(self, kind: object, error: BaseException, traceback: object) -> None:
        """Tk's way to report an error in a callback: keep it for `run` instead of printing it."""
        del kind, traceback
        if self._error is None:
            self._error = error
            self.close()


def _press(event: "tk.Event[ttk.Button]") -> str:
    """Do what the button does, and not what the key does elsewhere."""
    event.widget.invoke()
    return "break"


def _put(photo: tk.PhotoImage, canvas: Canvas, region: Region) -> None:
    """Copy a region of the canvas to the same place in a photo."""
    x, y, width, height = region
    data = b"P6 %d %d 255\n" % (width, height) + canvas.pixels(region).tobytes()
    photo.tk.call(photo, "put", data, "-to", x, y)


def _make_icon(root: tk.Tk) -> tk.PhotoImage:
    """Draw the window's icon, a digit on a sheet."""
    canvas = Canvas(64)
    canvas.pen_down(*_ICON[0])
    for point in _ICON:
        canvas.pen_move(*point)
    canvas.pen_up()
    icon = tk.PhotoImage(master=root, width=canvas.side, height=canvas.side)
    _put(icon, canvas, canvas.whole)
    return icon

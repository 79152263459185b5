"""One use of the drawing window: open it, print the answers, keep the drawing."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from inkdigits.desktop.answers import Answer, describe, digits_of
from inkdigits.desktop.canvas import Canvas
from inkdigits.errors import InkdigitsError, NoDisplay
from inkdigits.files import write_whole

if TYPE_CHECKING:
    import tkinter as tk

    from inkdigits.desktop.window import Window

_INSTEAD = "or read a picture with  inkdigits recognize FILE"


def main(model: str | Path | None = None, once: bool = False, save: Path | None = None) -> int:
    """Open the drawing window and stay until it is closed.

    Each answer that is asked for is printed on standard output.

    Args:
        model: name or path of the model folder; the shipped one if None.
        once: close after the first answer (a blank sheet is none).
        save: where the drawing is kept with each answer and at the end, unless the sheet is blank
            or has but a dot: `.png` for the picture as it looks, `.json` for the ink.

    Returns:
        The exit status: 0, or 130 when interrupted from the terminal.

    Raises:
        NoDisplay: there is no screen, or this Python has no Tk.
        InvalidModel: the model folder cannot be used.
        InkdigitsError: the drawing cannot be kept in `save`.
    """
    if save is not None:
        _check_target(save)
    root = _open()
    try:
        return _session(root, model, once, save)
    except KeyboardInterrupt:
        return 130
    finally:
        _destroy(root)


def _session(root: "tk.Tk", model: str | Path | None, once: bool, save: Path | None) -> int:
    from inkdigits.desktop.window import Window
    from inkdigits.recognizer import Recognizer

    def answer(window: "Window", answer: Answer | None) -> None:
        drawn = answer is not None and any(digit.best_label for digit in digits_of(answer))
        if drawn and save is not None and not once:
            try:
                _write(window.canvas, save)
            except OSError as error:
                # The drawing is still on the sheet: do not lose it by ending here.
                window.notice(f"Not saved: {error.strerror or error}.")
        print(describe(answer), flush=True)  # noqa: T201
        if drawn and once:
            window.close()

    window = Window(root, Recognizer(model), answer)
    try:
        window.run()
    finally:
        if save is not None and not window.canvas.is_blank:
            _keep(window.canvas, save)
    return 0


def _open() -> "tk.Tk":
    """Return a hidden Tk window."""
    try:
        import tkinter as tk
    except ImportError as error:
        raise NoDisplay(
            "The drawing window needs Tk, which this Python lacks: install python3-tk (Debian, "
            f"Ubuntu) or python3-tkinter (Fedora), {_INSTEAD}."
        ) from error
    from inkdigits.desktop import look

    look.ask_for_sharpness()
    try:
        root = tk.Tk(className="Inkdigits")
    except tk.TclError as error:
        raise NoDisplay(
            f"The drawing window cannot be opened ({error}): start it in a desktop session, "
            f"{_INSTEAD}."
        ) from error
    root.withdraw()
    return root


def _destroy(root: "tk.Tk") -> None:
    import tkinter as tk

    with contextlib.suppress(tk.TclError):  # already gone when it was closed
        root.destroy()


def _check_target(save: Path) -> None:
    """Refuse, before anything is drawn, a file that a drawing cannot be kept in."""
    if save.suffix.lower() not in {".png", ".json"}:
        raise InkdigitsError(
            f"Cannot keep the drawing in {save}: its name must end in .png (a picture) "
            "or .json (the strokes)."
        )
    wrong = _obstacle(save)
    if wrong is not None:
        raise InkdigitsError(f"Cannot keep the drawing in {save}: {wrong}.")


def _obstacle(save: Path) -> str | None:
    """Say why a file cannot be written, or None; leaves nothing behind."""
    try:
        if save.is_dir():
            return "it is a folder"
        if not save.parent.is_dir():
            return f"there is no folder {save.parent}"
        if save.exists() and not os.access(save, os.W_OK):
            return "it may not be changed"
        # Trying finds what asking does not: a read-only disk, a name that is too long.
        real = save.resolve()  # of a symbolic link the target is written
        with tempfile.NamedTemporaryFile(dir=real.parent, prefix=f".{real.name}."):
            return None
    except OSError as error:
        return f"its folder takes no new file ({error.strerror or error})"


def _keep(canvas: Canvas, save: Path) -> None:
    """Write the drawing to `save`, or say why it cannot be."""
    try:
        _write(canvas, save)
    except OSError as error:
        raise InkdigitsError(
            f"Cannot keep the drawing in {save}: {error.strerror or error}."
        ) from error


def _write(canvas: Canvas, save: Path) -> None:
    """Write the drawing to `save`, replacing it only once the new file is complete."""
    if save.suffix.lower() == ".json":
        data = canvas.to_ink().to_json().encode() + b"\n"
    else:
        bgr = cv2.cvtColor(canvas.pixels(), cv2.COLOR_RGB2BGR)
        data = cv2.imencode(".png", bgr)[1].tobytes()
    write_whole(save, data)

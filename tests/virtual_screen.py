"""A screen without a monitor (Xvfb), and hands for it (xdotool): real pointer and key events.

Waiting is for events and lines of output, never for time: limits only stop a test that hangs.
Run as a program it makes the pictures of the window in README, of a digit or of a number:

    python tests/virtual_screen.py docs/window.png
    python tests/virtual_screen.py docs/window-number.png 2026
"""

import ctypes
import ctypes.util
import importlib.util
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageGrab

_SMALLEST = 100  # pixels of an area worth finding
REQUIRED = "INKDIGITS_REQUIRE_WINDOW"  # set where the window's tests must not be skipped
LIMIT = 60  # seconds before a hanging test is stopped

Stroke = Sequence[tuple[float, float]]  # points as shares of the sheet's side


class Area(NamedTuple):
    """A rectangle on the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


def missing() -> str | None:
    """Say what keeps the window from being tested here, or None.

    Raises:
        RuntimeError: something does, and the environment variable INKDIGITS_REQUIRE_WINDOW is set:
            tests that are all skipped would look like success.
    """
    reasons = [
        f"{program} is not installed"
        for program in ("Xvfb", "xdotool")
        if shutil.which(program) is None
    ]
    if importlib.util.find_spec("_tkinter") is None:
        reasons.append("this Python has no Tk")
    if reasons and os.environ.get(REQUIRED):
        raise RuntimeError(f"{REQUIRED} is set, but {' and '.join(reasons)}.")
    return " and ".join(reasons) or None


class _ClientMessage(ctypes.Structure):
    """Xlib's XClientMessageEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
    )


class Screen:
    """A running X server."""

    def __init__(self, display: str) -> None:
        self.display = display
        self.environment = {**os.environ, "DISPLAY": display}

    def xdotool(self, *arguments: object) -> str:
        """Run xdotool and return what it prints."""
        command = ["xdotool", *map(str, arguments)]
        done = subprocess.run(
            command,
            env=self.environment,
            timeout=LIMIT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.strip()

    def close(self, window: str) -> None:
        """Ask a window to close, as a window manager's button does; not every xdotool can."""
        library = ctypes.CDLL(ctypes.util.find_library("X11"))
        library.XOpenDisplay.restype = ctypes.c_void_p
        library.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(library.XOpenDisplay(self.display.encode()))
        protocols = library.XInternAtom(display, b"WM_PROTOCOLS", 0)
        delete = library.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
        event = _ClientMessage(
            type=33, window=int(window), message_type=protocols, format=32, data=(delete,)
        )
        # Xlib copies as much as its largest event.
        buffer = ctypes.create_string_buffer(bytes(event), 192)
        library.XSendEvent(display, ctypes.c_ulong(int(window)), 0, ctypes.c_long(0), buffer)
        library.XCloseDisplay(display)

    def picture(self) -> NDArray[np.uint8]:
        """Return what is on the screen: (H, W, 3) uint8 RGB."""
        return np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB"))

    def areas(self, colour: tuple[int, int, int]) -> list[Area]:
        """Return where exactly this colour is on the screen, the largest area first.

        Areas of a few pixels, such as the insides of letters, are left out.
        """
        mask = (self.picture() == colour).all(axis=2).astype(np.uint8)
        _, _, found, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        boxes = [Area(*map(int, row[:4])) for row in found[1:] if row[4] >= _SMALLEST]
        return sorted(boxes, key=lambda box: -box.width * box.height)


@contextmanager
def virtual_screen(size: str = "1600x1000", dpi: int = 96) -> Iterator[Screen]:
    """Start an X server on a free display and stop it at the end."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-dpi", str(dpi)]
    server = subprocess.Popen(
        [*command, "-nolisten", "tcp"], pass_fds=[writing], stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()  # written once the server takes connections
        if not number:
            raise RuntimeError("Xvfb did not start.")
        yield Screen(f":{number}")
    finally:
        server.terminate()
        server.wait(LIMIT)


class App:
    """The program with its window open on a screen."""

    def __init__(self, screen: Screen, process: "subprocess.Popen[str]") -> None:
        self.screen = screen
        self.process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.window = ""
        self.wait_for(self._is_open)
        self.sheet = self.wait_for_sheet()

    def _is_open(self) -> bool:
        command = ["xdotool", "search", "--limit", "1", "--onlyvisible", "--class", "Inkdigits"]
        found = subprocess.run(
            command,
            env=self.screen.environment,
            timeout=LIMIT,
            check=False,  # its status says whether there is one
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.window = found.stdout.strip()
        return bool(self.window)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def line(self) -> str:
        """Wait for a line of the program's output."""
        return self._lines.get(timeout=LIMIT)

    def rest(self) -> list[str]:
        """Return the lines not yet read, after the end."""
        self._reader.join(LIMIT)
        return list(self._lines.queue)

    def end(self) -> int:
        """Wait for the program to end and return its exit status."""
        return self.process.wait(LIMIT)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Look at the screen again and again until a condition holds."""
        limit = time.monotonic() + LIMIT
        while not condition():
            if time.monotonic() > limit:
                raise TimeoutError("What was waited for never showed.")
            if self.process.poll() is not None:
                assert self.process.stderr is not None
                raise RuntimeError(f"The program ended: {self.process.stderr.read()}")

    def wait_for_sheet(self, side: int = 0) -> Area:
        """Find the paper: the largest square in plain white, `side` pixels or more."""
        found: list[Area] = []

        def shown() -> bool:
            found[:] = [
                area
                for area in self.screen.areas((255, 255, 255))
                if area.width == area.height >= max(side, 100)
            ][:1]
            # Its edge is painted a moment after the white.
            return bool(found) and tuple(
                self.screen.picture()[found[0].middle[1], found[0].x - 1]
            ) == (0xD5, 0xD9, 0xE2)

        self.wait_for(shown)
        return found[0]

    def draw(self, *strokes: Stroke) -> None:
        """Draw strokes with the pointer."""
        for stroke in strokes:
            first, *others = [self._pixel(x, y) for x, y in stroke]
            events: list[object] = ["mousemove", *first, "mousedown", 1]
            for point in others:
                # Tk joins moves that lie together in its queue; a key between them keeps each.
                events += ["mousemove", *point, "key", "--delay", 0, "Shift_L"]
            self.screen.xdotool(*events, "mouseup", 1)

    def _pixel(self, x: float, y: float) -> tuple[int, int]:
        side = self.sheet.width
        return self.sheet.x + round(x * (side - 1)), self.sheet.y + round(y * (side - 1))

    def key(self, *keys: str) -> None:
        """Press keys one after another."""
        self.screen.xdotool("key", *keys)

    def click(self, area: Area) -> None:
        """Click in the middle of an area."""
        self.screen.xdotool("mousemove", *area.middle, "click", 1)

    def paper(self) -> NDArray[np.uint8]:
        """Return what is on the sheet: (side, side, 3) uint8 RGB."""
        x, y, width, height = self.sheet
        return self.screen.picture()[y : y + height, x : x + width]


@contextmanager
def running(screen: Screen, *arguments: object, home: Path | None = None) -> Iterator[App]:
    """Start `inkdigits draw` on a screen, wait for its window, and stop it at the end."""
    environment = screen.environment | ({"HOME": str(home)} if home else {})
    command = [sys.executable, "-m", "inkdigits", "draw", *map(str, arguments)]
    with started(command, environment) as process:
        yield App(screen, process)


@contextmanager
def started(
    command: Sequence[str], environment: dict[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    """Start a program and stop it at the end, whatever happens."""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def main(target: str, number: str = "3") -> None:
    """Draw examples in the window, on a dense screen, and keep a picture of it in `target`."""
    from drawings import side_by_side

    height = 0.7 if len(number) == 1 else 0.9 / len(number)
    strokes = side_by_side(number, height)
    xs, ys = zip(*(point for stroke in strokes for point in stroke), strict=True)
    left, top = 0.5 - (min(xs) + max(xs)) / 2, 0.5 - (min(ys) + max(ys)) / 2
    with virtual_screen("2880x1800", dpi=192) as screen, running(screen) as app:
        app.draw(*([(left + x, top + y) for x, y in stroke] for stroke in strokes))
        app.key("s")
        print(app.line(), app.line(), sep="\n")  # noqa: T201
        screen.xdotool("mousemove", 0, 0)
        accent = (0x31, 0x55, 0xD4)
        app.wait_for(lambda: len(screen.areas(accent)) > 1)  # the button and the answer's bar
        shell = screen.xdotool("getwindowgeometry", "--shell", app.window)
        place = dict(line.split("=") for line in shell.splitlines())
        x, y, width, height = (int(place[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))
        Image.fromarray(screen.picture()[y : y + height, x : x + width]).save(target, optimize=True)
        app.key("q")
        app.end()


if __name__ == "__main__":
    main(*sys.argv[1:])

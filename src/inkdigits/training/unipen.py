"""UNIPEN 1.0, the text form of pen recordings: pen components, and the segments that label them.

Source: I. Guyon, L. Schomaker, R. Plamondon, M. Liberman and S. Janet, "UNIPEN project of on-line
data exchange and recognizer benchmarks", ICPR 1994, and its format definition `unipen.def`.

A keyword starts with a dot in the first column; what follows up to the next keyword belongs to it,
indented dots as well. `.PEN_DOWN` and `.PEN_UP` with points are the components, counted from 0
through all included files; without points they are only marks. A `.SEGMENT` names components, by
number or by number and point, and says what they show.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from inkdigits.errors import DataUnavailable
from inkdigits.ink import MAX_COORDINATE, MAX_POINTS, MAX_STROKES

Strokes = list[list[list[float]]]  # [[[x, y], …], …]; whole numbers stay ints
Include = Callable[[str], str | None]

LEVELS = ("CHARACTER", "CHAR", "DIGIT")  # what one segment shows: one sign
MAX_INCLUDES = 100  # of one recording
MAX_COMPONENTS = 1_000_000

_KEYWORD = re.compile(r"\.[A-Z][A-Z_]*")
_SEGMENT = re.compile(r'(\S+)\s+(\S+)\s+(\S+)\s+"(.*)"\s*', re.DOTALL)
_RANGE = re.compile(r"(\d{1,9})(?::(\d{1,9}))?(?:-(\d{1,9})(?::(\d{1,9}))?)?", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\d{1,12}(\.\d*)?|(\.\d+))([eE][-+]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True)
class Segment:
    """What a label stands for.

    Args:
        level: as in `.HIERARCHY`: `CHARACTER`, `WORD`, …
        components: which, as written: `4`, `0-1`, `2:7-3:15,5`.
        quality: `OK`, `GOOD`, `BAD`, or `?` where nobody judged it.
        label: as written between the quotes, escapes included.
        writer: the `.WRITER_ID` before it, or None.
        comment: the `.COMMENT` that comes next after it, before any component; or empty.
        place: file and line, for errors.
    """

    level: str
    components: str
    quality: str
    label: str
    writer: str | None
    comment: str
    place: str


@dataclass(frozen=True)
class _Component:
    """Lines of points between two keywords, read only when a segment asks for them."""

    down: bool
    lines: list[str]
    columns: tuple[int, int]  # of x and y
    name: str
    number: int  # of the first line

    def points(self) -> list[tuple[int, list[str]]]:
        """The lines that are not empty: number and words."""
        numbered = enumerate(self.lines, self.number)
        return [(number, line.split()) for number, line in numbered if line.strip()]


class Recording:
    """What one UNIPEN text and all that it includes hold.

    Args:
        text: the file's text.
        name: what the file is called in errors.
        include: gives the text of an included file by its name, or None where there is none; that
            file is then left out, for documents and word lists are often missing. None: none is.

    Raises:
        DataUnavailable: the text is not UNIPEN or is damaged; the message names file and line.
    """

    def __init__(
        self, text: str, name: str = "UNIPEN text", include: Include | None = None
    ) -> None:
        self.segments: list[Segment] = []
        self._components: list[_Component] = []
        self._include = include
        self._writer: str | None = None
        self._columns = (0, 1)
        self._included = 0
        self._read(text, name)
        if not self.segments and not self._components:
            raise DataUnavailable(f"{name}: this is no UNIPEN text: no segment and no pen in it.")

    def strokes(self, segment: Segment, height: float = 0) -> Strokes:
        """Give a segment's strokes: what was written with the pen down.

        Args:
            segment: one of `segments`.
            height: what y is subtracted from. UNIPEN's y grows upwards, ours downwards.

        Raises:
            DataUnavailable: it names components that are not there, or points that are no points.
        """
        strokes: Strokes = []
        left = MAX_POINTS
        for part in segment.components.split(","):
            match = _RANGE.fullmatch(part)
            if match is None:
                raise DataUnavailable(f"{segment.place}: {part!r} names no components.")
            first, start, last, end = (-1 if n is None else int(n) for n in match.groups())
            if last < 0:
                last, end = first, start
            if not first <= last < len(self._components):
                raise DataUnavailable(
                    f"{segment.place}: the components {part} are not among the"
                    f" {len(self._components)} of this recording."
                )
            for number in range(first, last + 1):
                component = self._components[number]
                if not component.down:
                    continue
                points = component.points()
                since = start if number == first and start >= 0 else 0
                upto = end + 1 if number == last and end >= 0 else len(points)
                if not since < upto <= len(points):
                    raise DataUnavailable(
                        f"{segment.place}: component {number} has no such points: {part}."
                    )
                strokes.append(_read_points(component, points[since:upto], height))
                left -= upto - since
                if left < 0 or len(strokes) > MAX_STROKES:
                    raise DataUnavailable(f"{segment.place}: more points than one sign can have.")
        return strokes

    def _read(self, text: str, name: str) -> None:
        comment_belongs = False  # the next comment is the last segment's
        for number, keyword, lines in _entries(text):
            if keyword in (".PEN_DOWN", ".PEN_UP"):
                self._add_component(keyword == ".PEN_DOWN", lines, name, number)
                comment_belongs = False
                continue
            written, place = "\n".join(lines), f"{name}, line {number}"
            words = written.split()
            if keyword == ".SEGMENT":
                self._add_segment(written, place)
                comment_belongs = True
            elif keyword == ".COMMENT" and comment_belongs:
                self.segments[-1] = replace(self.segments[-1], comment=" ".join(words))
                comment_belongs = False
            elif keyword == ".WRITER_ID":
                self._writer = words[0] if words else None
            elif keyword == ".COORD":
                self._columns = _columns(words, place)
            elif keyword == ".INCLUDE" and words:
                self._add_included(words[0], place)

    def _add_segment(self, written: str, place: str) -> None:
        match = _SEGMENT.fullmatch(written.strip())
        if match is None:
            raise DataUnavailable(
                f'{place}: a segment is like  .SEGMENT CHARACTER 0-1 OK "4", not {written[:60]!r}.'
            )
        level, components, quality, label = match.groups()
        self.segments.append(Segment(level, components, quality, label, self._writer, "", place))

    def _add_component(self, down: bool, lines: list[str], name: str, number: int) -> None:
        if not lines[0].strip():
            lines, number = lines[1:], number + 1
        if not any(map(str.strip, lines)):
            return
        if len(self._components) == MAX_COMPONENTS:
            raise DataUnavailable(f"{name}, line {number}: more than {MAX_COMPONENTS} components.")
        self._components.append(_Component(down, lines, self._columns, name, number))

    def _add_included(self, wanted: str, place: str) -> None:
        text = self._include(wanted) if self._include is not None else None
        if text is None:
            return
        self._included += 1
        if self._included > MAX_INCLUDES:
            raise DataUnavailable(f"{place}: {wanted} includes itself, or too many do.")
        self._read(text, wanted)


def signs(recording: Recording, levels: Iterable[str] = LEVELS) -> Iterator[Segment]:
    """Give the segments that show one sign each."""
    wanted = frozenset(levels)
    return (segment for segment in recording.segments if segment.level in wanted)


def _entries(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Cut a text at its keywords: line number, keyword, and the lines that belong to it."""
    number, keyword, lines = 0, "", [""]
    for place, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        match = _KEYWORD.match(line) if line[:1] == "." else None
        if match is None:
            lines.append(line)
            continue
        if keyword:
            yield number, keyword, lines
        number, keyword, lines = place, match[0], [line[match.end() :]]
    if keyword:
        yield number, keyword, lines


def _columns(names: list[str], place: str) -> tuple[int, int]:
    if "X" not in names or "Y" not in names:
        raise DataUnavailable(f"{place}: .COORD names no X and Y: {' '.join(names)[:60]!r}.")
    return names.index("X"), names.index("Y")


def _read_points(
    component: _Component, points: list[tuple[int, list[str]]], height: float
) -> list[list[float]]:
    x, y = component.columns
    read = []
    for number, words in points:
        try:
            read.append([_number(words[x]), height - _number(words[y])])
        except (IndexError, ValueError) as error:
            raise DataUnavailable(
                f"{component.name}, line {number}: {' '.join(words)[:60]!r} is no point."
            ) from error
    return read


def _number(word: str) -> float:
    match = _NUMBER.fullmatch(word)
    if match is None:
        raise ValueError(word)
    value = float(word) if any(match.groups()) else int(word)
    if abs(value) > MAX_COORDINATE:
        raise ValueError(word)
    return value

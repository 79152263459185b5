"""UNIPEN text: what was written comes back, and damaged text is told by its line."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import DataUnavailable
from inkdigits.ink import MAX_POINTS
from inkdigits.training.unipen import Include, Recording, Strokes, signs

DIGITS = """\
.COMMENT                Algorithm: on .PEN_DOWN store
             .PEN_DOWN and .PEN_UP are words here, for they are indented
.SEGMENT DIGIT 0 ? "8"
.COMMENT 8  12 224
.PEN_DOWN
 267   333
 267   336

 266   342
.PEN_UP
.DT 151
.SEGMENT DIGIT 1-2 ? "4"
.COMMENT 4  26 1
.PEN_DOWN
 1 10
.PEN_UP
.DT 100
.PEN_DOWN
 3 30
 4 40
.PEN_UP
"""

FILES = {
    "aga/aga.doc": ".VERSION 1.0\n.COORD P X Y\n.X_POINTS_PER_INCH 500\n",
    "aga/data/one.dat": """\
.INCLUDE aga/aga.doc
.WRITER_ID  bob smith
.WRITER_INFO Native language: none
.START_BOX
.PEN_UP
0 5 5
.PEN_DOWN
9 1 -2
9 3 -4
.PEN_UP
0 3 -4
.PEN_DOWN
9 5 -6
9 6.5 -7
9 7 -8
.PEN_UP
""",
}
RELEASE = """\
.VERSION 1.0
.INCLUDE aga/words.lex
.INCLUDE aga/data/one.dat
.SEGMENT CHARACTER 1-3 OK "4"
.SEGMENT CHARACTER 3 ? "\\""
.SEGMENT CHARACTER 3:1-3:2 BAD "a"
.SEGMENT CHARACTER 1,3:0 GOOD "b"
.SEGMENT WORD 0-3 OK "not a
 sign"
"""


def read_all(text: str, include: Include | None = None) -> list[Strokes]:
    recording = Recording(text, "ink.dat", include)
    return [recording.strokes(segment) for segment in recording.segments]


def test_digits_with_their_comments_and_the_other_way_up() -> None:
    recording = Recording(DIGITS)
    first, second = signs(recording)
    assert (first.label, first.comment, first.writer) == ("8", "8 12 224", None)
    assert (second.label, second.comment, second.quality) == ("4", "4 26 1", "?")
    assert recording.strokes(first, 500) == [[[267, 167], [267, 164], [266, 158]]]
    assert recording.strokes(second, 500) == [[[1, 490]], [[3, 470], [4, 460]]]
    assert all(isinstance(v, int) for s in recording.strokes(first) for p in s for v in p)


def test_segments_of_included_components() -> None:
    recording = Recording(RELEASE, "one.dat", FILES.get)
    strokes = {s.label: recording.strokes(s) for s in signs(recording)}
    assert strokes == {
        "4": [[[1, 2], [3, 4]], [[5, 6], [6.5, 7], [7, 8]]],
        '\\"': [[[5, 6], [6.5, 7], [7, 8]]],
        "a": [[[6.5, 7], [7, 8]]],
        "b": [[[1, 2], [3, 4]], [[5, 6]]],
    }
    assert {s.writer for s in recording.segments} == {"bob"}
    assert recording.segments[-1].label == "not a\n sign"
    assert [s.quality for s in signs(recording)] == ["OK", "?", "BAD", "GOOD"]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_may_end_as_they_like(end: str) -> None:
    recording = Recording(DIGITS.replace("\n", end))
    assert [recording.strokes(s) for s in recording.segments] == [
        Recording(DIGITS).strokes(s) for s in Recording(DIGITS).segments
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ink.dat: this is no UNIPEN text"),
        ("hello\n 1 2\n", "ink.dat: this is no UNIPEN text"),
        (".SEGMENT DIGIT 0\n", "ink.dat, line 1: a segment is like"),
        ('.PEN_DOWN\n1 2\n.SEGMENT DIGIT 1 ? "4"', "line 3: the components 1 are not among the 1"),
        ('.PEN_DOWN\n1 2\n.SEGMENT DIGIT 1-0 ? "4"', "line 3: the components 1-0"),
        ('.PEN_DOWN\n1 2\n.SEGMENT DIGIT x ? "4"', "line 3: 'x' names no components"),
        ('.PEN_DOWN\n1 2\n.SEGMENT DIGIT 0:1-0:2 ? "4"', "line 3: component 0 has no such points"),
        ('.PEN_DOWN\n1 2\n.SEGMENT DIGIT 0:4-0 ? "4"', "line 3: component 0 has no such points"),
        ('.PEN_DOWN\n\n1 2\n1 x\n.SEGMENT DIGIT 0 ? "4"', "line 4: '1 x' is no point"),
        ('.PEN_DOWN\n1 2\n7\n.SEGMENT DIGIT 0 ? "4"', "line 3: '7' is no point"),
        ('.PEN_DOWN\n1 nan\n.SEGMENT DIGIT 0 ? "4"', "line 2: '1 nan' is no point"),
        ('.PEN_DOWN\n1 1e300\n.SEGMENT DIGIT 0 ? "4"', "line 2: '1 1e300' is no point"),
        ('.PEN_DOWN\n1 1_0\n.SEGMENT DIGIT 0 ? "4"', "line 2: '1 1_0' is no point"),
        (".COORD T P\n.PEN_DOWN\n1 2", "line 1: .COORD names no X and Y: 'T P'"),
        ('\n.INCLUDE ink\n.SEGMENT DIGIT 0 ? "4"', "ink, line 2: ink includes itself"),
    ],
)
def test_damage_is_told_by_its_line(text: str, message: str) -> None:
    with pytest.raises(DataUnavailable, match=re.escape(message)):
        read_all(text, {"ink": text}.get)


def test_more_points_than_a_sign_can_have_are_refused() -> None:
    points = "1 2\n" * (MAX_POINTS // 4 + 1)
    recording = Recording(f'.PEN_DOWN\n{points}.SEGMENT CHARACTER 0,0,0,0 ? "1"\n')
    with pytest.raises(DataUnavailable, match=f"line {MAX_POINTS // 4 + 3}: more points than"):
        recording.strokes(recording.segments[0])


@dataclass
class Sign:
    """What the writer below writes: components (pen down?, points) and what they show."""

    components: list[tuple[bool, list[tuple[float, float]]]]
    quality: str
    label: str


numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6).map(lambda v: round(v, 3))
found = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4)
labels = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=3)
all_signs = st.lists(
    st.builds(
        Sign,
        st.lists(st.tuples(st.booleans(), found), min_size=1, max_size=4),
        st.sampled_from(["OK", "GOOD", "BAD", "?"]),
        labels,
    ),
    min_size=1,
    max_size=5,
)


def written(sign_list: list[Sign], segments_first: bool, blanks: bool) -> str:
    """A small writer of UNIPEN: each sign a segment of all its components."""
    segments, pens, number = [], [], 0
    for sign in sign_list:
        last = number + len(sign.components) - 1
        place = str(number) if last == number else f"{number}-{last}"
        segments.append(f'.SEGMENT CHARACTER {place} {sign.quality} "{sign.label}"')
        number = last + 1
        for down, points in sign.components:
            pens.append(".PEN_DOWN" if down else ".PEN_UP")
            pens += [f"  {x}\t{y}" for x, y in points]
            pens += ["", ".PEN_UP", ".DT 10"] if blanks else []
    parts = [segments, pens] if segments_first else [pens, segments]
    return "\n".join([".VERSION 1.0", ".COORD X Y", *parts[0], *parts[1]]) + "\n"


@given(all_signs, st.booleans(), st.booleans())
def test_what_is_written_is_read(sign_list: list[Sign], first: bool, blanks: bool) -> None:
    recording = Recording(written(sign_list, first, blanks))
    assert len(recording.segments) == len(sign_list)
    for sign, segment in zip(sign_list, signs(recording), strict=True):
        assert (segment.label, segment.quality) == (sign.label, sign.quality)
        expected = [[[x, -y] for x, y in points] for down, points in sign.components if down]
        assert recording.strokes(segment) == expected


@given(all_signs, st.data())
def test_damaged_text_is_never_a_traceback(sign_list: list[Sign], data: st.DataObject) -> None:
    text = written(sign_list, segments_first=True, blanks=True)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    noise = data.draw(st.text(st.characters(max_codepoint=255), max_size=6))
    damaged = text[:start] + noise + text[end:]
    try:
        read_all(damaged)
    except DataUnavailable as error:
        assert str(error).startswith("ink.dat")  # noqa: PT017 (it need not fail)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_all(text, lambda _: text)
    except DataUnavailable as error:
        assert "ink.dat" in str(error) or "includes itself" in str(error)  # noqa: PT017

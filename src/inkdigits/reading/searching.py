"""Searching the frames of the line model for texts that what is known of the number allows."""

from collections.abc import Sequence

from inkdigits.reading.constraints import Constraints
from inkdigits.reading.ctc import BEAM, Frames, Marks, beam_search
from inkdigits.reading.line_model import LineModel

WIDER = 8  # times as many prefixes are followed where most of the texts may be refused in the end


def constrained_search(
    frames: Frames, lines: LineModel, constraints: Constraints
) -> list[tuple[Marks, float]]:
    """Find the most probable texts whose beginnings are allowed; see `ctc.beam_search`."""
    if not constraints:
        return beam_search(frames)
    return beam_search(frames, WIDER * BEAM, lambda marks: constraints.may_begin(lines.text(marks)))


def possible_of(
    found: Sequence[Marks], lines: LineModel, constraints: Constraints
) -> Sequence[Marks]:
    """Those that are allowed; where none is, all: what stands there is told with confidence 0."""
    if not constraints:
        return found
    return [marks for marks in found if constraints.allow(lines.text(marks))] or found

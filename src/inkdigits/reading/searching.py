"""Searching the frames of the line model for texts that what is known of the number allows."""

from inkdigits.reading.constraints import Constraints
from inkdigits.reading.ctc import BEAM, Frames, Marks, beam_search
from inkdigits.reading.line_model import LineModel

WIDER = 4  # times as many prefixes are followed where most of the texts may be refused in the end
MOST = 12  # texts


def possible(frames: Frames, lines: LineModel, constraints: Constraints) -> list[Marks]:
    """The most probable texts that are allowed, best first; there may be none."""
    found = beam_search(
        frames, WIDER * BEAM, lambda marks: constraints.may_begin(lines.text(marks))
    )
    return [marks for marks, _ in found if constraints.allow(lines.text(marks))][:MOST]

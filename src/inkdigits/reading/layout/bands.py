"""Where a row of marks lies: its slope, and the band that its digits fill."""

import numpy as np

from inkdigits.reading.layout.rows import Row

TALL = 0.6  # marks at least as high as this share of the row's digits tell its band
REACH = 0.9  # the band reaches no further from its middle than so many heights of a digit
WOBBLE = 0.12  # by how much digits stand off their line, in their height
UNKNOWN = 1.0  # variance of a slope that nothing tells


def fit(row: Row) -> tuple[float, float, float, float]:
    """Middle (x, y) of a row, its slope, and the variance of that."""
    tall = row.boxes[row.boxes[:, 3] >= TALL * row.height]
    x = tall[:, 0] + tall[:, 2] / 2
    y = tall[:, 1] + tall[:, 3] / 2
    off = x - x.mean()
    spread = float(off @ off)
    if spread < row.height**2:
        return float(x.mean()), float(y.mean()), 0.0, UNKNOWN
    doubt = (WOBBLE * row.height) ** 2 / spread
    return float(x.mean()), float(y.mean()), float(off @ y) / spread, doubt


def between(slope: float, doubt: float, usual: float, spread: float) -> float:
    """The likeliest slope, where one of such variance is seen, and slopes vary about the usual."""
    weight = spread**2 / (spread**2 + doubt)
    return weight * slope + (1 - weight) * usual


def band(row: Row, slope: float) -> tuple[float, float]:
    """Where the tallest marks begin and end: rows at column 0 of a slope."""
    height = row.height
    tall = row.boxes[row.boxes[:, 3] >= TALL * height]
    # digits that touch are in one box, and slope in it
    slack = abs(slope) * np.maximum(tall[:, 2] - tall[:, 3], 0) / 2
    across = slope * (tall[:, 0] + tall[:, 2] / 2)
    tops, feet = tall[:, 1] + slack - across, tall[:, 1] + tall[:, 3] - slack - across
    middle = float(np.median((tops + feet) / 2))
    reach = REACH * height
    return max(float(tops.min()), middle - reach), min(float(feet.max()), middle + reach)

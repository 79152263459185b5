"""A sheet of made-up strips, to look at."""

from pathlib import Path

import cv2
import numpy as np

from inkdigits.files import write_whole
from inkdigits.reading.line import HEIGHT
from inkdigits.training.config import NumbersConfig
from inkdigits.training.numbers.sources import read_glyphs
from inkdigits.training.numbers.strips import strip

ROWS, COLUMNS = 24, 5
WIDTH = 250  # columns for each, some are wider
GAP = 8
SCALE = 2  # pixels of the sheet for one of a strip


def preview(config: NumbersConfig, path: Path) -> Path:
    """Draw strips as the network sees them, dark on light.

    Args:
        config: the recipe.
        path: PNG to write.
    """
    glyphs, _ = read_glyphs(config)
    rng = np.random.default_rng(config.seed)
    sheet = np.full((ROWS * (HEIGHT + GAP), COLUMNS * (WIDTH + GAP)), 255, np.uint8)
    for row in range(ROWS):
        for column in range(COLUMNS):
            patch = 255 - strip(glyphs, rng).patch[:, :WIDTH, 0]
            y, x = row * (HEIGHT + GAP), column * (WIDTH + GAP)
            sheet[y : y + HEIGHT, x : x + patch.shape[1]] = patch
    large = cv2.resize(sheet, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_NEAREST)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, cv2.imencode(".png", large)[1].tobytes())
    return path

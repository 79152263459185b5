"""Print: digits, letters and letters of other scripts, in fonts that Pillow and matplotlib ship."""

import string
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.training.outliers import LOOK_ALIKES

SIZES = (24, 48, 96)  # of the font, pixels
DEFAULT = "Pillow's default"
FACES = (
    DEFAULT,
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSerif",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBolIta",
    "cmr10",
    "cmss10",
    "cmtt10",
)
FOREIGN_FACES = ("DejaVuSans", "DejaVuSans-Bold")
LETTERS = "".join(sorted(set(string.ascii_letters) - LOOK_ALIKES))

# Letters that nobody would read as a digit: left out are rings, strokes, hooks and loops that pass
# for one when they stand alone (Б, Ч, ר, و, მ …), and letters that look like a Latin one.
SCRIPTS = {
    "Greek": "ΓΔΛΞΠΣΦΨΩαηκλμπφχψω",
    "Cyrillic": "ДЖИЙЛПФЦШЩЫЮЯджийлпфцшщыюя",
    "Armenian": "ԱԲԽՄՈՊՓՔՖամպտխփքֆև",
    "Hebrew": "אהחכמשת",
    "Arabic": "بتثسشصضكن",
    "Georgian": "თოფდლღჯ",
    "Tifinagh": "ⴷⴸⵄⵅⵋⵌⵍⵎⵜⵝⵟⵠⵡⵣⵥ",
    "Lao": "ກຜພຟມທຫ",
    "Cree": "ᐁᐃᐅᐊᐯᐱᑌᑎᑐᑕ",
}

Picture = NDArray[np.uint8]


def digits() -> Iterator[tuple[str, Picture]]:
    """Print each digit in each face and size: label and picture."""
    return _printed(string.digits, FACES)


def letters() -> Iterator[tuple[str, Picture]]:
    """Print each Latin letter that is no look-alike of a digit, in each face and size."""
    return _printed(LETTERS, FACES)


def foreign() -> Iterator[tuple[str, Picture]]:
    """Print letters of other scripts."""
    return _printed("".join(SCRIPTS.values()), FOREIGN_FACES)


def _printed(characters: str, faces: Iterable[str]) -> Iterator[tuple[str, Picture]]:
    """Print characters, each in one size dark on light and in the next light on dark."""
    for shift, (face, size) in enumerate(product(faces, SIZES)):
        for number, character in enumerate(characters):
            picture = printed(character, face, size)
            yield character, 255 - picture if (shift + number) % 2 else picture


def printed(character: str, face: str, size: int) -> Picture:
    """Print one character: (H, W) uint8, black on white, a quarter of the size around it."""
    font = _font(face, size)
    left, top, right, bottom = font.getbbox(character)
    margin = size // 4
    area = (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin)
    page = Image.new("L", area, 255)
    ImageDraw.Draw(page).text((margin - left, margin - top), character, fill=0, font=font)
    return np.asarray(page).copy()


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if face == DEFAULT:
        return ImageFont.load_default(size)
    path = Path(mpl.get_data_path(), "fonts", "ttf", f"{face}.ttf")
    return ImageFont.truetype(str(path), size)

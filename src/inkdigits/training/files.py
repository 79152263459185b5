"""Files that are there whole or not at all; now in `inkdigits.files`."""

from inkdigits.files import write_whole as write_whole

"""The command `inkdigits`. Each command imports what it needs itself, so that all start fast."""

from inkdigits.cli import correcting, learning, reading, recognition, serving
from inkdigits.cli.program import main

__all__ = ["correcting", "learning", "main", "reading", "recognition", "serving"]

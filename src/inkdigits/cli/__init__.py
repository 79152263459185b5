"""The command `inkdigits`. Each command imports what it needs itself, so that all start fast."""

from inkdigits.cli import (
    batching,
    checking,
    correcting,
    learning,
    models,
    reading,
    recognition,
    serving,
)
from inkdigits.cli.program import main

__all__ = [
    "batching",
    "checking",
    "correcting",
    "learning",
    "main",
    "models",
    "reading",
    "recognition",
    "serving",
]

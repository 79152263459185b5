"""The figures of each epoch, as a table."""

import csv
import io


def as_csv(history: list[dict[str, float]]) -> bytes:
    """The figures of each epoch as CSV, a row each."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue().encode()

"""What is asked of a job: together with its inputs and its models, this is what it is known by."""

from dataclasses import dataclass

PART_ROWS = 10_000  # of a part: a minute or two of one core's work, lost if a machine dies


@dataclass(frozen=True)
class Options:
    """What is asked of a job.

    Args:
        read: whole numbers instead of one digit of each row.
        length, pattern, minimum, maximum: what is known of the numbers, see `Recognizer.read`.
        column: of Parquet files, the one to read; None: the first of a usual name.
        part_rows: at most so many rows in a part, but for tar shards, which are a part each, and
            groups of rows of Parquet, which are not divided.
    """

    read: bool = False
    length: int | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    column: str | None = None
    part_rows: int = PART_ROWS

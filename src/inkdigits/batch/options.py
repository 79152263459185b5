"""What is asked of a job: together with its inputs and its models, this is what it is known by."""

from dataclasses import dataclass

# Of a part the least and the most rows, if nothing is said: from what is worth a file of its own to
# what may be lost if a machine dies, less than half a minute of digits and two minutes of pages.
DIGITS = 250, 10_000
PAGES = 4, 200
SHARE = 256  # parts of the rows before it that a part has: four for each of 64 cores


@dataclass(frozen=True)
class Options:
    """What is asked of a job.

    Args:
        read: whole numbers instead of one digit of each row.
        length, pattern, minimum, maximum: what is known of the numbers, see `Recognizer.read`.
        column: of Parquet files, the one to read; None: the first of a usual name.
        part_rows: at most so many rows in a part, but for tar shards, which are a part each, and
            for groups of rows of Parquet that are too large to be divided so far; None: as many as
            suit any number of rows and cores. A job that goes on has the parts that it began with.
    """

    read: bool = False
    length: int | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    column: str | None = None
    part_rows: int | None = None

    def most_rows(self, before: int) -> int:
        """How many rows a part may have, given those in the parts before it.

        Parts grow as a job does: a small one is spread over all cores, and shows how far it is, a
        large one has few files. So the inputs need not be counted before they are cut, and the
        parts are the same wherever they are cut.
        """
        if self.part_rows is not None:
            return self.part_rows
        least, most = PAGES if self.read else DIGITS
        return min(max(least, before // SHARE), most)

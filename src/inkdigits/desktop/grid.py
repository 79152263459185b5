"""Where the bars of the labels stand, in units: as many rows and columns as there is room for."""

from dataclasses import dataclass

_ROW = (15, 34)  # least and greatest height of a bar's row
_NAME = 26  # least room for the label at the left of its bar …
_AFTER_NAME = 8  # … of which so much stays empty
_BAR = 28  # least length of a bar
_PERCENT = 56  # room for the percentage at the right of its bar
_GAP = 16  # between columns


@dataclass(frozen=True)
class Grid:
    """Columns of bars, filled one after the other.

    Args:
        rows: in each column.
        columns: side by side.
        height: of a row.
        width: of a column.
        name: at the left of a column, up to the bar.
    """

    rows: int
    columns: int
    height: float
    width: float
    name: float

    def __len__(self) -> int:
        """How many bars there is a place for."""
        return self.rows * self.columns

    @property
    def text(self) -> float:
        """The greatest width of a label."""
        return self.name - _AFTER_NAME

    def place(self, number: int) -> tuple[float, float, float, float]:
        """Where a bar is, counted from 0.

        Returns:
            The left edge of its column, the bar's left and right end, and its middle from above.
        """
        column, row = divmod(number, self.rows)
        start = column * (self.width + _GAP)
        middle = (row + 0.5) * self.height
        return start, start + self.name, start + self.width - _PERCENT, middle


def arrange(count: int, width: float, height: float, longest: float) -> Grid:
    """Arrange bars in a rectangle, in as few columns as there is height for.

    Args:
        count: how many bars, at least one; where there is no room for all, some have no place.
        width: of the rectangle.
        height: of the rectangle.
        longest: width of the longest label; it gets less where no bar would be left beside it.
    """
    least, greatest = _ROW
    rows = min(max(1, int(height / least)), count)
    name = min(max(_NAME, longest + _AFTER_NAME), width - _BAR - _PERCENT)
    most = max(1, int((width + _GAP) / (name + _BAR + _PERCENT + _GAP)))
    columns = min(-(-count // rows), most)
    rows = min(rows, -(-count // columns))
    row = min(max(height / rows, least), greatest)
    return Grid(rows, columns, row, (width - (columns - 1) * _GAP) / columns, name)

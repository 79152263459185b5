"""The drawing window: draw digits with mouse, touchpad or stylus and read the answer.

Tk is imported only when the window opens, so that importing this costs nothing and fails nowhere.
"""

from inkdigits.desktop.answers import describe
from inkdigits.desktop.session import main

__all__ = ["describe", "main"]

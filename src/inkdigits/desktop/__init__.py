"""The drawing window: draw a digit with mouse, touchpad or stylus and read the answer.

Tk is imported only when the window opens, so that importing this costs nothing and fails nowhere.
"""

from inkdigits.desktop.session import describe, main

__all__ = ["describe", "main"]

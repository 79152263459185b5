"""Optional dependencies: told in one line where they are missing."""

import importlib.util
import sys
from collections.abc import Mapping

from inkdigits.errors import MissingExtra


def require(extra: str, needed: Mapping[str, str]) -> None:
    """Make sure that what an extra brings is there, without importing it.

    Args:
        extra: the extra's name.
        needed: what is imported, and the name under which it is installed.

    Raises:
        MissingExtra: something is not.
    """
    for module, package in needed.items():
        if sys.modules.get(module) is None and importlib.util.find_spec(module) is None:
            raise MissingExtra(extra, package)

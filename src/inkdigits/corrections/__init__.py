"""Corrections: what people said was wrong, and what is right, kept in a database."""

from inkdigits.extras import require

# What is imported below, and the name under which it is installed.
NEEDED = {"alembic": "alembic", "platformdirs": "platformdirs", "sqlalchemy": "SQLAlchemy"}

require("web", NEEDED)

from inkdigits.corrections.store import (  # noqa: E402
    PLACE,
    Correction,
    CorrectionStore,
    Kept,
    Receipt,
)

__all__ = ["PLACE", "Correction", "CorrectionStore", "Kept", "Receipt"]

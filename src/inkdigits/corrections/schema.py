"""The database of corrections: its tables, and how an older one is brought up to date.

Each change of the tables is a step in `migrations/versions`, carried out by Alembic; the steps keep
what is there. The tables below are what the last step leaves.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    text,
)

from inkdigits.names import LENGTH

metadata = MetaData()

corrections = Table(
    "corrections",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("time", BigInteger, nullable=False),  # milliseconds since 1970, UTC
    Column("label", String(LENGTH)),  # null: not a digit
    Column("predicted", String(LENGTH)),  # null: refused
    Column("confidence", Float),
    Column("model", String(LENGTH)),
    Column("version", String(LENGTH)),
    Column("writer", String(LENGTH)),
    Column("strokes", Text),  # JSON of an ink, or else …
    Column("image", LargeBinary),  # … a grey PNG
    Column("digest", String(64), nullable=False, unique=True),  # of what was drawn and its label
    Index("corrections_by_time", "time", "id"),
)

keys = Table(
    "keys",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

_LOCK = 0x1D161  # any number that nobody else takes for an advisory lock of PostgreSQL


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the tables up to date; processes that start at once wait for one another.

    Args:
        connection: in a transaction, which is the caller's to commit.
        revision: the step to end with.

    Raises:
        CommandError: the tables are of a later version than this program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def is_there(connection: Connection) -> bool:
    """Whether the database has all of these tables, with all of their columns."""
    found = inspect(connection)
    return all(
        found.has_table(table.name)
        and set(table.columns.keys()) <= {one["name"] for one in found.get_columns(table.name)}
        for table in metadata.sorted_tables
    )


__all__ = ["CommandError", "corrections", "is_there", "keys", "metadata", "migrate"]

"""Where the database of corrections is, and how it is spoken to: SQLite and PostgreSQL."""

import os
from pathlib import Path
from typing import Any

import platformdirs
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from inkdigits.errors import StoreUnavailable

DEFAULT_FILE = "corrections.sqlite"
CONNECT_SECONDS = 3  # for which a database far away is waited for
BUSY_SECONDS = 30  # for which a writer waits until another has done


def address(url: str | None, *, create: bool = True) -> URL:
    """The database's address, the folder of a file made where it is missing.

    Args:
        url: as for `CorrectionStore`, which says what is raised.
        create: whether the file may be missing.
    """
    if url is None:
        folder = platformdirs.user_data_path("inkdigits", appauthor=False)
        found = URL.create("sqlite", database=str(folder / DEFAULT_FILE))
    else:
        try:
            found = make_url(url)
        except ArgumentError as error:
            raise StoreUnavailable(
                "The address of the database cannot be read; it should look like"
                " sqlite:////path/file or postgresql://user:password@host/name."
            ) from error
    if found.drivername in ("postgres", "postgresql"):
        return found.set(drivername="postgresql+psycopg")
    if found.get_backend_name() == "sqlite" and found.database not in (None, "", ":memory:"):
        path = Path(str(found.database)).expanduser()
        if not create and not path.exists():
            raise StoreUnavailable(f"{path}: there is no database of corrections.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(
                f"The folder {path.parent} for the corrections cannot be made: {error.strerror}."
            ) from error
        return found.set(database=os.fspath(path))
    return found


def connections(address: URL, *, read_only: bool = False) -> Engine:
    """Connections to the database, none made yet; by such as are `read_only` nothing is changed.

    Raises:
        StoreUnavailable: it is of a kind that corrections are not kept in.
    """
    try:
        if address.get_backend_name() == "sqlite":
            engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS})
            event.listen(engine, "connect", _only_read_sqlite if read_only else _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        if address.get_backend_name() == "postgresql":
            waits: dict[str, Any] = {
                "connect_timeout": CONNECT_SECONDS,
                "options": "-c statement_timeout=10000",
            }
            if read_only:
                waits["options"] += " -c default_transaction_read_only=on"
            return create_engine(address, pool_pre_ping=True, pool_timeout=5, connect_args=waits)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreUnavailable(
            f"There is no driver for {address.drivername} here: {error}."
        ) from error
    raise StoreUnavailable(
        f"Corrections are kept in SQLite or PostgreSQL, not in {address.get_backend_name()}."
    )


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Readers and one writer at a time (WAL); what is committed survives a loss of power."""
    connection.isolation_level = None  # transactions are begun below, not by the driver
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _only_read_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only = ON")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: one who reads first and writes later may be refused it."""
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

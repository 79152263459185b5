"""`CorrectionStore`: a database of corrections, SQLite by default, PostgreSQL by its URL."""

import hashlib
import hmac
import math
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from inkdigits.corrections.database import address, connections
from inkdigits.corrections.schema import (
    CommandError,
    corrections,
    is_there,
    keys,
    migrate,
)
from inkdigits.errors import InvalidCorrection, StoreFull, StoreUnavailable, UnknownCorrection
from inkdigits.ink import Ink
from inkdigits.names import RULE, is_name, quoted

PLACE = r"^[0-9]{1,15}-[0-9a-f]{32}$"  # of a correction among all: milliseconds since 1970, id
PAGE = 20  # corrections that are held at a time where all are gone through
COUNTED_SECONDS = 1  # for which a count is believed: of 100,000 it takes PostgreSQL 20 ms
_COUNT = select(func.count()).select_from(corrections)

Shown = Ink | bytes


@dataclass(frozen=True, slots=True)
class Correction:
    """What was drawn, what was answered, and what is right.

    Args:
        shown: an `Ink`, or the bytes of a grey PNG.
        label: what it is; None: not one of the things that the model knows.
        predicted: what was answered; None where that was refused.
        confidence: what was said of that, in [0, 1].
        model: name of the model that answered.
        version: its version.
        writer: who drew it, in whatever words the user chose.

    Raises:
        InvalidCorrection: an empty drawing, a confidence outside [0, 1], or a name that may be
            none (`names.RULE`).
    """

    shown: Shown
    label: str | None
    predicted: str | None = None
    confidence: float | None = None
    model: str | None = None
    version: str | None = None
    writer: str | None = None

    def __post_init__(self) -> None:
        """Check what a database or a later reader would stumble over."""
        if isinstance(self.shown, Ink) and self.shown.is_empty:
            raise InvalidCorrection("Nothing is drawn in this correction.")
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise InvalidCorrection("confidence: a number from 0 to 1 is needed.")
        for key in ("label", "predicted", "model", "version", "writer"):
            name = getattr(self, key)
            if name is not None and not is_name(name):
                raise InvalidCorrection(f"{key}: {RULE}, are needed, not {quoted(name)}.")

    @property
    def digest(self) -> str:
        """SHA-256 of what was shown and what it is: the same correction has the same one."""
        shown = self.shown.to_json().encode() if isinstance(self.shown, Ink) else self.shown
        label = b"\0" if self.label is None else self.label.encode()
        return hashlib.sha256(hashlib.sha256(shown).digest() + label).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A correction in the store.

    Args:
        id: 32 hexadecimal digits.
        time: when it was made, UTC, to the millisecond.
        correction: what was made.
    """

    id: str
    time: datetime
    correction: Correction

    @property
    def place(self) -> str:
        """Where it stands among all, for `CorrectionStore.since`; true even when it is deleted."""
        return f"{round(1000 * self.time.timestamp())}-{self.id}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What whoever made a correction is given.

    Args:
        id: of the correction.
        token: takes it back again; whoever makes the same correction twice gets the same token.
        is_new: False where just this correction was there already.
    """

    id: str
    token: str
    is_new: bool


class CorrectionStore:
    """Corrections in a database, which is made or brought up to date where needed.

    One object may be shared by threads, and one database by processes. What `add` has returned is
    on the disk.

    Args:
        url: of the database as SQLAlchemy writes it (`sqlite:////path/file`,
            `postgresql://user:password@host/name`); None: a SQLite file in the user's data folder.
        most: corrections that it may hold; 0: any number. What other processes do is seen within a
            second, so that together they may keep a few more: what they add in that time.
        create: whether the database may be missing, and is made then.
        read_only: change nothing, not even an older database: what is there must be ours as it is.

    Raises:
        StoreUnavailable: the database cannot be reached, or was made by a later version; a file is
            not there, and not to be made; where it is only read, it does not hold corrections.
    """

    def __init__(
        self,
        url: str | None = None,
        most: int = 0,
        *,
        create: bool = True,
        read_only: bool = False,
    ) -> None:
        self._url = address(url, create=create and not read_only)
        self._engine = connections(self._url, read_only=read_only)
        self._reader = self._engine.execution_options(reads=True)
        self._most = most
        self._count, self._believed_until = 0, -math.inf
        try:
            with self._transaction("opened", self._reader if read_only else None) as connection:
                if not read_only:
                    migrate(connection)
                elif not is_there(connection):
                    raise StoreUnavailable(f"{self}: it does not hold corrections of inkdigits.")
                self._key = connection.scalars(select(keys.c.value).filter_by(name="token")).one()
        except CommandError as error:
            self.close()
            raise StoreUnavailable(
                f"The corrections in {self} were kept by a later version of inkdigits ({error});"
                " install that one."
            ) from error
        except BaseException:
            self.close()
            raise

    def __str__(self) -> str:
        """Where the corrections are, without the password."""
        return self._url.render_as_string(hide_password=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def __len__(self) -> int:
        """How many corrections there are."""
        with self._transaction("read", self._reader) as connection:
            return connection.scalar(_COUNT) or 0

    def add(self, correction: Correction, at: datetime | None = None) -> Receipt:
        """Keep a correction; one that is there already is left as it was.

        Args:
            correction: what to keep.
            at: when it was made; None: now.

        Raises:
            StoreFull: it is new, and there is no room for more.
            StoreUnavailable: it could not be written, and is not kept.
        """
        return self.add_all([correction], at)[0]

    def add_all(self, several: Sequence[Correction], at: datetime | None = None) -> list[Receipt]:
        """Keep several corrections, all or none; arguments and errors as for `add`.

        Returns:
            A receipt for each, in their order; of two that are the same the first is new.
        """
        moment = round(1000 * (at.timestamp() if at else time.time()))
        digests = [correction.digest for correction in several]
        rows: dict[str, dict[str, Any]] = {}
        for digest, correction in zip(digests, several, strict=True):
            number = secrets.token_hex(16)
            row = {"id": number, "time": moment, "digest": digest, **_columns(correction)}
            rows.setdefault(digest, row)
        with self._transaction("written") as connection:
            known = _known(connection, digests)
            new = sorted(rows.keys() - known.keys())  # in one order, lest two wait for each other
            self._take_room(connection, len(new))
            for digest in new:
                try:
                    with connection.begin_nested():
                        connection.execute(corrections.insert().values(rows[digest]))
                except IntegrityError:  # another was a moment faster
                    known |= _known(connection, [digest])
        receipts = []
        for digest in digests:
            is_new = digest not in known
            number = known.setdefault(digest, rows[digest]["id"])
            receipts.append(Receipt(number, self.token(number), is_new))
        return receipts

    def _take_room(self, connection: Connection, wanted: int) -> None:
        """Take room for new ones, before any is written: PostgreSQL keeps what is rolled back.

        Threads that count at once may be off by one another's; the next count puts that right.

        Raises:
            StoreFull: there is none.
        """
        if not (self._most and wanted):
            return
        if time.monotonic() >= self._believed_until:
            self._count = connection.scalar(_COUNT) or 0
            self._believed_until = time.monotonic() + COUNTED_SECONDS
        if self._count + wanted > self._most:
            raise StoreFull(
                f"The store of corrections is full (at most {self._most:,} are kept): its owner"
                " can export and delete some, or raise the limit."
            )
        self._count += wanted

    def get(self, number: str) -> Kept:
        """Find one.

        Raises:
            UnknownCorrection: there is none of this id.
            StoreUnavailable: the database cannot be read.
        """
        with self._transaction("read", self._reader) as connection:
            row = connection.execute(select(corrections).filter_by(id=number)).one_or_none()
        if row is None:
            raise UnknownCorrection(f"There is no correction {number!r:.60}.")
        return _kept(row)

    def since(self, after: str | None = None, limit: int | None = None) -> Iterator[Kept]:
        """Go through the corrections, the oldest first, a few held at a time.

        Args:
            after: begin behind this place (`Kept.place`); None: with the first.
            limit: how many at most; None: all.

        Raises:
            UnknownCorrection: `after` is no place.
            StoreUnavailable: the database cannot be read.
        """
        if after is not None and re.match(PLACE, after) is None:
            raise UnknownCorrection(f"{after!r:.120} is not a place among the corrections.")
        left = limit
        while left is None or left > 0:
            query = select(corrections).order_by(corrections.c.time, corrections.c.id)
            if after is not None:
                moment, number = after.split("-")
                query = query.where(
                    (corrections.c.time > int(moment))
                    | ((corrections.c.time == int(moment)) & (corrections.c.id > number))
                )
            with self._transaction("read", self._reader) as connection:
                size = PAGE if left is None else min(PAGE, left)
                page = [_kept(row) for row in connection.execute(query.limit(size))]
            yield from page
            if len(page) < size:
                return
            after = page[-1].place
            left = None if left is None else left - len(page)

    def __iter__(self) -> Iterator[Kept]:
        """All corrections, the oldest first."""
        return self.since()

    def delete(self, number: str) -> None:
        """Forget one.

        Raises:
            UnknownCorrection: there is none of this id.
            StoreUnavailable: it could not be deleted.
        """
        with self._transaction("changed") as connection:
            gone = connection.execute(corrections.delete().where(corrections.c.id == number))
        if not gone.rowcount:
            raise UnknownCorrection(f"There is no correction {number!r:.60}.")
        self._count -= 1

    def token(self, number: str) -> str:
        """The token by which whoever made a correction takes it back: an HMAC of its id."""
        return hmac.new(self._key, number.encode(), hashlib.sha256).hexdigest()

    def is_token(self, number: str, token: str) -> bool:
        """Whether a token belongs to a correction, told in a time that does not depend on it."""
        return hmac.compare_digest(self.token(number).encode(), token.encode())

    @contextmanager
    def _transaction(self, done: str, engine: Engine | None = None) -> Iterator[Connection]:
        """A connection whose work counts whole or not at all; `done` is for messages."""
        try:
            with (engine or self._engine).begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise StoreUnavailable(
                f"The corrections in {self} could not be {done}: {reason}."
            ) from error


def _known(connection: Connection, digests: Sequence[str]) -> dict[str, str]:
    """The ids of the corrections that are there already, by their digests."""
    query = select(corrections.c.digest, corrections.c.id)
    found = connection.execute(query.where(corrections.c.digest.in_(digests)))
    return {row.digest: row.id for row in found}


def _columns(correction: Correction) -> dict[str, Any]:
    ink = isinstance(correction.shown, Ink)
    return {
        "label": correction.label,
        "predicted": correction.predicted,
        "confidence": correction.confidence,
        "model": correction.model,
        "version": correction.version,
        "writer": correction.writer,
        "strokes": correction.shown.to_json() if isinstance(correction.shown, Ink) else None,
        "image": None if ink else correction.shown,
    }


def _kept(row: Row[Any]) -> Kept:
    shown = bytes(row.image) if row.strokes is None else Ink.from_json(row.strokes)
    correction = Correction(
        shown, row.label, row.predicted, row.confidence, row.model, row.version, row.writer
    )
    return Kept(row.id, datetime.fromtimestamp(row.time / 1000, UTC), correction)

"""What the requests of an app share."""

import threading
import time
from dataclasses import dataclass, field

from inkdigits.corrections import CorrectionStore
from inkdigits.errors import StoreUnavailable
from inkdigits.recognizer import Recognizer
from inkdigits.web.current import Current
from inkdigits.web.metrics import Metrics
from inkdigits.web.settings import Settings

RETRY_SECONDS = 5  # after which a database that could not be reached is tried again
TURN_SECONDS = 1  # for which others wait while it is tried
UNREACHED = "The database of the corrections could not be reached just now."


@dataclass
class Parts:
    """Made once for an app, used by all its threads."""

    settings: Settings
    current: Current
    metrics: Metrics = field(default_factory=Metrics)
    _retry: float = 0.0  # when the database may be asked for again
    _store: CorrectionStore | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def recognizer(self) -> Recognizer:
        """What answers now; a request asks once."""
        return self.current.recognizer

    @property
    def store(self) -> CorrectionStore:
        """The corrections, opened by the first who asks: without them digits are read all the same.

        Raises:
            StoreUnavailable: the database cannot be reached, or could not a moment ago: one request
                waits for it, lest all threads do.
        """
        if self._store is None:
            if not self._lock.acquire(timeout=TURN_SECONDS):
                raise StoreUnavailable(UNREACHED)
            try:
                self._open()
            finally:
                self._lock.release()
        if self._store is None:
            raise StoreUnavailable(UNREACHED)
        return self._store

    def _open(self) -> None:
        if self._store is not None or time.monotonic() < self._retry:
            return
        self._retry = time.monotonic() + RETRY_SECONDS
        self._store = CorrectionStore(self.settings.database_url, self.settings.max_corrections)

    def close(self) -> None:
        """Give the database's connections back."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None

"""What the requests of an app share."""

import threading
from dataclasses import dataclass, field

from inkdigits.corrections import CorrectionStore
from inkdigits.recognizer import Recognizer
from inkdigits.web.metrics import Metrics
from inkdigits.web.settings import Settings


@dataclass
class Parts:
    """Made once for an app, used by all its threads."""

    settings: Settings
    recognizer: Recognizer
    metrics: Metrics = field(default_factory=Metrics)
    _store: CorrectionStore | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def store(self) -> CorrectionStore:
        """The corrections, opened by the first who asks: without them digits are read all the same.

        Raises:
            StoreUnavailable: the database cannot be reached; the next who asks tries again.
        """
        with self._lock:
            if self._store is None:
                self._store = CorrectionStore(self.settings.database_url)
            return self._store

    def close(self) -> None:
        """Give the database's connections back."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None

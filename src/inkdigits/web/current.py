"""The recognizer that answers now: another one once another model was put to use."""

import logging
import threading
import time
from pathlib import Path

from inkdigits.errors import InkdigitsError
from inkdigits.model_home import model_in_use
from inkdigits.recognizer import Recognizer

SECONDS = 2.0  # after which it is looked again which model is in use


class Current:
    """Holds a recognizer for all threads of a server, and takes up a model that is put to use.

    Another model is loaded beside the old one, which answers until it is ready; requests under way
    end with the one they began with. What cannot be loaded is logged, and the old one stays.

    Args:
        model: as for `Recognizer`; None: the model in use, whichever that is at the time.
        lines: as for `Recognizer`.

    Raises:
        InvalidModel: a model cannot be used.
    """

    def __init__(self, model: str | None, lines: str | None) -> None:
        self._lines = lines
        self._follows = model is None
        self._folder = model_in_use() if self._follows else None
        self._recognizer = self._loaded(model or self._folder)
        self._look_at = time.monotonic() + SECONDS
        self._looking = threading.Lock()

    @property
    def recognizer(self) -> Recognizer:
        """The one to answer with; a request asks once."""
        if self._follows and time.monotonic() >= self._look_at:
            self._look()
        return self._recognizer

    def _loaded(self, model: str | Path | None) -> Recognizer:
        recognizer = Recognizer(model, lines=self._lines)
        _ = recognizer.lines_config  # its first reader shall not wait
        return recognizer

    def _look(self) -> None:
        """See whether another model is in use; if so, load it in another thread."""
        if not self._looking.acquire(blocking=False):
            return  # somebody else looks, or loads
        self._look_at = time.monotonic() + SECONDS
        try:
            folder = model_in_use()
        except InkdigitsError:
            logging.getLogger("inkdigits.web").exception("which model is in use cannot be told")
            folder = self._folder
        if folder == self._folder:
            self._looking.release()
        else:
            threading.Thread(target=self._load, args=(folder,), daemon=True).start()

    def _load(self, folder: Path | None) -> None:
        try:
            self._recognizer = self._loaded(folder)
        except InkdigitsError:
            logging.getLogger("inkdigits.web").exception("the model in use cannot be loaded")
        finally:
            self._folder = folder
            self._looking.release()

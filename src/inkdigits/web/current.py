"""The recognizer that answers now: another one once another model was put to use."""

import logging
import os
import threading
import time
import weakref
from pathlib import Path

from inkdigits.model_home import ModelHome, model_in_use
from inkdigits.recognizer import Recognizer

SECONDS = 1.0  # between two looks which model is in use


class Current:
    """Holds a recognizer for all threads of a server, and takes up a model that is put to use.

    A thread looks which that is, and loads another model beside the old one, which answers until
    it is ready; requests under way end with the one they began with. What cannot be loaded is
    logged once, and tried again as long as it is in use.

    Args:
        model: a model's name or folder; None: the model in use, whichever that is at the time.
        lines: the same of the model of lines; None: the shipped one.

    Raises:
        InvalidModel: a model cannot be used.
    """

    def __init__(self, model: str | None, lines: str | None) -> None:
        self._lines = None if lines is None else ModelHome().find(lines)
        self._follows = model is None
        self._folder = model_in_use() if model is None else ModelHome().find(model)
        self._recognizer = self._loaded(self._folder)
        self._process: int | None = None  # in which the thread looks
        self._starting = threading.Lock()

    @property
    def recognizer(self) -> Recognizer:
        """The one to answer with; a request asks once."""
        if self._follows and self._process != os.getpid():  # a fork has no threads but its own
            with self._starting:
                if self._process != os.getpid():
                    self._process = os.getpid()
                    here = weakref.ref(self)
                    threading.Thread(target=_follow, args=(here,), daemon=True).start()
        return self._recognizer

    def _loaded(self, model: Path | None) -> Recognizer:
        recognizer = Recognizer(model, lines=self._lines)
        if recognizer.reads_numbers:
            _ = recognizer.lines_config  # its first reader shall not wait
        return recognizer

    def look(self) -> None:
        """Take up the model in use, if it is another one.

        Raises:
            InvalidModel: it is not to be had; the old one stays.
        """
        folder = model_in_use()
        if folder != self._folder:
            self._recognizer = self._loaded(folder)
            self._folder = folder


def _follow(current: "weakref.ref[Current]") -> None:
    """Look again and again, for as long as somebody holds it."""
    told = ""
    while True:
        time.sleep(SECONDS)
        held = current()
        if held is None:
            return
        try:
            held.look()
            told = ""
        except Exception as error:  # whatever it is: the thread lives on, and the old one answers
            if told != (told := str(error)):
                logging.getLogger("inkdigits.web").exception("the model in use is not to be had")
        del held

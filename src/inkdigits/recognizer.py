"""`Recognizer`: pictures and ink in, predictions out. All that a user touches stands on it."""

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inkdigits import artifact, normalize
from inkdigits.artifact import ModelConfig
from inkdigits.digit_model import DigitModel, Outputs
from inkdigits.errors import NoNumbers
from inkdigits.image import ImageSource, load_image
from inkdigits.ink import Ink
from inkdigits.model_home import find_model
from inkdigits.paper import find_ink
from inkdigits.prediction import Box, Prediction
from inkdigits.reading.result import Reading
from inkdigits.wording import DIGITS, noun

if TYPE_CHECKING:  # reading lines is not for every start to wait for
    from inkdigits.reading.reader import Reader

BATCH = 64  # patches for one run of the model: more gain nothing, and cost memory …
PIXELS = 16_000_000  # … or fewer where the sources are large: pictures wait for their turn whole
SMALL = 65_536  # pixels: to prepare a smaller picture is many short calls, see `stream`

Source = ImageSource | Ink
Prepared = tuple[NDArray[np.float32], Box | None]  # what the model sees, and where the ink is


class Recognizer:
    """Reads digits, and whole numbers, in pictures and ink; one object may be shared by threads.

    Args:
        model: None for the shipped model, the name of one that is shipped or was added (`inkdigits
            models add`), or the path of a model folder or of a run's.
        lines: the same of the model of lines, which `read` needs; it is loaded when it is called.

    Raises:
        InvalidModel: the folder is missing, incomplete, changed, or made for another version.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        lines: str | os.PathLike[str] | None = None,
    ) -> None:
        self._model = DigitModel(find_model(model))
        self.config = self._model.config
        self._lines = lines
        self._reading: tuple[Reader, ModelConfig] | None = None
        self._lock = threading.Lock()

    @property
    def labels(self) -> tuple[str, ...]:
        """What the model can answer, in the order of its outputs."""
        return self.config.labels

    def recognize(self, source: Source) -> Prediction:
        """Read one digit.

        Args:
            source: an `Ink`, or whatever `load_image` takes.

        Raises:
            UnreadableImage, ImageTooLarge: see `load_image`.
        """
        return self.look(source)[0]

    def look(self, source: Source) -> tuple[Prediction, NDArray[np.float32]]:
        """Read one digit, as `recognize` does, and give what the model saw, as `patch` does."""
        prepared = prepare(source)
        return self._model.answer([prepared])[0], prepared[0]

    def recognize_many(self, sources: Iterable[Source]) -> list[Prediction]:
        """Read one digit from each source, in order, with all cores; raises as `recognize` does."""
        return list(self.stream(sources))

    def stream(self, sources: Iterable[Source]) -> Iterator[Prediction]:
        """Read one digit from each source as the answers are asked for.

        Memory stays flat however many sources there are: only a few batches are held at a time.
        """
        batches = _batches(sources)
        ahead = list(islice(batches, 2))
        workers = _cores()
        # A few sources are shared out evenly; of many, each core takes one batch after another.
        if len(ahead) == 1:
            few = ahead.pop()
            share = -(-len(few) // workers)
            ahead = [few[start : start + share] for start in range(0, len(few), share)]
        alone = workers == 1 or len(ahead) < 2
        batches = chain(ahead, batches)
        del ahead  # what is answered need not be kept
        if alone:
            for batch in batches:
                yield from self._prepare_and_answer(batch)
            return
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[Future[list[Prediction]]] = deque()
            for batch in batches:
                if all(map(_is_small, batch)):
                    # Threads that make many short calls fight for Python's lock and gain nothing:
                    # this thread prepares, while the others run the model.
                    waiting.append(
                        pool.submit(self._model.answer, [prepare(item) for item in batch])
                    )
                else:
                    waiting.append(pool.submit(self._prepare_and_answer, batch))
                if len(waiting) > workers:
                    yield from waiting.popleft().result()
            for answers in waiting:
                yield from answers.result()

    def read(
        self,
        source: Source,
        *,
        length: int | None = None,
        pattern: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        check: Callable[[str], bool] | None = None,
    ) -> list[Reading]:
        """Read whole numbers: everything written, in reading order, a reading a number on a line.

        What is known of the numbers makes them surer. Where nothing that was written fits, the most
        probable text is given all the same, with a confidence of 0.

        Args:
            source: an `Ink`, or whatever `load_image` takes.
            length: how many digits each number has.
            pattern: `d` for a digit, and `.` `,` `-` `/` `:` where they stand, as `dd.dd`.
            minimum: the least value of a number.
            maximum: the greatest.
            check: says of a text whether it is possible, as by a check digit; what it raises comes
                through.

        Raises:
            UnreadableImage, ImageTooLarge: see `load_image`.
            InvalidConstraint: what is known contradicts itself.
            NoNumbers: see `reads_numbers`.
            InvalidModel: the model of lines, which is loaded by the first call, cannot be used.
        """
        from inkdigits.reading.constraints import Constraints

        constraints = Constraints(length, pattern, minimum, maximum, check)
        reader, _ = self._reader()
        if isinstance(source, Ink):
            return reader.read_ink(source, constraints)
        return reader.read_picture(load_image(source), constraints)

    @property
    def reads_numbers(self) -> bool:
        """Whether the model knows all ten digits, without which there is no `read`."""
        return set(self.labels) >= DIGITS

    @property
    def lines_config(self) -> ModelConfig:
        """What is known of the model of lines, which is loaded by the first who asks.

        Raises:
            NoNumbers: see `reads_numbers`.
            InvalidModel: it cannot be used.
        """
        return self._reader()[1]

    def _reader(self) -> "tuple[Reader, ModelConfig]":
        """What reads lines, and what is known of its model; made by the first who asks."""
        if not self.reads_numbers:
            raise NoNumbers(
                f"Model {self.config.name} does not know all ten digits, so it reads no numbers:"
                f" have it recognise one {noun(self.labels)} at a time."
            )
        from inkdigits.reading.line_model import LineModel
        from inkdigits.reading.reader import Reader

        with self._lock:
            if self._reading is None:
                lines = LineModel(find_model(self._lines, artifact.LINES))
                digits = self._model.among(sorted(DIGITS))
                self._reading = Reader(digits, lines), lines.config
            return self._reading

    def patch(self, source: Source) -> NDArray[np.float32]:
        """Return what the model sees of a source: (28, 28) float32 in [0, 1], ink bright."""
        return prepare(source)[0]

    def run(self, patches: NDArray[np.float32]) -> Outputs:
        """Run the model.

        Args:
            patches: (N, 28, 28) float32 in [0, 1], as from `patch`.
        """
        return self._model.run(patches)

    def answer(self, prepared: Sequence[Prepared]) -> list[Prediction]:
        """Say what each is of what `prepare` has made, in one batch, on the calling thread."""
        return self._model.answer(prepared)

    def _prepare_and_answer(self, sources: list[Source]) -> list[Prediction]:
        return self._model.answer([prepare(source) for source in sources])


def prepare(source: Source) -> Prepared:
    """Turn a source into what the model sees.

    Args:
        source: as for `Recognizer.recognize`, which says what is raised.

    Returns:
        The patch, (28, 28) float32 in [0, 1], ink bright, and the box of the ink, (x, y, width,
        height) in pixels of an image or units of an ink; all zeros and None where there is nothing
        to read.
    """
    pixels = source.render() if isinstance(source, Ink) else find_ink(load_image(source))
    found = normalize.locate(pixels)
    if found is None:
        return np.zeros((normalize.PATCH, normalize.PATCH), np.float32), None
    box = source.box() if isinstance(source, Ink) else (*found,)
    return normalize.normalize_box(pixels, found), box


def _batches(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """Cut sources into lists of `BATCH`, or of fewer that hold `PIXELS` together."""
    batch: list[Source] = []
    held = 0
    for source in sources:
        batch.append(source)
        held += _held(source)
        if len(batch) == BATCH or held >= PIXELS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _held(source: Source) -> int:
    """Pixels that an array or a PIL image holds in memory, channels of an array each by itself."""
    size = getattr(source, "size", 0)
    if isinstance(size, tuple):
        return math.prod(size)
    return size if isinstance(size, int) else 0


def _is_small(source: Source) -> bool:
    """Whether a source is an ink or an array of few pixels."""
    return isinstance(source, Ink) or (isinstance(source, np.ndarray) and source.size <= SMALL)


def _cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

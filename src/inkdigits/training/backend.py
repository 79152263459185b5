"""Keras, imported once, quietly, and told to give the same numbers each time."""

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from inkdigits.errors import MissingExtra


def load_keras() -> ModuleType:
    """Import Keras with the backend of `KERAS_BACKEND` (TensorFlow by default).

    Raises:
        MissingExtra: The backend is not installed.
    """
    if "keras" not in sys.modules:
        try:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read at import
            with stderr_swallowed():
                os.environ.setdefault("JAX_DEFAULT_MATMUL_PRECISION", "float32")  # read at import
                import keras

                keras.ops.zeros(1)  # TensorFlow greets a second time at its first operation
            # its advice against tracing again is for loops; we trace again for each new data set
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
        except ModuleNotFoundError as error:
            raise MissingExtra("train", error.name or "tensorflow") from error
    module: ModuleType = sys.modules["keras"]
    return module


@contextmanager
def stderr_swallowed() -> Iterator[None]:
    """Keep notes of TensorFlow's C++ off standard error; where an error is raised, they show."""
    kept = os.dup(2)
    try:
        with tempfile.TemporaryFile() as swallowed:
            os.dup2(swallowed.fileno(), 2)
            try:
                yield
            except Exception:
                swallowed.seek(0)
                os.write(kept, swallowed.read())
                raise
            finally:
                os.dup2(kept, 2)
    finally:
        os.close(kept)


def make_deterministic(seed: int) -> None:
    """Seed everything, and let the backend use only operations that repeat bit for bit.

    JAX repeats on a processor; of a GPU it does not promise that. Both multiply in full precision:
    the 10-bit mantissas (TF32) that they use on some GPUs would hide what the export has to prove.
    """
    keras = load_keras()
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
        tf.config.experimental.enable_tensor_float_32_execution(False)


def compile_just_in_time() -> bool | str:
    """Whether to compile the training step with XLA: on TensorFlow it gains nothing here.

    Measured with the network of `configs/original.yaml` on two cores: the same time a step, and
    seventeen seconds of compilation before the first.
    """
    return False if load_keras().backend.backend() == "tensorflow" else "auto"


@contextmanager
def quiet_about_h5() -> Iterator[None]:
    """Leave out Keras's advice against HDF5: `cnn_model.h5` is there for those who ask for it."""
    from absl import logging as absl_logging

    before = absl_logging.get_verbosity()
    absl_logging.set_verbosity(absl_logging.ERROR)
    try:
        with warnings.catch_warnings():  # Keras's HDF5 writer converts arrays in NumPy's old way
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            yield
    finally:
        absl_logging.set_verbosity(before)

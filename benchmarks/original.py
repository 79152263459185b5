"""The original's way, as a learner writes it: plain Keras, the whole canvas squeezed to 28×28.

    python benchmarks/original.py train MODEL.keras [EPOCHS [IMAGES]]
    python benchmarks/original.py predict MODEL.keras DRAWING.png

No crop, no centring, no normalization. The network and its settings are those of
`configs/original.yaml`. Progress output of `predict` is off, which is in the original's favour.
"""

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

CONFIGURATION = Path(__file__).parents[1] / "configs" / "original.yaml"


def train(path: Path, epochs: int | None = None, images: int | None = None) -> None:
    """Train the original's network on MNIST as it is and save it.

    Args:
        path: the file to write.
        epochs: None: as many as the configuration says.
        images: only the first so many; None: all.
    """
    import yaml

    from inkdigits.training import mnist  # nothing but the files themselves

    configuration = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    settings = configuration["training"]
    pictures, labels = mnist.load("train")
    model = keras.Sequential([keras.Input(configuration["dataset"]["input_shape"])])
    for layer in configuration["model"]["layers"]:
        ((kind, options),) = layer.items()
        options.pop("input_shape", None)
        model.add(getattr(keras.layers, kind)(**options))
    model.compile(
        optimizer=settings["optimizer"],
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        pictures[:images, ..., None].astype(np.float32) / 255,
        labels[:images],
        batch_size=settings["batch_size"],
        epochs=epochs or settings["epochs"],
        verbose=2,
    )
    model.save(path)


def load(path: Path) -> Any:
    """Load the trained network."""
    return keras.models.load_model(path)


def prepare(canvas: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Turn a canvas, dark ink on white, into what the network takes: (1, 28, 28, 1)."""
    small = cv2.resize(255 - canvas, (28, 28))
    scaled: NDArray[np.float64] = small.reshape(1, 28, 28, 1) / 255.0
    return scaled


def predict(model: Any, canvas: NDArray[np.uint8]) -> tuple[int, float]:
    """Return the digit and its probability."""
    scores = model.predict(prepare(canvas), verbose=0)[0]
    return int(np.argmax(scores)), float(np.max(scores))


def main() -> None:
    """Run one of the two commands above."""
    command, path, *rest = sys.argv[1:]
    if command == "train":
        train(Path(path), *map(int, rest))
        return
    canvas = cv2.imread(rest[0], cv2.IMREAD_GRAYSCALE)
    digit, confidence = predict(load(Path(path)), np.asarray(canvas, np.uint8))
    print(f"Predicted Digit: {digit}")
    print(f"Confidence: {confidence:.2%}")


if __name__ == "__main__":
    main()

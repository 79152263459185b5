"""Data sets and recipes so small that a whole training run takes a second or two."""

import functools
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from drawings import drawn
from numpy.typing import NDArray

from inkdigits import Ink
from inkdigits.training import checkpoint, datasets
from inkdigits.training.backend import load_keras
from inkdigits.training.config import TrainingConfig, load_config
from inkdigits.training.datasets import Digits
from inkdigits.training.train import Run, train

RECIPE = """
name: tiny
model:
  type: CNN
  layers:
    - Conv2D: {filters: 8, kernel_size: 5, strides: 2, activation: relu}
    - BatchNormalization: {momentum: 0.8}
    - MaxPooling2D
    - Flatten
    - Dropout: 0.2
    - Dense: {units: 10, activation: softmax}
training: {epochs: 3, batch_size: 32, learning_rate: 0.01, weight_decay: 0.001}
dataset: {name: printed, train: train-images-idx3-ubyte, test: test-images-idx3-ubyte}
validation: {fraction: 0.25}
augmentation: {rotation: 8, shift: 1, elastic: 0.5, thickness: 0.2}
schedule: {kind: one_cycle}
weight_averaging: {from_epoch: 2, batch_norm_images: 128}
"""

# Pictures and ink to learn digits from, ink and made-up things to learn to refuse.
REFUSING = """
name: refusing
model:
  type: CNN
  layers:
    - Conv2D: {filters: 8, kernel_size: 5, strides: 2, use_bias: false}
    - BatchNormalization: {momentum: 0.8}
    - Activation: relu
    - MaxPooling2D
    - Flatten
    - Dropout: 0.2
    - Dense: {units: 10, activation: softmax}
training: {epochs: 2, batch_size: 32, learning_rate: 0.01}
dataset:
  name: drawn
  test: test-images-idx3-ubyte
  parts:
    - {data: train-images-idx3-ubyte, weight: 0.5}
    - {data: digits.jsonl, weight: 1.25, leave_out: {contributor: [careless]}}
outliers:
  parts: [{data: letters.jsonl.gz, limit: 60}]
  synthetic: 50
  hidden: 8
ink: {rotation: 8, slant: 15, stretch: 0.3, wobble: 0.01, joined: 0.05}
augmentation: {rotation: 5, stretch: 0.2, refit: true, thickness: 0.2, slash: 0.1, coarse: 0.1}
validation: {fraction: 0.25}
weight_averaging: {from_epoch: 2, batch_norm_images: 128}
"""
LETTERS: dict[str, list[list[tuple[float, float]]]] = {
    "X": [[(0, 0), (1, 1)], [(1, 0), (0, 1)]],
    "M": [[(0, 1), (0, 0), (0.5, 0.6), (1, 0), (1, 1)]],
    "W": [[(0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0)]],
    "H": [[(0, 0), (0, 1)], [(1, 0), (1, 1)], [(0, 0.5), (1, 0.5)]],
    "E": [[(0.8, 0), (0, 0), (0, 1), (0.8, 1)], [(0, 0.5), (0.6, 0.5)]],
}


def printed_digits(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Digits in the fonts of OpenCV: images (N, 28, 28) uint8, ink bright, and labels (N,)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.uint8) % 10
    images = np.zeros((count, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX]))
        place = (int(rng.integers(3, 7)), int(rng.integers(22, 26)))
        cv2.putText(image, str(label), place, font, 0.8, 255, 2, cv2.LINE_AA)
    return images, labels


def write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    """Write an IDX file."""
    shape = np.array(array.shape, ">u4").tobytes()
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + shape + array.tobytes())


def write_recipe(folder: Path, recipe: str = RECIPE) -> Path:
    """Write the tiny data set and its recipe into a folder."""
    for part, count in (("train", 320), ("test", 60)):
        images, labels = printed_digits(count, seed=count)
        write_idx(folder / f"{part}-images-idx3-ubyte", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
    path = folder / "tiny.yaml"
    path.write_text(recipe, encoding="utf-8")
    return path


def ink_lines(kind: str, count: int, seed: int) -> list[dict[str, Any]]:
    """Entries of ink, `digits` or `letters`, by ten writers, each with a slant of their own."""
    rng = np.random.default_rng(seed)
    slants = rng.uniform(-0.2, 0.3, 10)
    entries: list[dict[str, Any]] = []
    for number in range(count):
        writer = number // 5 % 10
        if kind == "digits":
            label = str(number % 10)
            ink = drawn(label, slant=slants[writer])
        else:
            label = sorted(LETTERS)[number % len(LETTERS)]
            ink = Ink([[(200 * x, 200 * y) for x, y in stroke] for stroke in LETTERS[label]])
        strokes = [
            np.round(np.array(stroke) + rng.normal(0, 3, (len(stroke), 2)), 1).tolist()
            for stroke in ink.strokes
        ]
        entries.append({"label": label, "writer": writer, "strokes": strokes})
    return entries


def write_ink(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write ink JSON lines, compressed where the name says so."""
    text = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def write_refusing_recipe(folder: Path, recipe: str = REFUSING) -> Path:
    """Write the data sets of `REFUSING` and that recipe into a folder."""
    write_recipe(folder)
    careless = {"label": "5", "writer": 3, "contributor": "careless", "strokes": [[[0, 0]]]}
    write_ink(folder / "digits.jsonl", [*ink_lines("digits", 200, seed=1), careless])
    write_ink(folder / "letters.jsonl.gz", ink_lines("letters", 100, seed=2))
    path = folder / "refusing.yaml"
    path.write_text(recipe, encoding="utf-8")
    return path


@functools.cache
def refusing_run() -> tuple[TrainingConfig, Run]:
    """One unbroken run of `REFUSING`, made once for all tests that look at one."""
    folder = Path(tempfile.mkdtemp(prefix="inkdigits-refusing-"))
    config = load_config(write_refusing_recipe(folder))
    return config, train(config, folder / "run")


@functools.cache
def tiny_run() -> tuple[TrainingConfig, Run]:
    """One unbroken run of the tiny recipe, made once for all tests that look at one."""
    folder = Path(tempfile.mkdtemp(prefix="inkdigits-tiny-"))
    config = load_config(write_recipe(folder))
    return config, train(config, folder / "run")


def weights_of(run: Path) -> list[NDArray[np.float32]]:
    """The weights that a run ended with."""
    network = load_keras().saving.load_model(run / checkpoint.NETWORK)
    return [np.asarray(value) for value in network.weights]


def names_of(run: Path) -> set[str]:
    """The files of a run; what a kill left half written begins with a dot."""
    files = (path for path in run.rglob("*") if not path.name.startswith("."))
    return {str(path.relative_to(run)) for path in files}


def training_digits(config: TrainingConfig) -> tuple[Digits, Digits]:
    """What a recipe of a single data set learns from, and what it holds out."""
    (part,) = datasets.digit_parts(config)
    source = datasets.open_part(part, config)
    learned, held = source.split(config)
    return source.digits(learned), source.digits(held)

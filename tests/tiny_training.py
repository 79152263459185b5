"""A data set and a recipe so small that a whole training run takes a second or two."""

import functools
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.training.config import TrainingConfig, load_config
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


@functools.cache
def tiny_run() -> tuple[TrainingConfig, Run]:
    """One unbroken run of the tiny recipe, made once for all tests that look at one."""
    folder = Path(tempfile.mkdtemp(prefix="inkdigits-tiny-"))
    config = load_config(write_recipe(folder))
    return config, train(config, folder / "run")

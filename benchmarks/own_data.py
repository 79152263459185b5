"""Data of others, one set a form, trained on as a new user would: check, train, measure.

MNIST's 5,000 images of mlxtend as folders of PNG and as Kaggle's table (`pip install mlxtend`),
scikit-learn's digits of 8×8 pixels as arrays, Fashion-MNIST as IDX (Debian's package
`dataset-fashion-mnist`, or files of those names in the folder --fashion), and UNIPEN's letters as
ink. Of each a part is held back that the training never sees: a fifth of mlxtend's images, the last
297 of scikit-learn's, Fashion-MNIST's own test, and every tenth writer of UNIPEN's letters. What
goes on from the shipped model is measured on that one's own test sets, too: it is not to forget.
"""

import argparse
import csv
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from common import machine, machine_line
from numpy.typing import NDArray

from inkdigits.training.lines import find

FASHION = Path("/usr/share/datasets/fashion-mnist")
FEW = 20  # images a label of a tiny set
SHIPPED = "inkdigits"
OLD = ("mnist", "pendigits_test")  # what the shipped model is tested on


@dataclass(frozen=True)
class Case:
    """A set to train on.

    Args:
        name: what it is.
        write: given a folder, writes the set there: what to learn from and what to be measured on.
        options: of `inkdigits train`; None: the shipped model as it is.
    """

    name: str
    write: Callable[[Path], tuple[Path, Path]]
    options: tuple[str, ...] | None = ()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fashion", type=Path, default=FASHION, metavar="FOLDER")
    parser.add_argument(
        "--only", default="", metavar="WORD", help="only sets with it in their name"
    )
    options = parser.parse_args()
    print(machine_line(machine()))
    print(
        "\n| set | labels | learned from | right of the held-back | 95 % interval | training",
        end="",
    )
    print(" | right of MNIST's and pendigits' tests |")
    print("|---|---|---|---|---|---|---|")
    for case in cases(options.fashion):
        if options.only in case.name:
            print(row(case), flush=True)


def cases(fashion: Path) -> Iterable[Case]:
    """All sets."""
    yield Case("mlxtend's MNIST, folders of PNG", _mlxtend_folders)
    yield Case("mlxtend's MNIST, Kaggle's CSV", _mlxtend_table)
    yield Case("scikit-learn's digits, npz", partial(_scikit, few=None))
    yield Case(f"…, {FEW} a label", partial(_scikit, few=FEW))
    few = partial(_scikit, few=FEW)
    yield Case("…, the shipped model as it is", few, None)
    yield Case(f"…, {FEW} a label, --from inkdigits", few, ("--from", SHIPPED))
    yield Case("…, the same --no-replay", few, ("--from", SHIPPED, "--no-replay"))
    yield Case(
        "Fashion-MNIST, IDX",
        lambda _: (fashion / "train-images-idx3-ubyte.gz", fashion / "t10k-images-idx3-ubyte.gz"),
    )
    for kind, source in (("upper", "unipen_1b_upper"), ("lower", "unipen_1c_lower")):
        yield Case(f"UNIPEN's {kind}-case letters, ink", partial(_ink, name=source))


def row(case: Case) -> str:
    """Check, train and measure a set; a line of the table."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        try:
            learn, held_back = case.write(folder)
        except (ImportError, FileNotFoundError) as error:
            return f"| {case.name} | not measured: {error} | | | | |"
        model, images, training = SHIPPED, "–", "–"
        if case.options is not None:
            model, images, training = _trained(learn, held_back, case.options, folder)
        report = _report(model, held_back, folder)
        goes_on = case.options is None or "--from" in case.options
        old = [_report(model, name, folder)["accuracy"] for name in OLD if goes_on]
    low, high = report["accuracy_interval"]
    return (
        f"| {case.name} | {len(report['labels'])} | {images} |"
        f" **{report['accuracy']:.2%}** of {report['images']:,} | {low:.2%} to {high:.2%} |"
        f" {training} | {', '.join(f'{share:.2%}' for share in old)} |"
    )


def _trained(
    learn: Path, held_back: Path, options: Sequence[str], folder: Path
) -> tuple[str, str, str]:
    """Check and train; the model folder, how many images were there, and how long it took."""
    _run(["data", "check", learn, "--test", held_back, "--out", folder / "check"], (0, 1))
    start = time.perf_counter()
    _run(["train", learn, *options, "--output", folder / "run"])
    seconds = time.perf_counter() - start
    model = folder / "run" / "model"
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    found = json.loads((folder / "check" / "check.json").read_text(encoding="utf-8"))
    epochs = config["training"]["epochs"]
    return str(model), f"{found['images']:,}", f"{epochs} epochs, {seconds:.0f} s"


def _report(model: str, data: str | Path, folder: Path) -> dict[str, Any]:
    _run(["evaluate", model, data, "--output", folder / "report"])
    text = (folder / "report" / "report.json").read_text(encoding="utf-8")
    report: dict[str, Any] = json.loads(text)
    return report


def _run(words: Sequence[object], allowed: Sequence[int] = (0,)) -> None:
    command = [sys.executable, "-m", "inkdigits", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        sys.exit(f"{' '.join(command)}: {done.stderr[-2000:]}")


def _mlxtend() -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """Images, labels, and which of them are held back: 100 of each label."""
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(labels))
    images, labels = images[order].astype(np.uint8), labels[order].astype(np.int64)
    held_back = np.zeros(len(labels), bool)
    for label in range(10):
        held_back[np.flatnonzero(labels == label)[:100]] = True
    return images, labels, held_back


def _mlxtend_folders(folder: Path) -> tuple[Path, Path]:
    images, labels, held_back = _mlxtend()
    for number, (image, label, back) in enumerate(zip(images, labels, held_back, strict=True)):
        place = folder / ("test" if back else "train") / str(label)
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"{number}.png"), image.reshape(28, 28))
    return folder / "train", folder / "test"


def _mlxtend_table(folder: Path) -> tuple[Path, Path]:
    images, labels, held_back = _mlxtend()
    paths = folder / "train.csv", folder / "test.csv"
    for path, chosen in zip(paths, (~held_back, held_back), strict=True):
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["label", *(f"pixel{number}" for number in range(784))])
            table.writerows(np.column_stack([labels[chosen], images[chosen]]).tolist())
    return paths


def _scikit(folder: Path, few: int | None) -> tuple[Path, Path]:
    from sklearn.datasets import load_digits

    images, labels = (load_digits()[key] for key in ("images", "target"))
    learn = np.arange(1500)
    if few:
        learn = np.concatenate([np.flatnonzero(labels[:1500] == at)[:few] for at in range(10)])
    paths = folder / "digits.npz", folder / "new.npz"
    np.savez(paths[0], images=images[learn], labels=labels[learn])
    np.savez(paths[1], images=images[1500:], labels=labels[1500:])
    return paths


def _ink(folder: Path, name: str) -> tuple[Path, Path]:
    source = find(name)
    with gzip.open(source, "rt", encoding="utf-8") as file:
        entries: list[dict[str, Any]] = [json.loads(line) for line in file]
    writers = sorted({entry["writer"] for entry in entries})
    held_back = set(writers[9::10])
    paths = folder / "letters.jsonl", folder / "others.jsonl"
    for path, wanted in zip(paths, (False, True), strict=True):
        chosen = [entry for entry in entries if (entry["writer"] in held_back) is wanted]
        path.write_text("".join(json.dumps(entry) + "\n" for entry in chosen), encoding="utf-8")
    return paths


if __name__ == "__main__":
    main()

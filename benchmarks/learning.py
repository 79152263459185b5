"""What learning from 50 corrections does: for the writers misread most, and for all others.

Writers of UNIPEN on whom the shipped model was not trained. The digits of each are parted in
halves: the 50 of one that the model reads wrong or is least sure of are the corrections, such as
somebody at the page makes; the other half, and everybody else's digits, are read before and after.
Then the halves change places.
"""

import argparse
import itertools
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from common import machine, machine_line
from numpy.typing import NDArray
from rich.console import Console

from inkdigits import Recognizer, artifact
from inkdigits.corrections import Correction, CorrectionStore
from inkdigits.training import learning
from inkdigits.training.comparing import two_sided
from inkdigits.training.corrected import read_corrections
from inkdigits.training.labelled_ink import LabelledInk, read_ink
from inkdigits.training.lines import Lines

CORRECTIONS = 50
WRITERS = 2  # who are misread most: beside them nobody who wrote enough has more than one error …
FEWEST = 2 * CORRECTIONS  # … and wrote so many digits
FOLDS, HELD_OUT = 5, 4  # every fifth writer is held out of training


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=WRITERS)
    parser.add_argument("--seeds", type=int, default=2, help="other halves")
    options = parser.parse_args()
    ink = read_ink("unipen_1a_digits", Lines({"contributor": ["ibm"]}))
    held = np.flatnonzero(ink.writers % FOLDS == HELD_OUT)
    champion = Recognizer()
    wrong = ~_right(champion, ink, held)
    print(machine_line(machine()))
    print(f"{len(held):,} digits of {len(np.unique(ink.writers[held]))} writers; ", end="")
    print(f"{wrong.sum()} read wrong\n")
    print("| writer | read | seed | wrong before | after | others' before | after", end="")
    print(" | lost, won, by chance | promoted |")
    print("|---|---|---|---|---|---|---|---|---|")
    totals, in_use = np.zeros(4, int), np.zeros(4, int)
    for writer in _most_misread(ink, held, wrong, options.writers):
        own = held[ink.writers[held] == writer]
        others = np.setdiff1d(held, own)
        for seed, first in itertools.product(range(1, options.seeds + 1), (True, False)):
            halves = np.array_split(np.random.default_rng(seed).permutation(own), 2)
            half, rest = halves if first else halves[::-1]
            chosen = half[np.argsort(_sureness(champion, ink, half))[:CORRECTIONS]]
            with tempfile.TemporaryDirectory() as folder:
                challenger, decision = _learned(ink, chosen, champion, Path(folder))
                right = [
                    _right(model, ink, some)
                    for some in (rest, others)
                    for model in (champion, challenger)
                ]
            figures = [int((~each).sum()) for each in right]
            totals += figures
            stays = [figures[0], figures[0], figures[2], figures[2]]
            in_use += figures if decision.promoted else stays
            lost, won = int((right[2] & ~right[3]).sum()), int((right[3] & ~right[2]).sum())
            chance = f"{lost}, {won}, {two_sided(lost, won):.2f}"
            said = "yes" if decision.promoted else f"no: {decision.why}"
            told = " | ".join(map(str, [writer, len(rest), seed, *figures, chance, said]))
            print(f"| {told} |", flush=True)
    print(f"\nWriters' other digits: {totals[0]} wrong before, {totals[1]} after; ", end="")
    print(f"everyone else's: {totals[2]} and {totals[3]}. By the model then in use, which is the")
    print(f"one before where the new one is not promoted: {in_use[1]} and {in_use[3]}.")


def _right(model: Recognizer, ink: LabelledInk, some: NDArray[np.int64]) -> NDArray[np.bool_]:
    answers = model.stream([ink.inks[index] for index in some])
    return np.array(
        [one.best_label == ink.labels[index] for one, index in zip(answers, some, strict=True)],
        bool,
    )


def _sureness(model: Recognizer, ink: LabelledInk, some: NDArray[np.int64]) -> NDArray[np.float64]:
    """The probability that each of some digits is given for what it is."""
    answers = model.stream([ink.inks[index] for index in some])
    return np.array(
        [one.scores[ink.labels[index]] for one, index in zip(answers, some, strict=True)]
    )


def _most_misread(
    ink: LabelledInk, held: NDArray[np.int64], wrong: NDArray[np.bool_], count: int
) -> list[int]:
    writers = ink.writers[held]
    errors = {
        int(writer): int(wrong[writers == writer].sum())
        for writer in np.unique(writers)
        if (writers == writer).sum() >= FEWEST
    }
    return sorted(errors, key=lambda writer: -errors[writer])[:count]


def _learned(
    ink: LabelledInk, chosen: NDArray[np.int64], champion: Recognizer, folder: Path
) -> tuple[Recognizer, learning.Decision]:
    """The challenger that goes on from the shipped model with these digits as corrections."""
    with CorrectionStore(f"sqlite:///{folder / 'corrections.sqlite'}") as store:
        moment = datetime.now(UTC)
        store.add_all([Correction(ink.inks[i], ink.labels[i]) for i in chosen], moment)
        corrected = read_corrections(store, champion.labels, refuses=True)
        config = learning.recipe(artifact.model_path(), "learned")
        console = Console(stderr=True) if os.environ.get("VERBOSE") else None
        challenger, known = learning.train_challenger(config, corrected, folder / "run", console)
        decision = learning.judge(champion, challenger, corrected.held_out(), known)
    return challenger, decision


if __name__ == "__main__":
    main()

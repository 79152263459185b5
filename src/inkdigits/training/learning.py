"""Learning from corrections: a challenger goes on from the champion, and takes its place if better.

What the champion learned from is replayed beside the corrections (`rehearsal`), and the challenger
shall answer that as the champion does (`distilling`).
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from inkdigits.corrections import CorrectionStore
from inkdigits.errors import DataUnavailable, InvalidModel
from inkdigits.files import write_whole
from inkdigits.model_home import DECISIONS, STATE, ModelHome
from inkdigits.recognizer import Recognizer
from inkdigits.training import (
    card,
    checkpoint,
    convert,
    datasets,
    mixture,
    network,
    rehearsal,
    start,
)
from inkdigits.training.backend import make_deterministic
from inkdigits.training.comparing import Comparison, compare
from inkdigits.training.config import TrainingConfig, recipe_of
from inkdigits.training.corrected import NAME, Corrected, read_corrections
from inkdigits.training.datasets import Digits
from inkdigits.training.distilling import Teacher
from inkdigits.training.export import finish
from inkdigits.training.layers import folded
from inkdigits.training.mixture import OUTLIER, Mixture
from inkdigits.training.sections import FittingConfig, ScheduleConfig
from inkdigits.training.seen import Seen
from inkdigits.training.train import fit
from inkdigits.wording import counted

EPOCHS = 6
RATE = 5e-4  # at its peak: a sixth of that of the shipped model's own training
REPLAYED = 3 * rehearsal.REPLAYED  # the more is replayed, the fewer of others' digits are lost
SHARE = 0.5  # corrections are seen as often as this share of what is replayed …
MOST_OFTEN = 15  # … but each no more than so many times an epoch
KEPT = 0.2  # share of the champion's weights in the challenger's
LEARNED = (
    " It also learned from corrections, by `inkdigits learn`; the recipe does not hold those, so"
    " that it cannot be made again by that alone."
)
DECISION = "decision.json"  # in the folder of one that was promoted


@dataclass(frozen=True)
class Decision:
    """What became of a challenger.

    Args:
        name: of the model in use from now on.
        promoted: whether it is the challenger.
        why: in sentences.
        corrections: on those held out; None where nothing was learned.
        standing: on the standing sets.
    """

    name: str
    promoted: bool
    why: str
    corrections: Comparison | None = None
    standing: tuple[Comparison, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return {
            "model": self.name,
            "promoted": self.promoted,
            "why": self.why,
            NAME: self.corrections.as_json() if self.corrections else None,
            "standing": {one.name: one.as_json() for one in self.standing},
        }


def learn(
    store: CorrectionStore,
    home: ModelHome,
    *,
    dry_run: bool = False,
    again: bool = False,
    console: Console | None = None,
) -> Decision:
    """Learn from the corrections if some are new, and use what comes of it if it is better.

    Args:
        store: the corrections.
        home: where models of one's own are kept; its model in use is the champion.
        dry_run: only compare: nothing is promoted, nothing is noted as learned.
        again: learn although no correction is new.
        console: where progress goes; None: nowhere.

    Raises:
        DataUnavailable: what the champion learned from is not at hand, to be replayed.
        InvalidModel: the champion cannot be gone on from, or another was put to use meanwhile.
        StoreUnavailable: the corrections cannot be read.
    """
    in_use, champion = home.in_use, home.path_in_use()
    reader = Recognizer(champion)
    # by name, not by time: corrections from elsewhere may be older than those learned
    there = sorted(kept.id for kept in store)
    if not there:
        return Decision(in_use, False, "There are no corrections yet.")
    if not again and _learned_before(home).issuperset(there):
        return Decision(in_use, False, "There are no corrections since last time.")
    name = _next_name(home)
    config = recipe(champion, name)
    refuses = config.outliers is not None
    corrected = read_corrections(store, reader.labels, refuses=refuses, seen=Seen.of(champion))
    held = corrected.held_out()
    if not len(corrected) or not len(held):
        why = (
            f"{counted(len(corrected), 'correction')} can be learned from and"
            f" {counted(len(held), 'is', 'are')} held out to see what comes of it: both are needed."
            f" {corrected.left_out()}".rstrip()
            + " Correct some more."
        )
        return Decision(in_use, False, why)
    with tempfile.TemporaryDirectory() as folder:
        challenger, known = train_challenger(config, corrected, Path(folder), console)
        found = judge(reader, challenger, held, [*known, *_tests(reader.labels)])
        why = f"{found.why} {corrected.left_out()}".rstrip()
        decision = replace(found, name=name if found.promoted else in_use, why=why)
        if decision.promoted and not dry_run:
            if home.in_use != in_use:
                raise InvalidModel(
                    f"While the challenger learned, {home.in_use} took the place of {in_use}, with"
                    " which it was compared. Nothing was changed: learn again."
                )
            model = Path(folder) / checkpoint.MODEL
            text = json.dumps(decision.as_json(), indent=2, ensure_ascii=False) + "\n"
            write_whole(model / DECISION, text.encode())
            home.add(model, name)
            home.use(name)
    if not dry_run:
        home.folder.mkdir(parents=True, exist_ok=True)
        noted = {"corrections": there, "decision": decision.as_json()}
        write_whole(home.folder / STATE, (json.dumps(noted, indent=2) + "\n").encode())
        told = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **decision.as_json()}
        with (home.folder / DECISIONS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(told, ensure_ascii=False) + "\n")
    return decision


def recipe(champion: Path, name: str) -> TrainingConfig:
    """The recipe by which a challenger of this name goes on from a champion.

    Its seed is the champion's, so that what was held out of that one's training is held out again.

    Raises:
        InvalidModel: the champion says not how it was made, or cannot be gone on from.
    """
    base = recipe_of(champion)
    layers = folded(base.model.layers, str(champion))
    challenger = base.model_copy(
        update={
            "start": str(champion),
            "description": f"{card.described(base).removesuffix(LEARNED)}{LEARNED}",
            "version": f"{base.version.partition('+')[0]}+{name}",
            "model": base.model.model_copy(update={"layers": layers}),
            "training": FittingConfig(
                epochs=EPOCHS,
                batch_size=base.training.batch_size,
                optimizer="adamw",
                learning_rate=RATE,
                weight_decay=0,  # what is there already is not to be unlearned
            ),
            "schedule": ScheduleConfig(kind="one_cycle", warmup=0.1, end=0.02),
            "weight_averaging": None,
            "dataset": base.dataset.model_copy(
                update={
                    "name": "digits and corrections",
                    "train": None,
                    "test": None,
                    "limit": None,  # of a single data set; the champion has seen no more of it
                    "parts": rehearsal.replayed(base, REPLAYED),
                    "allographs": rehearsal.made_up(base, REPLAYED),
                }
            ),
            "outliers": rehearsal.replayed_outliers(base, REPLAYED),
        }
    )
    # checked, since those who go on from the challenger will read it
    return TrainingConfig.model_validate(challenger.model_dump(exclude_none=True))


def train_challenger(
    config: TrainingConfig, corrected: Corrected, folder: Path, console: Console | None
) -> tuple[Recognizer, list[Digits]]:
    """Train by a recipe and corrections, and write the model folder into a run's folder.

    Returns:
        The challenger, and what is held out of each part that was replayed, and of what is none of
        the labels.
    """
    datasets.ensure(config)
    convert.ensure()
    make_deterministic(config.seed)
    # New images among the champion's data it has not learned, so that it cannot tell what they are;
    # if they are corrections, they are learned as such.
    replayed, held = mixture.read(config, only_seen=True)
    often = min(MOST_OFTEN, SHARE * len(replayed) / len(corrected))
    training = Mixture((*replayed.parts, *corrected.parts(often)))
    built = network.build(config)
    network.prepare(built, config, len(training))
    start.fill(built, config)
    before = network.build(config)
    start.fill(before, config)
    teacher = Teacher(before, len(replayed.parts))
    # Held-out corrections take no part in it: temperature and thresholds are set on what is held
    # out of the replayed, lest a few hard digits decide them, and be judged by them afterwards.
    done = fit(built, config, training, held, console=console, teacher=teacher)
    teacher.blend(built, KEPT)
    done.images = len(training)
    folder.mkdir(parents=True, exist_ok=True)
    finish(config, folder, built, held, done, console or Console(quiet=True))
    known = [
        Digits(held.digits.patches[at], held.digits.labels[at], f"{name}, held out")
        for name, at in held.parts.items()
    ]
    if len(held.outliers):
        strange = np.full(len(held.outliers), OUTLIER, np.int64)
        known.append(Digits(held.outliers, strange, "what is no digit, held out"))
    return Recognizer(folder / checkpoint.MODEL), known


def judge(
    champion: Recognizer, challenger: Recognizer, held: Digits, standing: Sequence[Digits]
) -> Decision:
    """Promote the challenger if it is better on corrections, and nowhere worse beyond chance.

    Args:
        champion: the model in use.
        challenger: what was learned.
        held: held-out corrections.
        standing: other digits that must not be forgotten.
    """
    corrections = compare(champion, challenger, held)
    others = tuple(compare(champion, challenger, digits) for digits in standing)
    worse = [one for one in others if one.is_worse]
    if not corrections.is_better:
        why = f"It is not better on held-out corrections ({corrections})."
    elif worse:
        why = f"It is better on held-out corrections ({corrections}), but worse beyond chance on "
        why += "; ".join(map(str, worse)) + "."
    else:
        why = f"It is better on held-out corrections ({corrections}), and nowhere worse beyond"
        why += f" chance ({'; '.join(map(str, others))})."
    promoted = corrections.is_better and not worse
    return Decision(champion.config.name, promoted, why, corrections, others)


def _tests(labels: Sequence[str]) -> list[Digits]:
    """The standing test sets that are at hand and whose labels the model knows."""
    found = []
    for name in filter(datasets.is_at_hand, ("mnist", "pendigits_test")):
        try:
            found.append(datasets.load_digits(name, labels))
        except DataUnavailable:  # of other labels
            continue
    return found


def _learned_before(home: ModelHome) -> frozenset[str]:
    """The corrections from which was learned last time.

    Whichever model is in use: who went back from what was learned is not to find it promoted again.
    """
    try:
        noted = json.loads((home.folder / STATE).read_text(encoding="utf-8"))
        return frozenset(noted["corrections"])
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()  # everything is new


def _next_name(home: ModelHome) -> str:
    number = 1
    while home.taken(f"learned-{number}"):
        number += 1
    return f"learned-{number}"

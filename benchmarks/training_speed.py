"""Training: the original's recipe, the same with a falling rate, the fast one, in turn.

    python benchmarks/training_speed.py
    python benchmarks/training_speed.py --fast-seeds 2 --original-seeds 1

It needs the extra `train`. The time is that from loaded data (normalised patches in memory) to the
final weights: building and compiling the network, the epochs with their validation, the averaging.
The test images are looked at after the clock has stopped.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from common import Report, add_report_options, publish

from inkdigits.training import datasets, mixture, network
from inkdigits.training.backend import load_keras, make_deterministic
from inkdigits.training.config import TrainingConfig, load_config
from inkdigits.training.evaluate import cross_entropy
from inkdigits.training.mixture import HeldOut, Mixture
from inkdigits.training.train import fit

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
SEEDS = {"original": 3, "original-annealed": 3, "fast": 5}
WARM_UP_IMAGES = 640
QUICK_IMAGES, QUICK_TESTED = 1280, 500

TIME_SHARE = 0.1  # of the original's time that the fast recipe may take
ACCURACY = 0.9917
ORIGINAL_LOSS = 0.0422


@dataclass(frozen=True)
class Trained:
    """One training.

    Args:
        recipe: name of the recipe.
        seed: its seed.
        seconds: from loaded data to final weights.
        validation: accuracy on the held-out training images.
        accuracy: on the test images.
        loss: cross-entropy on the test images, nats.
    """

    recipe: str
    seed: int
    seconds: float
    validation: float
    accuracy: float
    loss: float


def main() -> None:
    """Train the recipes seed by seed and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    for name, count in SEEDS.items():
        parser.add_argument(
            f"--{name}-seeds", type=_count, metavar="N", help=f"seeds 1 to N; default: {count}"
        )
    options = parser.parse_args()
    asked = {name: getattr(options, f"{name}_seeds".replace("-", "_")) for name in SEEDS}
    given = "".join(f" --{name}-seeds {count}" for name, count in asked.items() if count)
    report = Report(
        "The original's training against the fast one",
        "python benchmarks/training_speed.py" + given,
        ("Recipe", "Seed", "Seconds", "Validation", "Test accuracy", "Test loss"),
    )
    seeds = {name: asked[name] or (1 if options.quick else SEEDS[name]) for name in SEEDS}
    runs = list(train_all({name: recipe(name, options.quick) for name in SEEDS}, seeds, options))
    backend = load_keras().backend.backend()
    report.notes.append(
        f"Seconds from loaded data to final weights, Keras on {backend}; one short training of each"
        " recipe beforehand does not count; the order changes from seed to seed."
    )
    add(report, runs)
    publish(report, options)


def recipe(name: str, quick: bool) -> TrainingConfig:
    """Read a committed recipe; one epoch on a few images of it for a quick run."""
    config = load_config(CONFIGS / f"{name}.yaml")
    return shortened(config, QUICK_IMAGES) if quick else config


def shortened(config: TrainingConfig, images: int) -> TrainingConfig:
    """Return the recipe with one epoch on so many images."""
    dataset = config.dataset.model_copy(update={"limit": images})
    return config.changed(epochs=1).model_copy(update={"dataset": dataset})


def train_all(
    recipes: dict[str, TrainingConfig], seeds: dict[str, int], options: argparse.Namespace
) -> Iterator[Trained]:
    """Train each recipe with its seeds, the recipes in turn, each first every other time."""
    test = datasets.test_digits(recipes["original"].dataset)
    if options.quick:
        test = datasets.Digits(test.patches[:QUICK_TESTED], test.labels[:QUICK_TESTED], test.name)
    for name, config in recipes.items():
        say(f"{name}: warming up")
        short = shortened(config, WARM_UP_IMAGES)
        time_to_weights(short, *mixture.read(short))
    for seed in range(1, max(seeds.values()) + 1):
        order = list(recipes) if seed % 2 else list(reversed(recipes))
        for name in order:
            if seed <= seeds[name]:
                run = train_once(name, recipes[name].changed(seed=seed), test)
                say(f"{name}, seed {seed}: {run.seconds:.1f} s, test accuracy {run.accuracy:.2%}")
                yield run


def train_once(name: str, config: TrainingConfig, test: datasets.Digits) -> Trained:
    """Train a recipe against the clock, then test it."""
    training, held_out = mixture.read(config)
    validation = held_out.digits
    seconds, trained = time_to_weights(config, training, held_out)
    answers = network.predict(trained, test.patches)
    held = network.predict(trained, validation.patches)
    return Trained(
        name,
        config.seed,
        seconds,
        validation=float((held.argmax(axis=1) == validation.labels).mean()),
        accuracy=float((answers.argmax(axis=1) == test.labels).mean()),
        loss=cross_entropy(answers, test.labels),
    )


def time_to_weights(
    config: TrainingConfig, training: Mixture, held_out: HeldOut
) -> tuple[float, Any]:
    """Train a recipe; return the seconds from loaded data to final weights, and the network."""
    start = time.perf_counter()
    make_deterministic(config.seed)
    trained = network.build(config)
    network.prepare(trained, config, len(training))
    fit(trained, config, training, held_out)
    return time.perf_counter() - start, trained


def add(report: Report, runs: list[Trained]) -> None:
    """Add a row for each training, the means, and the goals."""
    by_recipe = {name: [run for run in runs if run.recipe == name] for name in SEEDS}
    means = {}
    for name, all_of_it in by_recipe.items():
        report.rows += [_row(name, str(run.seed), run) for run in all_of_it]
        columns = ("seconds", "validation", "accuracy", "loss")
        mean = {column: fmean(getattr(run, column) for run in all_of_it) for column in columns}
        means[name] = mean
        report.rows.append(_row(name, "mean", Trained(name, 0, **mean)))
    share = time_share(runs)
    report.figures = {"runs": [asdict(run) for run in runs], "means": means, "time_share": share}
    over = {name: f"{len(rows)} seed{'s' * (len(rows) > 1)}" for name, rows in by_recipe.items()}
    fast = means["fast"]
    report.goals |= {
        f"fast in at most {TIME_SHARE:g} of the original's time: {share:.3f}, that is"
        f" {1 / share:.1f} times faster (median of the ratios of the seeds that both have)": (
            share <= TIME_SHARE
        ),
        f"fast, mean test accuracy over {over['fast']} at least {ACCURACY:.2%}:"
        f" {fast['accuracy']:.3%}": round(fast["accuracy"], 9) >= ACCURACY,
    }
    for name in ("original", "original-annealed"):
        mean = means[name]
        report.goals |= {
            f"{name}, mean test accuracy over {over[name]} at least {ACCURACY:.2%}:"
            f" {mean['accuracy']:.3%}": round(mean["accuracy"], 9) >= ACCURACY,
            f"{name}, mean test loss over {over[name]} at most {ORIGINAL_LOSS}:"
            f" {mean['loss']:.4f}": mean["loss"] <= ORIGINAL_LOSS,
        }


def time_share(runs: list[Trained]) -> float:
    """The fast recipe's time as a share of the original's: median over the seeds of both."""
    seconds = {(run.recipe, run.seed): run.seconds for run in runs}
    return median(
        taken / seconds["original", seed]
        for (name, seed), taken in seconds.items()
        if name == "fast" and ("original", seed) in seconds
    )


def say(text: str) -> None:
    """Say how far it is."""
    print(text, file=sys.stderr, flush=True)


def _row(name: str, seed: str, run: Trained) -> tuple[str, ...]:
    # the means are judged to the third decimal, so that a figure shown as the goal is the goal
    digits = 3 if seed == "mean" else 2
    return (
        name,
        seed,
        f"{run.seconds:.1f}",
        f"{run.validation:.{digits}%}",
        f"{run.accuracy:.{digits}%}",
        f"{run.loss:.4f}",
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one seed is needed")
    return number


if __name__ == "__main__":
    main()

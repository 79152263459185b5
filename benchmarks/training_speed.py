"""Time and accuracy of two recipes, trained alternately on the same machine with the same seeds.

    python benchmarks/training_speed.py                    three seeds of both
    python benchmarks/training_speed.py --seeds 1 2 3 4 5  five
    python benchmarks/training_speed.py --epochs 1 --limit 2000  only to see that it works

The time is that from loaded data (normalised patches in memory) to the final weights: building and
compiling the network, the epochs with their validation, the averaging. Then the test is taken.
"""

import argparse
import statistics
import time
from pathlib import Path

from inkdigits.training import datasets, network
from inkdigits.training.backend import load_keras, make_deterministic
from inkdigits.training.config import TrainingConfig, load_config
from inkdigits.training.environment import environment
from inkdigits.training.evaluate import cross_entropy
from inkdigits.training.train import fit

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


def time_to_weights(
    config: TrainingConfig, training: datasets.Digits, validation: datasets.Digits
) -> tuple[float, object]:
    """Train a recipe; return the seconds from loaded data to final weights, and the network."""
    start = time.perf_counter()
    make_deterministic(config.seed)
    trained = network.build(config)
    network.prepare(trained, config, len(training))
    fit(trained, config, training, validation)
    return time.perf_counter() - start, trained


def main() -> None:
    """Run both recipes seed by seed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--recipes", nargs="+", default=["original", "fast"])
    parser.add_argument("--epochs", type=int, help="fewer epochs, to see that it works")
    parser.add_argument("--limit", type=int, help="fewer images, to see that it works")
    options = parser.parse_args()
    load_keras()
    about = environment()
    print(
        f"{about['processor']}, {about['cores']} cores, {about['system']}, Python"
        f" {about['python']}, {about['backend']}, {about['versions']}"
    )
    recipes = [load_config(CONFIGS / f"{name}.yaml") for name in options.recipes]
    test = datasets.test_digits(recipes[0].dataset)
    results: dict[str, list[tuple[float, float, float, float]]] = {}
    print("\n| recipe | seed | seconds | validation | test accuracy | test loss |")
    print("|---|---|---|---|---|---|")
    for seed in options.seeds:
        for recipe in recipes:
            config = recipe.changed(seed=seed, epochs=options.epochs)
            if options.limit:
                limited = config.dataset.model_copy(update={"limit": options.limit})
                config = config.model_copy(update={"dataset": limited})
            training, validation = datasets.training_digits(config)
            seconds, trained = time_to_weights(config, training, validation)
            answers = network.predict(trained, test.patches)
            held = network.predict(trained, validation.patches)
            accuracy = float((answers.argmax(axis=1) == test.labels).mean())
            watched = float((held.argmax(axis=1) == validation.labels).mean())
            loss = cross_entropy(answers, test.labels)
            results.setdefault(config.model_name, []).append((seconds, watched, accuracy, loss))
            print(
                f"| {config.model_name} | {seed} | {seconds:.1f} | {watched:.2%} | {accuracy:.2%} |"
                f" {loss:.4f} |",
                flush=True,
            )
    means = {}
    for name, rows in results.items():
        means[name] = [statistics.fmean(column) for column in zip(*rows, strict=True)]
        seconds, watched, accuracy, loss = means[name]
        print(
            f"| **{name}** | mean | {seconds:.1f} | {watched:.2%} | **{accuracy:.3%}** |"
            f" **{loss:.4f}** |"
        )
    first, *others = means
    for name in others:
        share = means[name][0] / means[first][0]
        print(f"\n{name} takes {share:.3f} of the time of {first} ({1 / share:.1f} times faster).")


if __name__ == "__main__":
    main()

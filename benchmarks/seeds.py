"""How much the shipped recipe's figures depend on its seed: a shortened run for each of three.

    python benchmarks/seeds.py
    python benchmarks/seeds.py --epochs 100

It needs the extra `train`, MNIST and the pen ink (`inkdigits data fetch mnist pendigits unipen`).
A run that was broken off goes on in its folder.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from common import Report, add_report_options, publish
from drawing import BROKEN
from held_out import STRANGERS

from inkdigits.errors import InkdigitsError
from inkdigits.training.config import TrainingConfig, load_config
from inkdigits.training.evaluate import evaluate
from inkdigits.training.lines import Lines
from inkdigits.training.train import train

RECIPE = Path(__file__).resolve().parents[1] / "configs" / "inkdigits.yaml"
SEEDS = 3
EPOCHS = 6
QUICK_DIGITS = 300  # of each part
COLUMNS = (
    "MNIST test",
    "pendigits test, ink",
    "UNIPEN held out, ink",
    "letters and symbols: AUROC",
    "refused",
)


@dataclass(frozen=True)
class Figures:
    """What one seed gives, as shares.

    Args:
        mnist: right of MNIST's test images.
        pendigits: right of the pendigits test, as ink.
        unipen: right of UNIPEN's held-out writers, as ink.
        auroc: of UNIPEN's letters and symbols, held-out writers, against those digits: its mean.
        refused: share of these when 99 % of the digits are kept.
    """

    mnist: float
    pendigits: float
    unipen: float
    auroc: float
    refused: float

    def row(self) -> tuple[str, ...]:
        """As shown."""
        shares = (self.mnist, self.pendigits, self.unipen)
        return (*(f"{share:.2%}" for share in shares), f"{self.auroc:.4f}", f"{self.refused:.2%}")


def main() -> None:
    """Train and measure each seed and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"default: {EPOCHS}")
    parser.add_argument("--folder", type=Path, default=Path("runs"), help="default: runs")
    options = parser.parse_args()
    recipe, seeds = load_config(RECIPE), SEEDS
    if options.quick:
        recipe, options.epochs, seeds = shortened(recipe), 1, 2
    found = {}
    for seed in range(1, seeds + 1):
        config = averaged(recipe.changed(epochs=options.epochs, seed=seed))
        folder = options.folder / f"{config.model_name}-{options.epochs}-epochs-seed{seed}"
        print(f"seed {seed}: {folder}", file=sys.stderr, flush=True)
        try:
            found[seed] = measured(config, folder)
        except InkdigitsError as error:
            parser.error(str(error))
    report = Report(
        f"The spread over {seeds} seeds",
        f"python benchmarks/seeds.py --epochs {options.epochs}",
        ("Seed", *COLUMNS),
        [(str(seed), *figures.row()) for seed, figures in found.items()],
    )
    report.rows += summary(list(found.values()))
    report.figures = {str(seed): vars(figures) for seed, figures in found.items()}
    whole = recipe.training.epochs
    report.notes.append(
        f"{options.epochs} epochs, the whole recipe has {whole}; no seed was chosen."
    )
    publish(report, options)


def averaged(config: TrainingConfig) -> TrainingConfig:
    """The recipe with the weights of two epochs averaged at least, where there are two."""
    average, last = config.weight_averaging, config.training.epochs - 1
    if average is None or not last:
        return config
    longer = average.model_copy(update={"from_epoch": min(average.from_epoch, last)})
    return config.model_copy(update={"weight_averaging": longer})


def measured(config: TrainingConfig, folder: Path) -> Figures:
    """Train, or go on, and measure."""
    model = train(config, folder, resume=(folder / "config.yaml").is_file()).folder / "model"
    wanted = Lines({"contributor": [BROKEN]})
    unipen = evaluate(model, "unipen_1a_digits", STRANGERS, wanted=wanted, recipe=config)
    strangers = sum(some.images for some in unipen.outliers)
    auroc, refused = (
        sum(getattr(some, name) * some.images for some in unipen.outliers) / strangers
        for name in ("auroc", "refused_keeping_99")
    )
    return Figures(
        evaluate(model, "mnist").accuracy,
        evaluate(model, "pendigits_test").accuracy,
        unipen.accuracy,
        auroc,
        refused,
    )


def summary(found: list[Figures]) -> list[tuple[str, ...]]:
    """The mean over the seeds, and the distance from the least to the greatest."""
    columns = list(zip(*(vars(figures).values() for figures in found), strict=True))
    mean = Figures(*map(fmean, columns))
    spread = Figures(*(max(column) - min(column) for column in columns))
    return [("mean", *mean.row()), ("greatest less least", *spread.row())]


def shortened(recipe: TrainingConfig) -> TrainingConfig:
    """The recipe with so few digits that an epoch takes seconds."""
    fields = recipe.model_dump(exclude_none=True)
    for part in (*fields["dataset"]["parts"], *fields["outliers"]["parts"]):
        part["limit"] = QUICK_DIGITS
    fields["dataset"]["allographs"] = fields["outliers"]["synthetic"] = QUICK_DIGITS
    return TrainingConfig.model_validate(fields)


if __name__ == "__main__":
    main()

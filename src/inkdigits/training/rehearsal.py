"""What a model learned from, learned again beside what is new, lest it is forgotten.

Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal", Connection Science 1995.
"""

from inkdigits.training import datasets
from inkdigits.training.config import TrainingConfig
from inkdigits.training.sections import OutliersConfig, PartConfig

REPLAYED = 2500  # images an epoch of each part, at most …
MADE_UP = 0.25  # … and so many allographs for each of these


def replayed(base: TrainingConfig, most: int = REPLAYED) -> tuple[PartConfig, ...]:
    """The parts of a recipe, each with few of its images in an epoch, others in each.

    What was held out of them is held out again: of all else the model has learned already.
    """
    return tuple(_few(part, base, most) for part in datasets.digit_parts(base))


def made_up(base: TrainingConfig, most: int = REPLAYED) -> int:
    """How many allographs go with them."""
    return min(base.dataset.allographs, round(MADE_UP * most))


def replayed_outliers(base: TrainingConfig, most: int = REPLAYED) -> OutliersConfig | None:
    """The same of what is not a digit."""
    some = base.outliers
    return some and some.model_copy(
        update={
            "parts": tuple(_few(part, base, most) for part in some.parts),
            "synthetic": min(some.synthetic, most),
        }
    )


def _few(part: PartConfig, base: TrainingConfig, most: int) -> PartConfig:
    seed = base.seed if base.validation.seed is None else base.validation.seed
    before = part.validation or base.validation.model_copy(update={"seed": seed})
    limit = min(most, part.limit or most)
    return part.model_copy(update={"limit": limit, "validation": before})

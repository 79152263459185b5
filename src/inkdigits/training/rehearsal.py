"""What a model learned from, learned again beside what is new, lest it is forgotten.

Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal", Connection Science 1995.
"""

from inkdigits.training import datasets
from inkdigits.training.config import TrainingConfig
from inkdigits.training.sections import OutliersConfig, PartConfig

REPLAYED = 2500  # images an epoch of each part, at most
MADE_UP = REPLAYED // 4  # allographs


def replayed(base: TrainingConfig) -> tuple[PartConfig, ...]:
    """The parts of a recipe, each with few of its images in an epoch, others in each."""
    return tuple(map(_few, datasets.digit_parts(base)))


def replayed_outliers(base: TrainingConfig) -> OutliersConfig | None:
    """The same of what is not a digit."""
    some = base.outliers
    return some and some.model_copy(
        update={
            "parts": tuple(map(_few, some.parts)),
            "synthetic": min(some.synthetic, REPLAYED),
        }
    )


def _few(part: PartConfig) -> PartConfig:
    return part.model_copy(update={"limit": min(REPLAYED, part.limit or REPLAYED)})

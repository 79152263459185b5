"""Recipes for data of one's own: made up for a data set where somebody has no recipe.

They take what has proved itself in the shipped model's recipe: its network, its augmentation. What
depends on how much there is to learn from, as the number of epochs, follows from that.
"""

import re
from collections import Counter
from pathlib import Path

from inkdigits import artifact
from inkdigits.errors import DataUnavailable, InvalidConfig
from inkdigits.model_home import ModelHome
from inkdigits.training import addresses, datasets
from inkdigits.training.config import TrainingConfig, layers_for, path_from, recipe_of
from inkdigits.training.forms import open_data
from inkdigits.training.labels import in_order
from inkdigits.training.layers import folded, with_classes
from inkdigits.training.rehearsal import REPLAYED, made_up, replayed, replayed_outliers
from inkdigits.training.sections import (
    AugmentationConfig,
    AveragingConfig,
    CalibrationConfig,
    DatasetConfig,
    FittingConfig,
    OutliersConfig,
    PartConfig,
    ScheduleConfig,
    ValidationConfig,
)
from inkdigits.training.styles import STYLES
from inkdigits.wording import DIGITS, counted, listed

SEEN = (
    150_000  # images, some more than once, that a network learns from if it begins with nothing …
)
SEEN_ON = 40_000  # … and if it goes on from a model
EPOCHS = (6, 150)  # that this makes, at least and at most
FEW = 3000  # images: of fewer a batch is smaller, so that there are steps enough
HELD_OUT = 250  # images, about, are held out of few; at most a quarter, at least a twelfth
SHARE = 1.0  # one's own are seen as often as this share of all that is replayed beside them …
MOST_OFTEN = 10  # … but each no more than so many times an epoch


def recipe_for(source: str, model: str | None = None, *, replay: bool = True) -> TrainingConfig:
    """Make a recipe for a data set.

    Where a model is gone on from and all its labels are among those of the data, or the other way
    round, what it learned from is replayed beside the data, lest it forgets.

    Args:
        source: as for `forms.open_data`.
        model: to go on from; None: from nothing.
        replay: whether anything may be replayed.

    Raises:
        DataUnavailable: the data cannot be read, or there are too few.
        InvalidConfig: they have a single label, or the address of a database holds a password.
        InvalidModel: the model cannot be gone on from.
    """
    try:
        addresses.refuse_a_password(source)
    except ValueError as error:
        raise InvalidConfig(f"{error}.") from error
    datasets.refuse_a_test(source, "DATA")
    labels = open_data(source).labels
    named = path_from(Path.cwd(), source)
    folder = ModelHome().find(model or artifact.DEFAULT)
    base = recipe_of(folder)
    own, known = set(labels), set(base.dataset.label_names)
    if not own:
        raise DataUnavailable(f"{source}: holds no labelled images.")
    if len(own) < 2:
        raise InvalidConfig(
            f"{source}: all of the data are labelled {', '.join(own)}; a model needs two labels at"
            " least to tell them apart."
        )
    single = in_order(label for label, count in Counter(labels).items() if count < 2)
    if single:
        raise DataUnavailable(
            f"{source}: {counted(len(single), 'label has', 'labels have')} but one image:"
            f" {listed(single, 10)}. Two at least are needed, one to learn from and one to hold"
            " out: add to them, or take them out."
        )
    remembers = model is not None and (own <= known or known <= own)
    names = base.dataset.label_names if remembers and own <= known else in_order(own)
    again = replayed(base) if remembers and replay else ()
    layers = base.model.layers if model is None else folded(base.model.layers, str(folder))
    often = min(MOST_OFTEN, max(1.0, SHARE * REPLAYED * len(again) / len(labels))) if again else 1.0
    epochs = _epochs(often * len(labels), SEEN if model is None else SEEN_ON)
    fields = {
        "name": _name(source),
        "version": "1.0.0",
        "description": None,
        "start": None if model is None else str(folder),
        "model": base.model.model_copy(update={"layers": with_classes(layers, len(names))}),
        "training": FittingConfig(
            epochs=epochs,
            batch_size=32 if len(labels) < FEW else 128,
            optimizer="adamw",
            learning_rate=0.003 if model is None else 0.0007,
            weight_decay=0.02,
            class_weights="balanced",
        ),
        "dataset": DatasetConfig(
            name=_name(source),
            classes=len(names),
            labels=tuple(names),
            parts=(PartConfig(data=named, weight=often), *again),
            allographs=made_up(base) if again else 0,
        ),
        "augmentation": _changes(base, of_digits=model is not None and known <= DIGITS),
        "outliers": _outliers(base, own, replays=bool(again)),
        "validation": ValidationConfig(
            fraction=min(0.25, max(1 / 12, HELD_OUT / len(labels))),
            writers=base.validation.writers,
        ),
        "schedule": ScheduleConfig(kind="one_cycle", warmup=0.15, end=0.01),
        "weight_averaging": AveragingConfig(from_epoch=max(1, epochs - epochs // 8)),
        "calibration": CalibrationConfig(),
        "seed": 1,
    }
    return TrainingConfig.model_validate(
        base.model_copy(update=fields).model_dump(exclude_none=True)
    )


def going_on(config: TrainingConfig, model: str) -> TrainingConfig:
    """A recipe that goes on from a model whose layers it takes.

    Raises:
        InvalidModel: the model cannot be gone on from.
    """
    layers = layers_for(model, config.dataset.classes)
    made = config.model.model_copy(update={"layers": layers})
    return config.model_copy(update={"start": str(ModelHome().find(model)), "model": made})


def _name(source: str) -> str:
    stem = re.split(r"[/\\#]", source.rstrip("/\\"))[-1].split(".")[0]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("._-") or "own"


def _epochs(images: float, seen: int) -> int:
    return max(EPOCHS[0], min(EPOCHS[1], round(seen / images)))


def _changes(base: TrainingConfig, *, of_digits: bool) -> AugmentationConfig | None:
    """The model's changes, those that draw onto a label only where it is known to be a digit.

    What is labelled 1 may be a pair of trousers, to which no flag belongs.
    """
    some = base.augmentation
    return some if some is None or of_digits else some.model_copy(update=dict.fromkeys(STYLES, 0.0))


def _outliers(base: TrainingConfig, own: set[str], *, replays: bool) -> OutliersConfig | None:
    """What is none of the labels: letters are, where digits are read; elsewhere they may be some.

    A model that is not taught it refuses by the energy of its logits.
    """
    return replayed_outliers(base) if replays and own <= DIGITS else None

"""A training recipe: read from YAML and checked to the last word.

Anything that is not understood is an error that names its place and, where a word was meant, the
nearest word that is known. `model`, `training` and `dataset` have the form of the original program;
every other section is optional.
"""

import difflib
import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from inkdigits.errors import InvalidConfig
from inkdigits.training import mnist
from inkdigits.training.explain import explain
from inkdigits.training.fetch import INK
from inkdigits.training.layers import Layer, Section, Shape, number

NUMBER = BeforeValidator(number)  # after the bounds: pydantic then shows them in the schema
Fraction = Annotated[float, Field(ge=0, le=1), NUMBER]
NotNegative = Annotated[float, Field(ge=0), NUMBER]
Positive = Annotated[float, Field(gt=0), NUMBER]
Width = Annotated[float, Field(gt=0, le=0.5), NUMBER]
Length = Annotated[float, Field(ge=8, le=1000), NUMBER]
Model = TypeVar("Model", bound=BaseModel)
Count = Annotated[int, Field(strict=True, ge=1)]


class NetworkConfig(Section):
    """The network, layer by layer."""

    type: Literal["CNN"] = Field(
        default="CNN", description="Kind of network: a plain chain of layers."
    )
    layers: tuple[Layer, ...] = Field(
        min_length=1, description="The layers in order, one `- Name: {key: value}` each."
    )


class FittingConfig(Section):
    """How long and with which optimizer."""

    epochs: Count = Field(description="Times that the training images are gone through.")
    batch_size: Count = Field(default=32, description="Images a step.")
    optimizer: Literal["adam", "adamw", "nadam", "rmsprop", "sgd"] = Field(
        default="adam", description="Optimizer, by its Keras name in small letters."
    )
    learning_rate: Positive | None = Field(
        default=None,
        description="Rate, or its peak under a schedule; absent: the optimizer's own default.",
    )
    weight_decay: NotNegative = Field(
        default=0.0,
        description="Decoupled weight decay; biases and batch-norm parameters are left out.",
    )
    momentum: Annotated[float, Field(ge=0, lt=1), NUMBER] = Field(
        default=0.9, description="Nesterov momentum of `sgd`; the others have their own."
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1), NUMBER] = Field(
        default=0.0, description="Share of each target spread evenly over all classes."
    )


class PartConfig(Section):
    """One of `dataset.parts` or `outliers.parts`: a data set, and how much of it an epoch takes."""

    data: str = Field(
        description="`mnist-train`, the name of an ink set that `inkdigits data fetch` gets, or a"
        " path as in `dataset.train`; among outliers, ink only."
    )
    weight: Positive = Field(
        default=1.0, description="How often each of its images is seen in an epoch, on average."
    )
    limit: Count | None = Field(
        default=None, description="At most so many in an epoch, others in each epoch."
    )
    leave_out: dict[str, tuple[str, ...]] = Field(
        default={},
        description="Entries of ink JSON lines to leave out: for a key, the values that it may not"
        " have, such as `{contributor: [ibm]}`.",
    )


class OutliersConfig(Section):
    """What is not a digit, from which the network learns to say so by an output of its own."""

    parts: tuple[PartConfig, ...] = Field(
        default=(), description="Ink of other things; its labels do not matter."
    )
    synthetic: Annotated[int, Field(strict=True, ge=0)] = Field(
        default=0,
        description="Things made up anew in each epoch: scribbles, halves and pairs of digits,"
        " texture, noise and the like.",
    )
    hidden: Annotated[int, Field(strict=True, ge=0)] = Field(
        default=0, description="Units of a layer between the network and that output; 0: none."
    )
    loss_weight: Positive = Field(
        default=0.5, description="Weight of its cross-entropy beside that of the labels."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not (self.parts or self.synthetic):
            raise ValueError("parts: nothing is there to learn from; name some, or use synthetic")
        return self


class InkConfig(Section):
    """How the ink of `dataset.parts` and `outliers` is drawn, anew in each epoch."""

    pen: tuple[Width, Width] = Field(
        default=(0.03, 0.25), description="Least and greatest width, as a share of the longer side."
    )
    resolution: tuple[Length, Length] = Field(
        default=(24.0, 72.0), description="Least and greatest length of the longer side, pixels."
    )
    rotation: Annotated[float, Field(ge=0, le=180), NUMBER] = Field(
        default=0.0, description="Greatest turn to either side, degrees."
    )
    slant: Annotated[float, Field(ge=0, le=60), NUMBER] = Field(
        default=0.0, description="Greatest slant to either side, degrees."
    )
    stretch: Annotated[float, Field(ge=0, le=3), NUMBER] = Field(
        default=0.0,
        description="Greatest change of width against height: 0.5 is between 1/1.5 and 1.5.",
    )
    wobble: Annotated[float, Field(ge=0, le=0.2), NUMBER] = Field(
        default=0.0, description="Typical bend of the lines, as a share of the longer side."
    )
    joined: Fraction = Field(
        default=0.0, description="Share of the pen's lifts that are drawn through."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for key in ("pen", "resolution"):
            least, greatest = getattr(self, key)
            if least > greatest:
                raise ValueError(
                    f"{key}: the least, {least:g}, is above the greatest, {greatest:g}"
                )
        return self


class DatasetConfig(Section):
    """What to train and test on."""

    name: str = Field(
        default="MNIST",
        description="`MNIST`, or any other name with `train` or `parts`, and `test`.",
    )
    input_shape: Shape = Field(
        default=(28, 28, 1), description="Height, width, channels of a patch."
    )
    classes: Annotated[int, Field(strict=True, ge=2)] = Field(
        default=10, description="Number of labels."
    )
    labels: tuple[str, ...] | None = Field(
        default=None, description="Names of the labels in order; absent: 0, 1, 2 …"
    )
    train: str | None = Field(
        default=None,
        description="Own data: folder with one folder a label, IDX file of images with its labels"
        " beside it, or ink JSON lines, relative to this file; or a name as in `parts`.",
    )
    test: str | None = Field(default=None, description="Own data for the final test, as `train`.")
    parts: tuple[PartConfig, ...] | None = Field(
        default=None, description="Several data sets to train on together, instead of `train`."
    )
    limit: Count | None = Field(
        default=None,
        description="Use only so many training images, drawn evenly by the seed (for trials).",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.input_shape != (28, 28, 1):
            raise ValueError("input_shape: patches are always [28, 28, 1]")
        if self.name.upper() == "MNIST":
            if self.train or self.test or self.parts:
                raise ValueError("train and test belong to data of your own: give it another name")
            if self.classes != 10:
                raise ValueError("classes: MNIST has 10")
        elif self.parts is not None:
            if not self.parts:
                raise ValueError("parts: there must be one at least")
            if self.train:
                raise ValueError("parts: they take the place of train; leave one of them out")
            if not self.test:
                raise ValueError("test: is missing; data of your own needs its path")
            if self.limit:
                raise ValueError("limit: it is for a single data set; give the parts a weight")
        elif not (self.train and self.test):
            raise ValueError(
                f"name: {self.name!r} is not known (did you mean 'MNIST'?); data of your own needs"
                " its paths in train (or parts) and test"
            )
        if self.labels is not None and len(set(self.labels)) != self.classes:
            raise ValueError("labels: there must be `classes` different ones")
        return self

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the classes in order."""
        return self.labels or tuple(str(label) for label in range(self.classes))


class ValidationConfig(Section):
    """Images held out of training, to choose by: the same share of each label."""

    fraction: Annotated[float, Field(gt=0, lt=1), NUMBER] = Field(
        default=1 / 12, description="Share of the training images (MNIST: 1/12 is 5,000)."
    )
    writers: Annotated[int, Field(strict=True, ge=2)] = Field(
        default=5, description="Of ink whose writers are known: every so manieth writer instead."
    )


class AugmentationConfig(Section):
    """Random changes to each training image, new in each epoch; all zero or absent: none."""

    rotation: Annotated[float, Field(ge=0, le=180), NUMBER] = Field(
        default=0.0, description="Greatest turn to either side, degrees."
    )
    shift: Annotated[float, Field(ge=0, le=14), NUMBER] = Field(
        default=0.0, description="Greatest move along each axis, pixels of the patch."
    )
    shear: Annotated[float, Field(ge=0, le=1), NUMBER] = Field(
        default=0.0, description="Greatest slant to either side, pixels sideways for one upwards."
    )
    scale: Annotated[float, Field(ge=0, lt=1), NUMBER] = Field(
        default=0.0, description="Greatest change of size: 0.1 is between 1/1.1 and 1.1 times."
    )
    stretch: Annotated[float, Field(ge=0, lt=1), NUMBER] = Field(
        default=0.0, description="The same for width against height."
    )
    elastic: Annotated[float, Field(ge=0, le=6), NUMBER] = Field(
        default=0.0,
        description="Typical wobble of the lines (standard deviation of the field), pixels.",
    )
    elastic_smoothness: Annotated[float, Field(ge=2, le=28), NUMBER] = Field(
        default=7.0, description="Distance over which the wobble changes its mind, pixels."
    )
    thickness: Annotated[float, Field(ge=0, le=1), NUMBER] = Field(
        default=0.0,
        description="Greatest change of stroke width: 1 thins or thickens by about a pixel a side.",
    )
    refit: bool = Field(
        default=False,
        description="Bring the changed ink back to the size that the preprocessing gives it, so"
        " that stretch and slant may be large.",
    )
    coarse: Fraction = Field(
        default=0.0,
        description="Share of the images that are taken down to few pixels, as small scans are.",
    )
    share: Fraction = Field(default=1.0, description="Share of the images that is changed at all.")
    flag: Fraction = Field(
        default=0.0,
        description="Share of the ones (label `1`) that get a flag, some of them a foot.",
    )
    bar: Fraction = Field(
        default=0.0, description="Share of the sevens (label `7`) that get a bar across."
    )
    tail: Fraction = Field(
        default=0.0, description="Share of the nines (label `9`) that get a tail to the left."
    )
    slash: Fraction = Field(
        default=0.0, description="Share of the noughts (label `0`) that are struck through."
    )

    @property
    def is_active(self) -> bool:
        """Whether anything is changed."""
        changes = ("rotation", "shift", "shear", "scale", "stretch", "elastic", "thickness")
        moved = self.share > 0 and any(getattr(self, key) for key in changes)
        return moved or any(
            getattr(self, key) for key in ("flag", "bar", "tail", "slash", "coarse")
        )


class ScheduleConfig(Section):
    """How the learning rate moves over the whole run."""

    kind: Literal["constant", "one_cycle"] = Field(
        default="one_cycle",
        description="`one_cycle`: linear rise to the peak, then half a cosine down.",
    )
    warmup: Annotated[float, Field(ge=0, lt=1), NUMBER] = Field(
        default=0.2, description="Share of all steps for the rise."
    )
    start: Fraction = Field(default=0.1, description="Rate at the start, as a share of the peak.")
    end: Fraction = Field(default=0.001, description="Rate at the end, as a share of the peak.")


class AveragingConfig(Section):
    """Average the weights at the ends of the last epochs (Izmailov et al. 2018, SWA)."""

    from_epoch: Count = Field(description="First epoch (from 1) whose weights are taken in.")
    kind: Literal["equal", "ema"] = Field(
        default="equal",
        description="All alike, or the newer the heavier (exponential moving average).",
    )
    decay: Annotated[float, Field(gt=0, lt=1), NUMBER] = Field(
        default=0.5, description="For `ema`: what the average keeps of itself at each epoch."
    )
    batch_norm_images: Count = Field(
        default=10_000,
        description="Training images from which batch-norm statistics are taken anew.",
    )


class CalibrationConfig(Section):
    """What the finished model may refuse, set on the validation images."""

    keep_confident: Annotated[float, Field(gt=0, lt=1), NUMBER] = Field(
        default=0.995, description="Share of the validation digits that may not be called unsure."
    )
    keep_digits: Annotated[float, Field(gt=0, lt=1), NUMBER] = Field(
        default=0.998, description="Share of the validation digits that may not be called no digit."
    )


class TrainingConfig(Section):
    """A complete training recipe."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = Field(
        default=None, description="Name of the model; absent: the name of the file."
    )
    version: str = Field(
        default="1.0.0", description="Version of the model, written into its folder."
    )
    description: str | None = Field(default=None, description="A sentence for the model card.")
    model: NetworkConfig
    training: FittingConfig
    dataset: DatasetConfig = DatasetConfig()
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**31)] = Field(
        default=1, description="Everything random follows from it."
    )
    validation: ValidationConfig = ValidationConfig()
    ink: InkConfig = InkConfig()
    outliers: OutliersConfig | None = None
    augmentation: AugmentationConfig | None = None
    schedule: ScheduleConfig | None = None
    weight_averaging: AveragingConfig | None = None
    calibration: CalibrationConfig = CalibrationConfig()

    @model_validator(mode="after")
    def _check(self) -> Self:
        average = self.weight_averaging
        if average and average.from_epoch > self.training.epochs:
            raise ValueError(
                f"weight_averaging.from_epoch: {average.from_epoch} is after the last of the"
                f" {self.training.epochs} epochs of training.epochs"
            )
        _check_network(self.model.layers, self.dataset)
        return self

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.name or "model"

    def changed(self, *, epochs: int | None = None, seed: int | None = None) -> Self:
        """The same recipe with another number of epochs or another seed, checked again.

        Averaging that began in the last k epochs still does.
        """
        fields = self.model_dump(exclude_none=True)
        if epochs is not None:
            fields["training"]["epochs"] = epochs
            average = self.weight_averaging
            if average:
                last = self.training.epochs - average.from_epoch
                fields["weight_averaging"]["from_epoch"] = max(1, epochs - last)
        if seed is not None:
            fields["seed"] = seed
        return _checked(type(self), fields, "command line")

    def to_yaml(self, *, complete: bool = True) -> str:
        """The recipe as YAML; if not `complete`, without what is as the defaults have it."""

        def plain(part: BaseModel) -> Any:
            return part.model_dump(mode="json", exclude_none=True, exclude_defaults=not complete)

        fields = plain(self)
        fields["model"]["layers"] = [
            {layer.name: plain(layer.options)} for layer in self.model.layers
        ]
        return yaml.safe_dump(
            fields, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
        )


def load_config(path: Path | str) -> TrainingConfig:
    """Read a recipe.

    Raises:
        InvalidConfig: The file cannot be read, is not YAML, or holds something not understood.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        known = sorted(p.name for p in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, known, 1, 0.3)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise InvalidConfig(f"{path}: cannot be read ({error.strerror}).{hint}") from error
    except UnicodeDecodeError as error:
        raise InvalidConfig(f"{path}: this is not text in UTF-8.") from error
    config = parse_config(text, str(path))
    fields: dict[str, Any] = {}
    if config.name is None:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).lstrip("._-")
        fields["name"] = stem or "model"
    dataset, folder = config.dataset, path.parent
    update: dict[str, Any] = {"parts": dataset.parts and _found_from(folder, dataset.parts)}
    for key in ("train", "test"):
        source = getattr(dataset, key)
        update[key] = source and _path_from(folder, source)
    fields["dataset"] = dataset.model_copy(update=update)
    if config.outliers:
        update = {"parts": _found_from(folder, config.outliers.parts)}
        fields["outliers"] = config.outliers.model_copy(update=update)
    return config.model_copy(update=fields)


def _found_from(folder: Path, parts: Sequence[PartConfig]) -> tuple[PartConfig, ...]:
    """The same parts, their paths relative to this folder no more."""
    return tuple(part.model_copy(update={"data": _path_from(folder, part.data)}) for part in parts)


def _path_from(folder: Path, source: str) -> str:
    """A data set's name as it is, or its path, relative to this folder, as an absolute one."""
    named = source.lower() in mnist.NAMES or source in INK
    return source if named else str((folder / source).resolve())


def parse_config(text: str, source: str = "configuration") -> TrainingConfig:
    """Read a recipe from YAML text; `source` is what errors call it.

    Raises:
        InvalidConfig: The text is not YAML or holds something not understood.
    """
    try:
        fields = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 (a SafeLoader)
    except _UNREADABLE as error:
        told = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InvalidConfig(f"{source}: not valid YAML: {' '.join(told.split())}") from error
    if not isinstance(fields, dict):
        raise InvalidConfig(f"{source}: the sections model, training and dataset are needed.")
    return _checked(TrainingConfig, fields, source)


# PyYAML's own error, and what Python raises where a value is not what its tag or its form says
# (`!!bool maybe`, the date `2026-13-45`), or where brackets are opened without end.
_UNREADABLE = (
    yaml.YAMLError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key said twice is an error instead of silently the last one."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        for key, _ in pairs:
            if not isinstance(key, yaml.ScalarNode):
                continue  # a list or a section cannot be a key: PyYAML refuses it below
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} is said twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _check_network(layers: Sequence[Layer], dataset: DatasetConfig) -> None:
    """Check what one layer cannot know: its place in the chain and the end of it."""
    for index, layer in enumerate(layers):
        shape = getattr(layer.options, "input_shape", None)
        place = f"model.layers.{index}.{layer.name}"
        if shape is not None and index > 0:
            raise ValueError(f"{place}.input_shape: only the first layer has one")
        if shape is not None and shape != dataset.input_shape:
            raise ValueError(
                f"{place}.input_shape: {list(shape)}, but dataset.input_shape is"
                f" {list(dataset.input_shape)}"
            )
        if index < len(layers) - 1 and getattr(layer.options, "activation", None) == "softmax":
            raise ValueError(f"{place}.activation: softmax belongs to the last layer")
    place = f"model.layers.{len(layers) - 1}.{layers[-1].name}"
    if getattr(layers[-1].options, "activation", None) != "softmax":
        raise ValueError(f"{place}: the last layer must end in activation: softmax")
    dense = layers[-1] if layers[-1].name == "Dense" else layers[-2] if len(layers) > 1 else None
    if dense is None or dense.name != "Dense":
        raise ValueError(f"{place}: the network must end in Dense with softmax")
    if dense.options.units != dataset.classes:
        index = len(layers) - (1 if dense is layers[-1] else 2)
        raise ValueError(
            f"model.layers.{index}.Dense.units: {dense.options.units}, but dataset.classes is"
            f" {dataset.classes}"
        )


def _checked(kind: type[Model], fields: Mapping[str, Any], source: str) -> Model:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        lines = [explain(kind, dict(problem)) for problem in error.errors(include_url=False)]
        raise InvalidConfig(f"{source}: " + "; ".join(lines)) from error

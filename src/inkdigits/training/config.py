"""A training recipe: read from YAML and checked to the last word.

Anything that is not understood is an error that names its place and, where a word was meant, the
nearest word that is known. `model`, `training` and `dataset` have the form of the original program;
every other section is optional.
"""

import difflib
import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from inkdigits import artifact
from inkdigits.errors import InvalidConfig, InvalidModel
from inkdigits.model_home import ModelHome
from inkdigits.training import mnist
from inkdigits.training.addresses import is_url
from inkdigits.training.explain import explain
from inkdigits.training.fetch import INK
from inkdigits.training.layers import Layer, Section, folded, with_classes
from inkdigits.training.sections import (
    AugmentationConfig,
    AveragingConfig,
    CalibrationConfig,
    DatasetConfig,
    FittingConfig,
    InkConfig,
    LineNetworkConfig,
    MarksConfig,
    NetworkConfig,
    OutliersConfig,
    PartConfig,
    ScheduleConfig,
    StringsConfig,
    ValidationConfig,
)

Model = TypeVar("Model", bound=BaseModel)
Source = TypeVar("Source", PartConfig, MarksConfig)

RECIPE = "recipe.yaml"  # in a model folder: how it was made


class Recipe(Section):
    """What every recipe has."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = Field(
        default=None, description="Name of the model; absent: the name of the file."
    )
    version: str = Field(
        default="1.0.0", description="Version of the model, written into its folder."
    )
    description: str | None = Field(default=None, description="A sentence for the model card.")
    model: NetworkConfig | LineNetworkConfig
    training: FittingConfig
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**31)] = Field(
        default=1, description="Everything random follows from it."
    )
    validation: ValidationConfig = ValidationConfig()
    schedule: ScheduleConfig | None = None
    weight_averaging: AveragingConfig | None = None

    @model_validator(mode="after")
    def _check_epochs(self) -> Self:
        average = self.weight_averaging
        if average and average.from_epoch > self.training.epochs:
            raise ValueError(
                f"weight_averaging.from_epoch: {average.from_epoch} is after the last of the"
                f" {self.training.epochs} epochs of training.epochs"
            )
        return self

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.name or "model"

    def changed(self, *, epochs: int | None = None, seed: int | None = None) -> Self:
        """The same recipe with another number of epochs or another seed, checked again.

        Averaging goes over the same share of the epochs.
        """
        # what is not said stays unsaid: it may mean more than the default
        fields = self.model_dump(exclude_none=True, exclude_unset=True)
        if epochs is not None:
            fields["training"]["epochs"] = epochs
            average = self.weight_averaging
            if average:
                averaged = self.training.epochs - average.from_epoch + 1
                averaged = max(1, round(averaged * epochs / self.training.epochs))
                fields["weight_averaging"]["from_epoch"] = max(1, epochs - averaged + 1)
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


class TrainingConfig(Recipe):
    """A complete recipe of a model of single digits."""

    model: NetworkConfig
    start: str | None = Field(
        default=None,
        description="A model to go on from, its weights to begin with: its name, a model folder or"
        " a run's, relative to this file. `model` may then be left out.",
    )
    dataset: DatasetConfig = DatasetConfig()
    ink: InkConfig = InkConfig()
    outliers: OutliersConfig | None = None
    augmentation: AugmentationConfig | None = None
    calibration: CalibrationConfig = CalibrationConfig()

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_network(self.model.layers, self.dataset)
        return self

    def of(self, part: PartConfig) -> Self:
        """The same recipe as it is for one of its parts, of which it may hold out otherwise."""
        return self.model_copy(update={"validation": part.validation or self.validation})

    def with_labels(self, labels: Sequence[str]) -> Self:
        """The same recipe with these labels, checked again.

        Raises:
            InvalidConfig: There are fewer than two, or another number than the network's outputs.
        """
        if len(labels) < 2:
            raise InvalidConfig(
                f"dataset: all of the data are labelled {', '.join(labels) or 'nothing'}; a model"
                " needs two labels at least to tell them apart."
            )
        fields = self.model_dump(exclude_none=True)
        fields["dataset"] |= {"labels": list(labels), "classes": len(labels)}
        if self.start is not None:  # whose model has other labels
            layers = with_classes(self.model.layers, len(labels))
            fields["model"]["layers"] = [layer.model_dump(exclude_none=True) for layer in layers]
        return _checked(type(self), fields, f"the labels of the data, {_listed(labels)}")


def _listed(labels: Sequence[str], most: int = 30) -> str:
    return ", ".join(labels[:most]) + (
        f" and {len(labels) - most} more" if len(labels) > most else ""
    )


class NumbersConfig(Recipe):
    """A complete recipe of a model of lines: whole numbers (`model.type: CTC`)."""

    model: LineNetworkConfig
    strings: StringsConfig


def load_config(path: Path | str) -> TrainingConfig:
    """Read a recipe of a model of single digits; as `load_recipe`.

    Raises:
        InvalidConfig: It is a recipe of lines, or nothing that `load_recipe` takes.
    """
    return _of_digits(load_recipe(path), str(path))


def load_recipe(path: Path | str) -> TrainingConfig | NumbersConfig:
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
    config = parse_recipe(text, str(path), path.parent)
    fields: dict[str, Any] = {}
    if config.name is None:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).lstrip("._-")
        fields["name"] = stem or "model"
    folder = path.parent
    if isinstance(config, NumbersConfig):
        strings = config.strings
        update: dict[str, Any] = {
            "digits": _found_from(folder, strings.digits),
            "others": _found_from(folder, strings.others),
        }
        fields["strings"] = strings.model_copy(update=update)
        return config.model_copy(update=fields)
    dataset = config.dataset
    update = {"parts": dataset.parts and _found_from(folder, dataset.parts)}
    for key in ("train", "test"):
        source = getattr(dataset, key)
        update[key] = source and path_from(folder, source)
    fields["dataset"] = dataset.model_copy(update=update)
    fields["start"] = config.start and _model_from(folder, config.start)
    if config.outliers:
        update = {"parts": _found_from(folder, config.outliers.parts)}
        fields["outliers"] = config.outliers.model_copy(update=update)
    return config.model_copy(update=fields)


def _found_from(folder: Path, parts: Sequence[Source]) -> tuple[Source, ...]:
    """The same parts, their paths relative to this folder no more."""
    return tuple(part.model_copy(update={"data": path_from(folder, part.data)}) for part in parts)


def path_from(folder: Path, source: str) -> str:
    """A data set's name as it is, or its path, relative to this folder, as an absolute one."""
    named = source.lower() in mnist.NAMES or source in INK or is_url(source)
    return source if named else str((folder / source).resolve())


def _model_from(folder: Path, model: str) -> str:
    """A known model's name as it is, or the path of a model as an absolute one."""
    place = folder / model
    is_path = artifact.is_model(place) or artifact.is_model(place / artifact.IN_RUN)
    return str(place.resolve()) if model and is_path and not ModelHome().knows(model) else model


def parse_config(text: str, source: str = "configuration") -> TrainingConfig:
    """Read a recipe of a model of single digits from YAML text, as `parse_recipe` does.

    Raises:
        InvalidConfig: It is a recipe of lines, or nothing that `parse_recipe` takes.
    """
    return _of_digits(parse_recipe(text, source), source)


def _of_digits(config: TrainingConfig | NumbersConfig, source: str) -> TrainingConfig:
    if isinstance(config, NumbersConfig):
        raise InvalidConfig(
            f"{source}: model.type: CTC makes a model of lines; one of single digits is needed"
            " here."
        )
    return config


def parse_recipe(
    text: str, source: str = "configuration", folder: Path | None = None
) -> TrainingConfig | NumbersConfig:
    """Read a recipe from YAML text.

    Args:
        text: the YAML.
        source: what errors call it.
        folder: from which the path of a model to start from counts; None: the current one.

    Raises:
        InvalidConfig: The text is not YAML or holds something not understood.
        InvalidModel: It leaves its layers to a model that cannot be used.
    """
    try:
        fields = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 (a SafeLoader)
    except _UNREADABLE as error:
        told = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InvalidConfig(f"{source}: not valid YAML: {' '.join(told.split())}") from error
    if not isinstance(fields, dict):
        raise InvalidConfig(f"{source}: the sections model, training and dataset are needed.")
    model = fields.get("model")
    if isinstance(model, dict) and model.get("type") == "CTC":
        return _checked(NumbersConfig, fields, source)
    if model is None and isinstance(fields.get("start"), str):
        fields["model"] = _model_of(fields, folder or Path())
    return _checked(TrainingConfig, fields, source)


def _model_of(fields: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The section `model` of a recipe that takes it from the model it starts from."""
    dataset = fields.get("dataset")
    classes = dataset.get("classes") if isinstance(dataset, dict) else None
    layers = layers_for(
        _model_from(folder, fields["start"]), classes if isinstance(classes, int) else 10
    )
    return {
        "type": "CNN",
        "layers": [{layer.name: layer.options.model_dump(mode="json")} for layer in layers],
    }


def layers_for(model: str, classes: int) -> tuple[Layer, ...]:
    """The layers of a network that goes on from a model with so many labels.

    Raises:
        InvalidModel: there is no such model, or training cannot go on from it.
    """
    folder = ModelHome().find(model)
    return with_classes(folded(recipe_of(folder).model.layers, model), classes)


def recipe_of(folder: Path) -> TrainingConfig:
    """Read the recipe that lies in a model folder.

    Raises:
        InvalidModel: There is none.
    """
    try:
        text = (folder / RECIPE).read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidModel(
            f"{folder} holds no {RECIPE}, which says how it was made: it is by an older version or"
            " by hand."
        ) from error
    return parse_config(text, str(folder / RECIPE))


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
    if dense.options.units != dataset.classes and not dataset.takes_labels_from_data:
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

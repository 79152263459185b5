"""The layers that a recipe may name, and the keys that each of them takes.

The names and keys are those of Keras, so a recipe reads like the model that it makes. The set is
explicit: a word outside it is a mistake to be reported, not something to be tried.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from inkdigits.errors import InvalidModel


def number(value: Any) -> Any:
    """Refuse true and false where a number is meant (YAML's `yes` is easily meant otherwise)."""
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")  # noqa: TRY004 (pydantic's way)
    return value


def pair(value: Any) -> Any:
    """Let one number stand for two equal ones: `3` for `[3, 3]`."""
    return [value, value] if isinstance(value, int) and not isinstance(value, bool) else value


Size = Annotated[int, Field(strict=True, ge=1)]
Pair = Annotated[tuple[Size, Size], BeforeValidator(pair)]
Rate = Annotated[float, Field(ge=0, lt=1), BeforeValidator(number)]
Shape = tuple[Size, Size, Size]
Padding = Literal["valid", "same"]
ActivationName = Literal[
    "linear",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "swish",
    "mish",
    "hard_silu",
    "softplus",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "softmax",
]
Initializer = Literal[
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
    "zeros",
]


class Section(BaseModel):
    """A part of a recipe: closed to unknown keys, fixed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class First(Section):
    """What a layer may say when it is the first."""

    input_shape: Shape | None = Field(
        default=None,
        description="Only in the first layer, as in the original: height, width, channels.",
    )


class Conv2DOptions(First):
    """Keys of `Conv2D`."""

    filters: Size
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    dilation_rate: Pair = (1, 1)
    groups: Size = 1
    activation: ActivationName = "linear"
    use_bias: bool = True
    kernel_initializer: Initializer = "glorot_uniform"


class DepthwiseConv2DOptions(First):
    """Keys of `DepthwiseConv2D`."""

    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    depth_multiplier: Size = 1
    activation: ActivationName = "linear"
    use_bias: bool = True
    depthwise_initializer: Initializer = "glorot_uniform"


class SeparableConv2DOptions(First):
    """Keys of `SeparableConv2D`."""

    filters: Size
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    depth_multiplier: Size = 1
    activation: ActivationName = "linear"
    use_bias: bool = True


class PoolingOptions(First):
    """Keys of `MaxPooling2D` and `AveragePooling2D`."""

    pool_size: Pair = (2, 2)
    strides: Pair | None = None
    padding: Padding = "valid"


class BatchNormalizationOptions(First):
    """Keys of `BatchNormalization`."""

    momentum: Annotated[float, Field(gt=0, lt=1), BeforeValidator(number)] = 0.99
    epsilon: Annotated[float, Field(gt=0), BeforeValidator(number)] = 0.001
    center: bool = True
    scale: bool = True


class ActivationOptions(Section):
    """Keys of `Activation`."""

    activation: ActivationName


class DenseOptions(Section):
    """Keys of `Dense`."""

    units: Size
    activation: ActivationName = "linear"
    use_bias: bool = True
    kernel_initializer: Initializer = "glorot_uniform"


class DropoutOptions(Section):
    """Keys of `Dropout` and `SpatialDropout2D`."""

    rate: Rate


class NoOptions(First):
    """A layer that takes no keys."""


class Layer(Section):
    """One layer: its name and, below it, its keys. A layer without keys may be its bare name."""

    Conv2D: Conv2DOptions | None = None
    DepthwiseConv2D: DepthwiseConv2DOptions | None = None
    SeparableConv2D: SeparableConv2DOptions | None = None
    MaxPooling2D: PoolingOptions | None = None
    AveragePooling2D: PoolingOptions | None = None
    GlobalAveragePooling2D: NoOptions | None = None
    GlobalMaxPooling2D: NoOptions | None = None
    BatchNormalization: BatchNormalizationOptions | None = None
    Activation: ActivationOptions | None = None
    Flatten: NoOptions | None = None
    Dense: DenseOptions | None = None
    Dropout: DropoutOptions | None = None
    SpatialDropout2D: DropoutOptions | None = None

    @model_validator(mode="before")
    @classmethod
    def _accept_the_short_forms(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {value: {}}
        if isinstance(value, dict):
            if len(value) != 1:
                raise ValueError("one layer name is needed here, such as  - Flatten: {}")
            name, keys = next(iter(value.items()))
            if keys is None:
                keys = {}
            if name == "Activation" and isinstance(keys, str):
                keys = {"activation": keys}
            if name in ("Dropout", "SpatialDropout2D") and isinstance(keys, int | float):
                keys = {"rate": keys}
            return {name: keys}
        return value

    @property
    def name(self) -> str:
        """The layer's name, as Keras has it."""
        return next(iter(self.model_fields_set))

    @property
    def options(self) -> Any:
        """The layer's keys."""
        return getattr(self, self.name)

    def arguments(self) -> dict[str, Any]:
        """What to call the Keras layer with; `input_shape` belongs to the network, not here."""
        given: dict[str, Any] = self.options.model_dump(exclude={"input_shape"})
        return given


FOLDED = ("Conv2D", "DepthwiseConv2D", "Dense")  # layers that batch normalization goes into


def folded(layers: Sequence[Layer], model: str) -> tuple[Layer, ...]:
    """The layers of a recipe without batch normalization, which the biases take in.

    Raises:
        InvalidModel: it does not come right after a layer that can take it in.
    """
    kept: list[Layer] = []
    for layer in layers:
        if layer.name != "BatchNormalization":
            kept.append(layer)
            continue
        before = kept[-1] if kept else None
        if (
            before is None
            or before.name not in FOLDED
            or getattr(before.options, "activation", "linear") != "linear"
        ):
            raise InvalidModel(
                f"{model}: training cannot go on from it, because batch normalization does not come"
                f" right after one of {', '.join(FOLDED)}. Train from nothing, without --from."
            )
        options = before.options.model_copy(update={"use_bias": True})
        kept[-1] = Layer.model_validate({before.name: options.model_dump(exclude_unset=False)})
    return tuple(kept)


def with_classes(layers: Sequence[Layer], classes: int) -> tuple[Layer, ...]:
    """The same layers for so many labels: the last Dense gets as many units."""
    last = max(index for index, layer in enumerate(layers) if layer.name == "Dense")
    options = layers[last].options.model_copy(update={"units": classes})
    dense = Layer.model_validate({"Dense": options.model_dump()})
    return (*layers[:last], dense, *layers[last + 1 :])

"""The sections of a recipe, and the keys that each of them takes."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from inkdigits.names import RULE, is_name, normal, quoted
from inkdigits.training.addresses import DataName
from inkdigits.training.layers import Layer, Section, Shape, number

NUMBER = BeforeValidator(number)  # after the bounds: pydantic then shows them in the schema
Fraction = Annotated[float, Field(ge=0, le=1), NUMBER]
NotNegative = Annotated[float, Field(ge=0), NUMBER]
Positive = Annotated[float, Field(gt=0), NUMBER]
Width = Annotated[float, Field(gt=0, le=0.5), NUMBER]
Length = Annotated[float, Field(ge=8, le=1000), NUMBER]
Count = Annotated[int, Field(strict=True, ge=1)]


def _label(label: str) -> str:
    if not is_name(label):
        raise ValueError(f"{quoted(label)} is no label; labels are {RULE}")
    return normal(label)


LabelName = Annotated[str, AfterValidator(_label)]


class NetworkConfig(Section):
    """The network, layer by layer."""

    type: Literal["CNN"] = Field(
        default="CNN", description="Kind of network: a plain chain of layers."
    )
    layers: tuple[Layer, ...] = Field(
        min_length=1, description="The layers in order, one `- Name: {key: value}` each."
    )


class LineNetworkConfig(Section):
    """The network of lines, layer by layer: (32, width, 2) in, (1, width / 2, anything) out."""

    type: Literal["CTC"] = Field(
        description="Kind of network: a plain chain of layers whose columns spell a line."
    )
    layers: tuple[Layer, ...] = Field(
        min_length=1,
        description="The layers in order; what gives the marks comes after them by itself.",
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
    class_weights: Literal["none", "balanced"] = Field(
        default="none",
        description="`balanced`: each label counts as much as any other, however many images it"
        " has.",
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1), NUMBER] = Field(
        default=0.0, description="Share of each target spread evenly over all classes."
    )


class ValidationConfig(Section):
    """Images held out of training, to choose by: the same share of each label."""

    fraction: Annotated[float, Field(gt=0, lt=1), NUMBER] = Field(
        default=1 / 12, description="Share of the training images (MNIST: 1/12 is 5,000)."
    )
    writers: Annotated[int, Field(strict=True, ge=2)] = Field(
        default=5, description="Of ink whose writers are known: every so manieth writer instead."
    )
    seed: Annotated[int, Field(strict=True, ge=0)] | None = Field(
        default=None, description="Which share: another for each. Default: the recipe's `seed`."
    )


class PartConfig(Section):
    """One of `dataset.parts` or `outliers.parts`: a data set, and how much of it an epoch takes."""

    data: DataName = Field(
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
        description="Entries to leave out: for a key, the values that it may not have, such as"
        " `{contributor: [ibm]}`; in data other than ink JSON lines, for `label` and `writer`.",
    )
    validation: ValidationConfig | None = Field(
        default=None,
        description="What is held out of it, if not as the recipe's `validation` says.",
    )


class MarksConfig(Section):
    """Where marks come from that strings are made of."""

    data: DataName = Field(
        description="`mnist-train`, an IDX file of pictures of 28×28 with its labels beside it, the"
        " name of an ink set that `inkdigits data fetch` gets, or a file of ink JSON lines."
    )
    leave_out: dict[str, tuple[str, ...]] = Field(
        default={}, description="Entries of ink JSON lines to leave out, as in parts."
    )


class StringsConfig(Section):
    """Strings of digits, made up anew in each epoch."""

    count: Count = Field(default=16384, description="Strings in an epoch.")
    digits: tuple[MarksConfig, ...] = Field(
        min_length=1, description="Pictures and ink of single digits."
    )
    others: tuple[MarksConfig, ...] = Field(
        default=(),
        description="Ink of letters and signs; what is labelled `.` `,` `-` `/` or `:` is used as"
        " that separator, everything else is told apart as no part of a number, and so are printed"
        " letters, which are added if there are any.",
    )
    allographs: Annotated[int, Field(strict=True, ge=0)] = Field(
        default=0,
        description="Digits made up by formula, in ways of writing that sets hardly hold.",
    )
    validation: Count = Field(
        default=1024, description="Strings of held-out writers and pictures, to choose by."
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

    def as_written(self) -> Self:
        """The same pens and sizes, the shape left as it is."""
        shape = ("rotation", "slant", "stretch", "wobble", "joined")
        return self.model_copy(update=dict.fromkeys(shape, 0.0))


class DatasetConfig(Section):
    """What to train and test on."""

    name: str = Field(
        default="MNIST",
        description="`MNIST`, or any other name with `train` and `test`, or with `parts`.",
    )
    input_shape: Shape = Field(
        default=(28, 28, 1), description="Height, width, channels of a patch."
    )
    classes: Annotated[int, Field(strict=True, ge=2)] = Field(
        default=10,
        description="Number of labels; absent, as `labels`, with data of your own: as they have.",
    )
    labels: tuple[LabelName, ...] | None = Field(
        default=None,
        description="Names of the labels in order; absent: 0, 1, 2 … of `classes`, or, where that"
        " is absent too, those of the data of your own, in their order.",
    )
    train: DataName | None = Field(
        default=None,
        description="Own data, relative to this file: folder with one folder a label, table (.csv),"
        " arrays (.npz), Parquet, ink JSON lines, IDX file of images with its labels beside it,"
        " SQLite file of corrections; or the address of such, or a name as in `parts`.",
    )
    test: DataName | None = Field(
        default=None,
        description="Own data for the final test, as `train`; with `parts` it may be absent: the"
        " run's report is then on what is held out, and no test is opened.",
    )
    parts: tuple[PartConfig, ...] | None = Field(
        default=None, description="Several data sets to train on together, instead of `train`."
    )
    allographs: Annotated[int, Field(strict=True, ge=0)] = Field(
        default=0,
        description="Digits made up anew in each epoch, in ways of writing that sets hardly hold:"
        " a 4 like a bolt of lightning, an open 9 and the like.",
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
            if self.limit:
                raise ValueError("limit: it is for a single data set; give the parts a weight")
        elif not (self.train and self.test):
            raise ValueError(
                f"name: {self.name!r} is not known (did you mean 'MNIST'?); data of your own needs"
                " its paths in train and test, or parts"
            )
        if self.labels is not None and len(set(self.labels)) != self.classes:
            raise ValueError(
                f"labels: there must be as many different ones as classes, which is {self.classes}"
            )
        return self

    @property
    def takes_labels_from_data(self) -> bool:
        """Whether the labels are those that data of one's own turn out to have."""
        told = self.model_fields_set & {"classes", "labels"}
        return self.name.upper() != "MNIST" and not told

    @property
    def opens_a_test(self) -> bool:
        """Whether a run ends on a test; else its report is on what is held out."""
        return self.test is not None or not self.parts

    @property
    def title(self) -> str:
        """What the data are called in summaries."""
        return ", ".join(part.data for part in self.parts) if self.parts else self.name

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the classes in order."""
        return self.labels or tuple(str(label) for label in range(self.classes))


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
        description="Share of the images that are taken down to few pixels, as small scans are;"
        " three in seven of these are thickened first.",
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

"""The figures of a model on labelled data, and against what is none of its labels."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.training.cost import Cost
from inkdigits.wording import noun

NO_LABEL = -1  # what a blank picture is read as, where labels are numbers


@dataclass(frozen=True)
class Bin:
    """The answers of one bin of the reliability diagram.

    Args:
        low: least confidence of the bin.
        high: confidence at which the next begins; the last bin holds 1.
        images: number of images in it.
        confidence: their mean confidence; None where there are none.
        accuracy: the share that is right; None where there are none.
        accuracy_interval: Wilson's interval of it, 95 %.
    """

    low: float
    high: float
    images: int
    confidence: float | None
    accuracy: float | None
    accuracy_interval: tuple[float, float]


@dataclass(frozen=True)
class RejectionPoint:
    """What comes of giving only the answers that are sure enough.

    Args:
        confidence: the threshold: answers at least as sure are given.
        coverage: share of images that then get an answer.
        accuracy: share of right ones among those.
    """

    confidence: float
    coverage: float
    accuracy: float


@dataclass(frozen=True)
class Misread:
    """An image whose most probable label is wrong.

    Args:
        image: its place in the data set, from 0.
        label: what it shows.
        answer: what it was taken for; None where it is blank.
        confidence: of that answer.
        reason: why the answer was refused; None where it was given.
    """

    image: int
    label: str
    answer: str | None
    confidence: float
    reason: str | None


@dataclass(frozen=True)
class OutlierFigures:
    """How well the evidence tells outliers from the digits of the report.

    A blank picture has less evidence than any other.

    Args:
        dataset: name of the outliers' data set.
        images: number of outliers.
        left_out: number of those left out because their label looks like a digit.
        auroc: probability that a digit has more evidence than an outlier, ties counting half.
        refused_keeping_99: share of outliers below the evidence that 99 % of the digits have.
        refused_keeping_99_interval: Wilson's interval of it, 95 %.
        refused: share of outliers refused by the thresholds of the model, by reason.
    """

    dataset: str
    images: int
    left_out: int
    auroc: float
    refused_keeping_99: float
    refused_keeping_99_interval: tuple[float, float]
    refused: dict[str, float]


@dataclass(frozen=True)
class Measured:
    """What was measured of each image: what the pictures of the report are drawn from.

    Args:
        patches: (N, 28, 28) float32, of the digits.
        confidence: (N,) of their answers.
        right: (N,) whether those are right.
        answered: (N,) whether they were given, refused for no reason.
        evidence: (N,), −∞ for a blank.
        outliers: for each data set of outliers its evidence, likewise.
    """

    patches: NDArray[np.float32]
    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    answered: NDArray[np.bool_]
    evidence: NDArray[np.float64]
    outliers: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True)
class Report:
    """The figures of a model on a data set.

    A blank picture is answered as `Recognizer` does, without asking the network: it has no most
    probable label, and its confidence is 0.

    Args:
        model: name of the model.
        version: its version.
        sha256: of its weights.
        thresholds: its thresholds, `confidence` and `evidence`.
        temperature: by which it divides its logits.
        dataset: name of the data set.
        images: number of images.
        labels: names of the labels, in the order of the tables below.
        accuracy: share whose most probable label is right, refused or not; blanks are wrong.
        accuracy_interval: Wilson's interval of it, 95 %.
        errors: number of images whose most probable label is wrong, blanks among them: the counts
            off the diagonal of `confusion`, and the blanks.
        loss: mean cross-entropy in nats of the model's plain probabilities, as Keras computes it; a
            blank counts as if all labels were equally probable.
        calibrated_loss: the same of the probabilities that users see (temperature applied).
        calibration_error: expected calibration error of those, 15 bins, over all images that are
            not blank, refused or not.
        calibration_error_of_answers: the same over the images that get a label.
        refused: share of images that get no label, by reason.
        accuracy_of_answers: share of right labels among the images that get one.
        per_label: precision, recall, f1 and images of each label; a blank lowers its label's
            recall and no label's precision.
        confusion: counts, one row a true label, one column a most probable label; blanks have no
            column, so a row adds up to the label's images without its blanks.
        reliability: the bins of `calibration_error`.
        rejection: coverage against accuracy, some hundred points, closest where nearly all answers
            are given.
        misread: every image whose most probable label is wrong, surest first.
        outliers: the figures of each data set of outliers that the model was tested with.
        cost: what an answer costs; None where it was not measured.
        measured: what the pictures are drawn from; not part of the JSON.
    """

    model: str
    version: str
    sha256: str
    thresholds: dict[str, float]
    temperature: float
    dataset: str
    images: int
    labels: tuple[str, ...]
    accuracy: float
    accuracy_interval: tuple[float, float]
    errors: int
    loss: float
    calibrated_loss: float
    calibration_error: float
    calibration_error_of_answers: float
    refused: dict[str, float]
    accuracy_of_answers: float
    per_label: dict[str, dict[str, float]]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[Bin, ...]
    rejection: tuple[RejectionPoint, ...]
    misread: tuple[Misread, ...]
    outliers: tuple[OutlierFigures, ...]
    cost: Cost | None
    measured: Measured | None = field(repr=False, compare=False)

    @property
    def noun(self) -> str:
        """What the labels are names of: `digit`, `letter` or `sign`."""
        return noun(self.labels)

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, what is measured of each image left out."""
        content = asdict(replace(self, measured=None))
        del content["measured"]
        return content


def refusals(refused: Mapping[str, float]) -> str:
    """Put shares of refusals, by reason, into words."""
    return ", ".join(f"{share:.2%} {reason}" for reason, share in refused.items())

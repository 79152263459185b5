"""From Keras to the model folder: ONNX weights proved equal, calibrated, with their card."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from inkdigits import artifact, confidence, normalize
from inkdigits.digit_model import Outputs
from inkdigits.errors import InterruptedRun, InvalidModel
from inkdigits.files import write_whole
from inkdigits.recognizer import Recognizer
from inkdigits.training import card, checkpoint, cost, datasets, mixture, network, plots
from inkdigits.training.backend import load_keras, quiet_about_h5
from inkdigits.training.card import model_card
from inkdigits.training.checkpoint import Progress
from inkdigits.training.config import RECIPE, TrainingConfig, parse_config
from inkdigits.training.convert import to_onnx
from inkdigits.training.evaluate import evaluate_digits, wilson, write_report
from inkdigits.training.halves import halve
from inkdigits.training.markdown import escaped
from inkdigits.training.mixture import HeldOut
from inkdigits.training.report import Report
from inkdigits.training.seen import Seen
from inkdigits.training.unlabelled import Unlabelled
from inkdigits.wording import counted, noun

TOLERANCE = 1e-5  # greatest difference of a probability between Keras and ONNX …
ROUNDED_TOLERANCE = 0.02  # … and after the weights were rounded to be stored in half the space
BATCH = 1000  # patches


def export(run: Path, *, console: Console | None = None) -> Path:
    """Write the model folder of a finished run again, from its `model.keras` and its report.

    Args:
        run: the run folder.
        console: where the greatest difference to Keras is printed; None: standard error.

    Returns:
        The model folder.

    Raises:
        InterruptedRun: The folder holds no finished run.
        InvalidModel: ONNX and Keras do not give the same answers.
    """
    for name in (checkpoint.CONFIG, checkpoint.NETWORK, checkpoint.REPORT):
        if not (run / name).is_file():
            raise InterruptedRun(f"{run}: holds no finished run to export ({name} is missing).")
    config = parse_config((run / checkpoint.CONFIG).read_text(encoding="utf-8"), str(run))
    report = json.loads((run / checkpoint.REPORT).read_text(encoding="utf-8"))
    trained = load_keras().saving.load_model(run / checkpoint.NETWORK)
    _, held_out = mixture.read(config, Seen.of(run / checkpoint.MODEL) or None)
    exported = _Exported(config, trained, held_out, report["training"])
    _print_proof(console or Console(stderr=True), exported)
    exported.write(run / checkpoint.MODEL, report)
    return run / checkpoint.MODEL


def finish(
    config: TrainingConfig,
    run: Path,
    trained: Any,
    held_out: HeldOut,
    done: Progress,
    console: Console,
) -> dict[str, Any]:
    """Save and export the trained network, then open the test set and write the report.

    Returns:
        What `report.json` holds.
    """
    keras = load_keras()
    for name in (checkpoint.NETWORK, checkpoint.LEGACY):
        with quiet_about_h5():
            trained.save(run / name)
    title = f"{config.model_name}, seed {config.seed}"
    write_whole(run / "loss_accuracy_graph.png", plots.loss_accuracy_graph(done.history, title))
    validation = held_out.digits
    answers = network.predict(trained, validation.patches)
    summary = {
        "dataset": config.dataset.title,
        "training_images": done.images,
        "validation_images": len(validation),
        "held_out_by_writer": list(held_out.by_writer),
        "parameters": trained.count_params(),
        "epochs": config.training.epochs,
        "seed": config.seed,
        "seconds": round(sum(row["seconds"] for row in done.history), 1),
        "validation_accuracy": float((answers.argmax(axis=1) == validation.labels).mean()),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }
    exported = _Exported(config, trained, held_out, summary)
    _print_proof(console, exported)
    exported.write(run / checkpoint.MODEL, None)
    recognizer = Recognizer(run / checkpoint.MODEL)
    strange = held_out.outliers[..., 0]
    report = evaluate_digits(
        recognizer,
        _final_digits(config, held_out),
        [Unlabelled(strange, "held-out outliers")] if len(strange) else [],
        cost.measure(run / checkpoint.MODEL, recognizer),
    )
    exported.write(run / checkpoint.MODEL, report.as_json())
    parts = {} if config.dataset.opens_a_test else _by_part(report, held_out)
    about = (
        f"Seed {config.seed}, {counted(config.training.epochs, 'epoch')} in"
        f" {summary['seconds']:.0f} s,"
        f" {summary['parameters']:,} parameters. Greatest difference of a probability between Keras"
        f" and ONNX: {exported.difference:.1e}, and {exported.rounding:.1e} with the weights of 16"
        f" bits that the model folder holds, which give {exported.relabelled} of the"
        f" {len(validation):,} held-out {report.noun}s another label. Temperature and thresholds"
        f" were set on these {report.noun}s"
        + (", which this report is on" if not config.dataset.opens_a_test else "")
        + ".\n\n"
        + _as_table(parts)
        + "![Loss and accuracy](loss_accuracy_graph.png)"
    )
    extra = {
        "parts": parts,
        "training": summary,
        "greatest_difference_to_keras": exported.difference,
        "greatest_difference_by_rounding": exported.rounding,
        "relabelled_by_rounding": exported.relabelled,
    }
    return write_report(report, run, extra, about)


def _by_part(report: Report, held_out: HeldOut) -> dict[str, dict[str, Any]]:
    """The figures of each part of what is held out, if there are several."""
    if report.measured is None or len(held_out.parts) < 2:
        return {}
    parts = {name: report.measured.right[at] for name, at in held_out.parts.items()}
    return {
        name: {
            "images": len(right),
            "accuracy": float(right.mean()),
            "accuracy_interval": wilson(int(right.sum()), len(right)),
        }
        for name, right in parts.items()
    }


def _as_table(parts: Mapping[str, Mapping[str, Any]]) -> str:
    if not parts:
        return ""
    rows = [
        f"| {escaped(name)} | {found['images']:,} | {found['accuracy']:.2%} |"
        f" {found['accuracy_interval'][0]:.2%} to {found['accuracy_interval'][1]:.2%} |"
        for name, found in parts.items()
    ]
    head = ["| held out of | images | right | 95 % interval |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n\n"


def _final_digits(config: TrainingConfig, held_out: HeldOut) -> datasets.Digits:
    """What the run's report is on: the recipe's test, or what is held out if it names none."""
    test = config.dataset.opens_a_test
    return datasets.test_digits(config.dataset) if test else held_out.digits


def calibrate(
    logits: NDArray[np.float32],
    evidence: NDArray[np.float64],
    labels: NDArray[np.int64],
    config: TrainingConfig,
    parts: Sequence[slice] = (slice(None),),
) -> tuple[float, dict[str, float]]:
    """Set the temperature and the thresholds on held-out digits.

    Args:
        logits: (N, classes) float32.
        evidence: (N,) float64.
        labels: (N,) int64.
        config: the recipe.
        parts: where the digits of each data set lie; of each, the thresholds keep what the recipe
            promises.

    Returns:
        The temperature, and the thresholds `confidence` and `evidence`.
    """
    temperature = confidence.fit_temperature(logits, labels)
    sure = confidence.softmax(logits, temperature).max(axis=1)

    def least(scores: NDArray[np.float64], share: float) -> float:
        return min(confidence.threshold_to_keep(scores[part], share) for part in parts)

    keep = config.calibration
    return temperature, {
        "confidence": least(sure, keep.keep_confident),
        "evidence": least(evidence, keep.keep_digits),
    }


class _Exported:
    """ONNX weights, proved and calibrated, ready to be written with what is known of them."""

    def __init__(
        self,
        config: TrainingConfig,
        trained: Any,
        held_out: HeldOut,
        summary: Mapping[str, Any],
    ) -> None:
        digits, parts = held_out.digits, tuple(held_out.parts.values())
        patches = np.concatenate([digits.patches, held_out.outliers])
        told = network.predict_all(trained, patches)
        self._config, self._summary, self._seen = config, dict(summary), held_out.seen
        self.noun = noun(config.dataset.label_names)
        # without calibration first: the recognizer that everybody uses computes the logits
        self._temperature, self._thresholds = 1.0, {"confidence": 0.0, "evidence": -1e9}
        self._weights = to_onnx(trained)
        self.difference = _difference(self._run(patches), told, TOLERANCE)
        self._weights = halve(self._weights)
        logits, evidence = stored = self._run(patches)
        self.rounding = _difference(stored, told, ROUNDED_TOLERANCE)
        count = len(digits)
        self.relabelled = int((logits.argmax(axis=1) != told[0].argmax(axis=1))[:count].sum())
        self._temperature, self._thresholds = calibrate(
            logits[:count], evidence[:count], digits.labels, config, parts
        )

    def _run(self, patches: NDArray[np.float32]) -> Outputs:
        """What everybody's recognizer makes of patches (N, 28, 28, 1)."""
        with tempfile.TemporaryDirectory() as folder:
            self.write(Path(folder), None)
            recognizer = Recognizer(folder)
            parts = [
                recognizer.run(patches[start : start + BATCH, :, :, 0])
                for start in range(0, len(patches), BATCH)
            ]
            logits, evidence = zip(*parts, strict=True)
            return Outputs(np.concatenate(logits), np.concatenate(evidence))

    def write(self, folder: Path, report: Mapping[str, Any] | None) -> None:
        """Write the model folder."""
        config, summary = self._config, dict(self._summary)
        if report is not None and config.dataset.opens_a_test:
            summary |= {"test_accuracy": report["accuracy"], "test_loss": report["loss"]}
        artifact.write_model(
            folder,
            self._weights,
            name=config.model_name,
            version=config.version,
            labels=config.dataset.label_names,
            normalizer=normalize.VERSION,
            temperature=self._temperature,
            thresholds=self._thresholds,
            training=summary,
            card=model_card(config, summary, {"": report} if report else None),
        )
        write_whole(folder / RECIPE, config.to_yaml().encode())
        self._seen.write(folder)
        if card.reports_of(folder):  # they say more than the report of the run
            card.renew(folder)


def _difference(answers: Outputs, told: list[NDArray[np.float32]], allowed: float) -> float:
    """The greatest difference of a probability; more than what is allowed is an error."""
    ours = [confidence.softmax(answers.logits), 1 / (1 + np.exp(-answers.evidence))]
    pairs = zip(ours, told, strict=False)  # not every network has the second
    difference = max(float(np.abs(one - other).max()) for one, other in pairs)
    if not difference <= allowed:
        raise InvalidModel(
            f"The ONNX weights differ from Keras by {difference:.1e} (allowed: {allowed:.0e});"
            " nothing was written."
        )
    return difference


def _print_proof(console: Console, exported: _Exported) -> None:
    console.print(
        f"ONNX against Keras: greatest difference of a probability {exported.difference:.1e};"
        f" with weights of 16 bits, as they are stored, {exported.rounding:.1e},"
        f" and another label for {exported.relabelled} of the held-out {exported.noun}s"
    )

"""From the trained network of lines to its model folder: ONNX weights proved equal, calibrated."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from inkdigits import artifact
from inkdigits.confidence import expected_calibration_error, softmax
from inkdigits.digit_model import DigitModel
from inkdigits.errors import InvalidModel
from inkdigits.files import write_whole
from inkdigits.reading import inks, line, pictures, views
from inkdigits.reading.constraints import ANYTHING
from inkdigits.reading.hypotheses import Hypotheses, is_number
from inkdigits.reading.line_model import LineModel
from inkdigits.reading.strip import Strip
from inkdigits.reading.strokes.candidates import read_ink as read_strokes
from inkdigits.reading.trust import Trust
from inkdigits.training import checkpoint, plots
from inkdigits.training.backend import load_keras, quiet_about_h5
from inkdigits.training.checkpoint import Progress
from inkdigits.training.config import RECIPE, NumbersConfig
from inkdigits.training.convert import to_onnx
from inkdigits.training.environment import backends
from inkdigits.training.evaluate import wilson
from inkdigits.training.halves import halve
from inkdigits.training.labelled_ink import is_ink, read_ink
from inkdigits.training.lines import Lines
from inkdigits.training.numbers import ink_strings, trusting
from inkdigits.training.numbers.card import line_card
from inkdigits.training.numbers.epochs import MARKS, batches
from inkdigits.training.numbers.glyphs import Glyphs
from inkdigits.training.numbers.line_network import logits_of
from inkdigits.training.numbers.strips import Strip as Sample
from inkdigits.training.numbers.strips import line_scene
from inkdigits.training.numbers.texts import OTHER

TOLERANCE = 1e-3  # greatest difference of a probability between Keras and ONNX …
ROUNDED_TOLERANCE = 0.05  # … and after the weights were rounded to be stored in half the space
SCENES = 3000  # made up to fit the trust on, and as many others to report on
SEEDS = (0x7259, 0x4E90)  # of those
KEEP = 0.9  # confidence below which a reading is unsure


def finish(
    config: NumbersConfig,
    run: Path,
    trained: Any,
    held_out: Sequence[Sample],
    glyphs: Glyphs,
    done: Progress,
    console: Console,
) -> dict[str, Any]:
    """Save and export the trained network, calibrate it, and write the report.

    Args:
        config: the recipe.
        run: its folder.
        trained: the network.
        held_out: strips that nothing was learned from.
        glyphs: the marks of such strips.
        done: what the run did.
        console: where progress goes.

    Returns:
        What `report.json` holds.

    Raises:
        InvalidModel: ONNX and Keras do not give the same answers.
    """
    with quiet_about_h5():
        trained.save(run / checkpoint.NETWORK)
    title = f"{config.model_name}, seed {config.seed}"
    write_whole(run / "loss_accuracy_graph.png", plots.loss_accuracy_graph(done.history, title))
    keras = load_keras()
    summary = {
        "dataset": "strings of " + ", ".join(source.data for source in config.strings.digits),
        "training_strings": config.strings.count * config.training.epochs,
        "validation_strings": len(held_out),
        "parameters": trained.count_params(),
        "epochs": config.training.epochs,
        "seed": config.seed,
        "seconds": round(sum(row["seconds"] for row in done.history), 1),
        "validation_accuracy": done.history[-1]["val_accuracy"],
        "keras": keras.__version__,
        "backend": ", then ".join(backends(run)),
    }
    folder = run / checkpoint.MODEL
    writer = _Folder(config, folder, summary)
    differences = _prove(trained, writer, held_out)
    console.print(
        f"ONNX against Keras: greatest difference of a probability {differences[0]:.1e}; with"
        f" weights of 16 bits, as they are stored, {differences[1]:.1e}"
    )
    lines = LineModel(folder)
    writer.temperature = trusting.fit_line_temperature(
        [lines.logits(one.patch) for one in held_out], [one.text for one in held_out], lines
    )
    writer.write()
    lines, digits = LineModel(folder), DigitModel()
    found = _of_scenes(glyphs, SEEDS[0], lines, digits)
    writer.trust = trusting.fit_trust(_cases(found), pictures.WITNESSES, pictures.KIND)
    found = _of_inks(config, lines, digits)
    writer.trust |= trusting.fit_trust(_cases(found), inks.WITNESSES, inks.KIND)
    writer.write()
    lines = LineModel(folder)
    report = _report(_of_scenes(glyphs, SEEDS[1], lines, digits), lines)
    report |= {"training": summary, "greatest_difference_to_keras": differences[0]}
    writer.write(report)
    write_whole(run / checkpoint.REPORT, (json.dumps(report, indent=2) + "\n").encode())
    return report


class _Folder:
    """The model folder, as far as it is known."""

    def __init__(self, config: NumbersConfig, folder: Path, summary: Mapping[str, Any]) -> None:
        self._config, self._summary = config, summary
        self.folder = folder
        self.weights = b""
        self.temperature = 1.0
        self.trust: dict[str, float] = {}

    def write(self, report: Mapping[str, Any] | None = None) -> None:
        """Write it."""
        config = self._config
        artifact.write_model(
            self.folder,
            self.weights,
            name=config.model_name,
            version=config.version,
            labels=tuple(MARKS),
            normalizer=line.VERSION,
            temperature=self.temperature,
            thresholds={"confidence": KEEP},
            training=self._summary,
            card=line_card(config, self._summary, report),
            kind="lines",
            trust=self.trust,
        )
        write_whole(self.folder / RECIPE, config.to_yaml().encode())


def _prove(trained: Any, writer: _Folder, held_out: Sequence[Sample]) -> tuple[float, float]:
    """Put the weights into the folder, and see that they answer as the network does.

    Returns:
        The greatest difference of a probability, before and after the weights were rounded.
    """
    some = list(batches(held_out, 64))
    told = [softmax(logits.reshape(-1, logits.shape[2])) for logits in logits_of(trained, some)]
    differences = []
    exact = to_onnx(trained)
    for weights, allowed in ((exact, TOLERANCE), (halve(exact), ROUNDED_TOLERANCE)):
        writer.weights = weights
        writer.write()
        lines = LineModel(writer.folder)
        greatest = max(
            float(np.abs(_frames(lines, batch.patches) - wanted).max())
            for batch, wanted in zip(some, told, strict=True)
        )
        if not greatest <= allowed:
            raise InvalidModel(
                f"The ONNX weights differ from Keras by {greatest:.1e} (allowed: {allowed:.0e})."
            )
        differences.append(greatest)
    return differences[0], differences[1]


def _frames(lines: LineModel, patches: NDArray[np.float32]) -> NDArray[np.float64]:
    """The probabilities of all frames of a batch, (N T, classes)."""
    whole = np.rint(patches * 255).astype(np.uint8)
    return softmax(np.concatenate([lines.logits(patch) for patch in whole]))


def _of_scenes(
    glyphs: Glyphs, seed: int, lines: LineModel, digits: DigitModel
) -> list[tuple[Hypotheses, str]]:
    """Lines made up, half of them as if somebody had cut them out to have a number read.

    Of those no more have letters than is expected of such (`views.OTHERS_ALONE`).
    """
    rng = np.random.default_rng(seed)
    found: list[tuple[Hypotheses, str]] = []
    while len(found) < SCENES:
        made = line_scene(glyphs, rng)
        alone = bool(rng.random() < 0.5)
        if alone and OTHER in made.text and rng.random() >= views.OTHERS_ALONE:
            continue
        strip = Strip(made.grey, made.top, made.bottom, np.eye(2, 3), alone)
        found.append((pictures.look_at(strip, lines, digits), made.text))
    return found


def _of_inks(
    config: NumbersConfig, lines: LineModel, digits: DigitModel
) -> list[tuple[Hypotheses, str]]:
    """Strings of ink by half of the held-out writers; on the others `reading.worth` was fitted."""
    every = 2 * config.validation.writers
    found = []
    sources = [source for source in config.strings.digits if is_ink(source.data)]
    for seed, source in enumerate(sources):
        ink = read_ink(source.data, Lines(source.leave_out))
        writers = {
            writer: drawn
            for writer, drawn in ink_strings.by_writer(ink).items()
            if writer % every == every - 1
        }
        if not writers:
            continue
        count = SCENES // len(sources)
        for manner in (ink_strings.PLAIN, ink_strings.varied()):
            for string in ink_strings.strings(writers, count // 2, seed, manner):
                line = read_strokes(string.ink, digits)
                if len(line) == 1:
                    found.append((inks.look_at(string.ink, line[0], lines, digits), string.text))
    return found


def _cases(found: Sequence[tuple[Hypotheses, str]]) -> list[trusting.Case]:
    """What the witnesses say of each, and which text is right."""
    return [
        (told.logs, told.texts.index(text) if text in told.texts else None)
        for told, text in found
        if told.texts
    ]


def _report(found: Sequence[tuple[Hypotheses, str]], lines: LineModel) -> dict[str, Any]:
    """How many held-out lines are read right, and how honest the confidence is.

    Where nothing is read, the confidence is that no number is there: 1 less what numbers have.
    """
    trust = Trust.of(lines.config.trust, pictures.KIND, pictures.WITNESSES)
    sure, right, same_digits = [], [], []
    for told, text in found:
        wanted = [part for part in text.split(OTHER) if any(map(str.isdigit, part))]
        wanted = wanted if is_number(text) else []
        readings = told.readings(trust, KEEP, ANYTHING)
        said = [reading.text for reading in readings]
        least = min((reading.confidence for reading in readings), default=_of_none(told, trust))
        sure.append(least)
        right.append(said == wanted)
        same_digits.append(list(map(_digits, said)) == list(map(_digits, wanted)))
    hits = int(np.sum(right))
    confident = np.array(sure) >= KEEP
    return {
        "dataset": "strings of held-out writers and pictures",
        "images": len(found),
        "accuracy": hits / len(found),
        "accuracy_interval": wilson(hits, len(found)),
        "digits_accuracy": float(np.mean(same_digits)),
        "loss": float(
            -np.mean(np.log(np.maximum(np.where(right, sure, 1 - np.array(sure)), 1e-6)))
        ),
        "calibration_error": expected_calibration_error(np.array(sure), np.array(right)),
        "confident": float(confident.mean()),
        "right_of_confident": float(np.array(right)[confident].mean()) if confident.any() else 0.0,
    }


def _of_none(told: Hypotheses, trust: Trust) -> float:
    """How probable it is that a line is no number."""
    shares = trust.probabilities(told.logs)
    numbers = np.array([is_number(text) for text in told.texts], bool)
    return 1 - float(shares[numbers].sum())


def _digits(text: str) -> str:
    return "".join(mark for mark in text if mark.isdigit())

"""A model is a folder: `model.onnx`, `config.json` and a `README.md` card; nothing is pickled.

Everything that belongs to the weights travels with them: labels, the version of the preprocessing
they were trained on, temperature and thresholds, and the hash that says they are unchanged.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from inkdigits.errors import InvalidModel
from inkdigits.files import write_whole

FORMAT = 1
DEFAULT = "inkdigits"  # the shipped model's folder in `models`
LINES = "numbers"  # … and that of lines
IN_RUN = "model"  # of a run's folder, its model folder
Kind = Literal["digits", "lines"]
THRESHOLDS: Mapping[Kind, tuple[str, ...]] = {
    "digits": ("confidence", "evidence"),
    "lines": ("confidence",),
}


@dataclass(frozen=True)
class ModelConfig:
    """What `config.json` holds.

    Args:
        name: the model's name.
        version: the model's own version, apart from the package's.
        labels: what the classes mean, in the order of the model's outputs.
        normalizer: `normalize.VERSION` that the weights were trained on.
        temperature: divides the logits, see `confidence.softmax`.
        thresholds: `confidence` (a calibrated probability below it is `unsure`) and, of single
            digits, `evidence` (below it the drawing is `not_a_digit`).
        sha256: of `model.onnx`, lower-case hexadecimal.
        training: summary of where the weights come from and how good they are.
        kind: `digits`, one a patch, or `lines`.
        trust: of lines, how far which witness is trusted: see `reading.trust`.
    """

    name: str
    version: str
    labels: tuple[str, ...]
    normalizer: int
    temperature: float
    thresholds: Mapping[str, float]
    sha256: str
    training: Mapping[str, Any]
    kind: Kind = "digits"
    trust: Mapping[str, float] = field(default_factory=dict)


KEYS = ("format", *(each.name for each in fields(ModelConfig)))


def models_folder() -> Path:
    """Return the folder of the models that come with the package."""
    return Path(str(resources.files("inkdigits"))) / "models"


def model_path(model: str | os.PathLike[str] | None = None) -> Path:
    """Find a model folder.

    Args:
        model: None for the shipped default, the name of a shipped model, or a path.

    Raises:
        InvalidModel: there is no such folder.
    """
    if model is None:
        return model_path(DEFAULT)
    for folder in (Path(model), models_folder() / model):
        if is_model(folder):
            return folder
    names = ", ".join(installed_names()) or "none"
    raise InvalidModel(
        f"There is no model in {os.fspath(model)!r}: give a folder with model.onnx and "
        f"config.json, or the name of an installed model ({names})."
    )


def is_model(folder: Path) -> bool:
    """Whether there is a model folder, be it whole or damaged."""
    return os.path.isfile(folder / "config.json")  # noqa: PTH113 (it never raises)


def installed_names() -> list[str]:
    """Name the models that come with the package, the default first."""
    names = (config.parent.name for config in models_folder().glob("*/config.json"))
    return sorted(names, key=lambda name: (name != DEFAULT, name))


def installed_models() -> list[ModelConfig]:
    """Return the models that come with the package, the default first."""
    return [read_model(models_folder() / name)[0] for name in installed_names()]


def read_model(folder: str | os.PathLike[str]) -> tuple[ModelConfig, bytes]:
    """Read a model folder and check all of it; nothing is run.

    Returns:
        The configuration and the bytes of `model.onnx`.

    Raises:
        InvalidModel: a file is missing or damaged, a key is missing or of the wrong kind, the
            format is of another version, or the weights are not those that the configuration was
            written for.
    """
    folder = Path(folder)
    try:
        text = (folder / "config.json").read_bytes()
        weights = (folder / "model.onnx").read_bytes()
    except OSError as error:
        raise InvalidModel(
            f"The model folder {folder} is incomplete: {error.filename} cannot be read "
            f"({error.strerror})."
        ) from error
    config = _parse(text, folder / "config.json")
    if hashlib.sha256(weights).hexdigest() != config.sha256:
        raise InvalidModel(
            f"{folder / 'model.onnx'} is damaged or was changed: its SHA-256 is not the one in "
            "config.json. Install or export the model again."
        )
    return config, weights


def _parse(text: bytes, path: Path) -> ModelConfig:
    """Check `config.json` key by key."""
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise InvalidModel(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(raw, dict):
        raise InvalidModel(f"{path} must hold a JSON object.")
    if raw.get("format") != FORMAT:
        raise InvalidModel(
            f"{path} has format {raw.get('format')!r}; this version of inkdigits reads format "
            f"{FORMAT}. Update inkdigits or export the model again."
        )

    _check_keys(raw, KEYS, str(path))

    def need(key: str, kind: type | tuple[type, ...], meaning: str) -> Any:
        if key not in raw:
            raise InvalidModel(f"{path} lacks the key {key!r} ({meaning}).")
        value = raw[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InvalidModel(f"{path}: {key!r} must be {meaning}, not {value!r:.60}.")
        return value

    labels = need("labels", list, "a list of strings")
    if len(labels) < 2 or not all(isinstance(label, str) for label in labels):
        raise InvalidModel(f"{path}: 'labels' must be a list of at least two strings.")
    if len(set(labels)) != len(labels):
        raise InvalidModel(f"{path}: 'labels' names a label twice.")
    kind = raw.get("kind", "digits")
    if kind not in THRESHOLDS:
        raise InvalidModel(f"{path}: 'kind' must be one of {', '.join(THRESHOLDS)}, not {kind!r}.")
    thresholds = need("thresholds", dict, "an object of numbers")
    _check_keys(thresholds, THRESHOLDS[kind], f"{path}: 'thresholds'")
    trust = need("trust", dict, "an object of numbers") if "trust" in raw else {}
    temperature = float(need("temperature", (int, float), "a positive number"))
    if not 0 < temperature < math.inf:
        raise InvalidModel(f"{path}: 'temperature' must be a positive number, not {temperature!r}.")
    return ModelConfig(
        name=need("name", str, "a string"),
        version=need("version", str, "a string"),
        labels=tuple(labels),
        normalizer=need("normalizer", int, "a whole number"),
        temperature=temperature,
        thresholds=_numbers(thresholds, THRESHOLDS[kind], f"{path}: 'thresholds'"),
        sha256=need("sha256", str, "64 hexadecimal digits"),
        training=need("training", dict, "an object"),
        kind=kind,
        trust=_numbers(trust, tuple(trust), f"{path}: 'trust'"),
    )


def _numbers(given: Mapping[str, Any], keys: Iterable[str], place: str) -> dict[str, float]:
    """Take numbers out of a JSON object."""
    for key in keys:
        value = given.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
            raise InvalidModel(f"{place} must hold a number for {key!r}.")
    return {key: float(given[key]) for key in keys}


def _check_keys(given: Iterable[str], known: Sequence[str], place: str) -> None:
    """Refuse a key that is not known, and name the one that may have been meant."""
    for key in given:
        if key not in known:
            import difflib  # which only this needs, and every start would wait for

            near = difflib.get_close_matches(key, known, n=1, cutoff=0)[0]
            raise InvalidModel(
                f"{place} holds the unknown key {key!r}; the nearest known is {near!r}."
            )


def write_model(
    folder: str | os.PathLike[str],
    weights: bytes,
    *,
    name: str,
    version: str,
    labels: Sequence[str],
    normalizer: int,
    temperature: float,
    thresholds: Mapping[str, float],
    training: Mapping[str, Any],
    card: str,
    kind: Kind = "digits",
    trust: Mapping[str, float] | None = None,
) -> ModelConfig:
    """Write a model folder; a file in it is replaced whole or not at all.

    Args:
        folder: created if need be.
        weights: the bytes of an ONNX model. Of digits: input float32 (N, 28, 28, 1), first output
            the logits, float32 (N, classes), second, if any, the evidence that it is a digit,
            float32 (N, 1). Of lines: input float32 (N, 32, W, 2), output the logits of frames,
            float32 (N, W / 2, 1 + classes), the blank first.
        name: as in `ModelConfig`.
        version: as in `ModelConfig`.
        labels: as in `ModelConfig`.
        normalizer: as in `ModelConfig`.
        temperature: as in `ModelConfig`.
        thresholds: as in `ModelConfig`.
        training: as in `ModelConfig`.
        card: the model card, Markdown.
        kind: as in `ModelConfig`.
        trust: as in `ModelConfig`.

    Returns:
        The configuration as written.

    Raises:
        InvalidModel: a value that `read_model` would refuse.
        OSError: the folder cannot be written to.
    """
    config = ModelConfig(
        name=name,
        version=version,
        labels=tuple(labels),
        normalizer=normalizer,
        temperature=float(temperature),
        thresholds={key: float(thresholds[key]) for key in THRESHOLDS[kind]},
        sha256=hashlib.sha256(weights).hexdigest(),
        training=dict(training),
        kind=kind,
        trust=dict(trust or {}),
    )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, **asdict(config)}, indent=2, ensure_ascii=False) + "\n"
    _parse(text.encode(), folder / "config.json")
    write_whole(folder / "model.onnx", weights)
    write_whole(folder / "README.md", card.encode())
    write_whole(folder / "config.json", text.encode())
    return config

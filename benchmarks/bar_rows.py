"""The rows of `bars.py`: each function measures one group of them."""

import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

import clothing
import cv2
import nothing
import numpy as np
import printed
import spoiled
from answers import example_drawings, one_core, timed
from bench import Bar, Bench, Row, lost, right
from drawing import SIDE, Strokes, draw, place
from drawn_digits import SEED
from held_out import Labelled, Picture, few, together
from sklearn.datasets import load_digits

from inkdigits import Ink
from inkdigits.recognizer import Source, prepare
from inkdigits.training import cost
from inkdigits.training.evaluate import evaluate_digits
from inkdigits.training.outliers import DOUBTFUL, LOOK_ALIKES
from inkdigits.training.unlabelled import Unlabelled

MNIST = Bar(0.9972, 0.9980)
PENDIGITS = Bar(0.990, 0.995)
UNIPEN = Bar(0.990, 0.994)
SHAPES = Bar(0.985, 0.990)
LOST = Bar(0.005, 0.0, lambda figure: f"{100 * figure:g} points", least=False)
AUROC = Bar(0.996, 0.998, "{:.3f}".format)
REFUSED = Bar(0.95, 0.98)
ALL = Bar(1.0, None, lambda _: "all")
CALIBRATION = Bar(0.005, 0.003, least=False)
PARAMETERS = Bar(300e3, 150e3, "{:,.0f}".format, least=False)
MULTIPLY_ADDS = Bar(20e6, 10e6, lambda figure: f"{figure / 1e6:g} M", least=False)
BYTES = Bar(0.7e6, 0.35e6, lambda figure: f"{figure / 1e6:g} MB", least=False)
MILLISECONDS = Bar(0.30, 0.15, "{:.2f} ms".format, least=False)

STRETCHES = (0.6, 0.8, 1.25, 1.6)
SIDES = (8, 16, 32)  # pixels of the small sources
PENS = (0.02, 0.05, 0.10, 0.18, 0.25)  # of the digit's height
SLANT = 25  # degrees
QUALITY = 20  # of JPEG
BLUR = 1.2  # standard deviation in pixels of 28
SHADOW = 0.5  # share of the light that is gone where it is deepest
BATCH = 512  # digits in a batch that is timed

# What the list of bars itself calls look-alikes; `LOOK_ALIKES` adds marks that are a mere stroke.
LISTED = frozenset("OoQDIilLZzSsBbGgqyTt|")


def mnist(bench: Bench) -> list[Row]:
    """MNIST's pictures by the program's own path."""
    digits = bench.data.mnist
    return [right(digits.name, bench.count(digits.things, digits.labels), MNIST)]


def pendigits(bench: Bench) -> list[Row]:
    """Pendigits on the canvas; with `--test` these are the drawings of `drawn_digits.py`."""
    return _drawn(bench, bench.data.pendigits, PENDIGITS)


def unipen(bench: Bench) -> list[Row]:
    """UNIPEN's held-out writers on the canvas."""
    return _drawn(bench, bench.data.unipen, UNIPEN)


def _drawn(bench: Bench, digits: Labelled[Strokes], bar: Bar) -> list[Row]:
    rng = np.random.default_rng(SEED)
    placed = [place(strokes, rng) for strokes in digits.things]
    pixels = bench.count(map(draw, placed), digits.labels)
    ink = bench.count(map(Ink, placed), digits.labels)
    return [
        right(f"{digits.name}, pixels {SIDE}×{SIDE}", pixels, bar),
        right(f"{digits.name}, ink", ink, bar),
    ]


def shapes(bench: Bench) -> list[Row]:
    """Digits stretched, and digits of few pixels."""
    pictures, inks = bench.data.mnist, bench.data.unipen
    rows = []
    for factor in STRETCHES:
        wide = (spoiled.enlarged_and_widened(picture, factor) for picture in pictures.things)
        count = bench.count(wide, pictures.labels)
        rows.append(right(f"{pictures.name}, width × {factor}", count, SHAPES))
    for factor in STRETCHES:
        drawings = (Ink(spoiled.widened(strokes, factor)) for strokes in inks.things)
        count = bench.count(drawings, inks.labels)
        rows.append(right(f"{inks.name}, ink, width × {factor}", count, SHAPES))
    images, labels = _of_8_by_8(bench.data.limit)
    for called, some in (("bright on black", images), ("dark on white", 255 - images)):
        rows.append(right(f"scikit-learn's 8×8, {called}", bench.count(some, labels), SHAPES))
    for side in SIDES:
        small = (spoiled.of_few_pixels(picture, side) for picture in pictures.things)
        count = bench.count(small, pictures.labels)
        rows.append(right(f"{pictures.name}, {side}×{side}", count, SHAPES))
    bench.notes.append(
        "MNIST's pictures are enlarged four times to be stretched; a height × 1.6 is about a "
        "width × 0.6."
    )
    return rows


def _of_8_by_8(limit: int | None) -> tuple[Picture, list[str]]:
    """scikit-learn's digits, (N, 8, 8) uint8, ink bright, and their labels."""
    found = load_digits()
    chosen = few(len(found.target), limit)
    images = np.rint(found.images[chosen] * (255 / 16)).astype(np.uint8)
    return images, [str(label) for label in found.target[chosen]]


def pens(bench: Bench) -> list[Row]:
    """What pen, contrast, JPEG and slant take from the same digits drawn plainly."""
    plain = spoiled.sheet
    grey = partial(plain, paper=spoiled.GREY_PAPER, ink=spoiled.GREY_INK)
    ways: list[tuple[str, Callable[[Strokes], Source]]] = [
        *((f"pen {pen:.0%}", partial(plain, pen=pen)) for pen in PENS),
        ("grey on grey", grey),
        (f"JPEG quality {QUALITY}", lambda strokes: spoiled.jpeg(plain(strokes), QUALITY)),
        (f"slant {SLANT}°", lambda strokes: plain(spoiled.slanted(strokes, SLANT))),
        (f"slant −{SLANT}°", lambda strokes: plain(spoiled.slanted(strokes, -SLANT))),
    ]
    rows = []
    for digits in (bench.data.unipen, bench.data.pendigits):
        at_best = bench.count(map(plain, digits.things), digits.labels)
        rows.append(right(f"{digits.name}, plain", at_best))
        for called, way in ways:
            count = bench.count(map(way, digits.things), digits.labels)
            rows.append(lost(f"{digits.name}, {called}", count, at_best, LOST))
    bench.notes.append(
        f"Lost: points against the same digits drawn plainly, {spoiled.DIGIT} pixels high with the "
        f"pen on a sheet of {spoiled.SIDE} × {spoiled.SIDE}, black on white, a pen of "
        f"{spoiled.PLAIN_PEN:.1%} of that height; positive slants lean to the right."
    )
    return rows


def photographs(bench: Bench) -> list[Row]:
    """Pictures as a camera or a form's cutter gives them: tight, blurred, in a shadow."""
    digits = bench.data.mnist
    rng = np.random.default_rng(SEED)
    ways: list[tuple[str, Callable[[Picture], Picture]]] = [
        ("cut tightly", _tight),
        ("cut tightly, blurred", lambda picture: spoiled.blurred(_tight(picture), BLUR)),
        ("blurred", lambda picture: spoiled.blurred(cv2.resize(picture, (56, 56)), 2 * BLUR)),
        ("in a shadow", lambda picture: spoiled.in_shadow(picture, SHADOW, rng)),
        ("cut tightly, in a shadow", lambda it: spoiled.in_shadow(_tight(it), SHADOW, rng)),
    ]
    rows = []
    for called, way in ways:
        count = bench.count(map(way, digits.things), digits.labels)
        rows.append(right(f"{digits.name}, {called}", count))
    bench.notes.append(
        f"Cut tightly: to 28×28. Blurred: by {BLUR} of 28 pixels, where not tight enlarged to 56. "
        f"In a shadow: up to {SHADOW:.0%} of the light is gone."
    )
    return rows


def _tight(picture: Picture) -> Picture:
    return spoiled.of_few_pixels(picture, 28)


def strangers(bench: Bench) -> list[Row]:
    """Letters and symbols of held-out writers against digits of held-out writers."""
    sets = bench.data.strangers(LISTED)
    judged = together(sets, "letters and symbols")
    clear = together(bench.data.strangers(LOOK_ALIKES), "the same without marks like , ( /")
    bench.notes.append(
        f"Letters and symbols: {len(judged):,} of UNIPEN's held-out writers, "
        f"{judged.left_out:,} more left out as look-alikes that the list of bars names, and "
        f"{clear.left_out:,} with the marks that are a mere stroke; "
        f"{' '.join(sorted(DOUBTFUL))} count. Refused: below the evidence that 99 % of UNIPEN's "
        "held-out digits, as ink, reach; in the column of that name, by the model's own "
        "thresholds."
    )
    rows = _against_digits(bench, [judged], AUROC, REFUSED)
    return rows + _against_digits(bench, [clear, *sets])


def unseen(bench: Bench) -> list[Row]:
    """Print and clothing, to be refused though training has none; and printed digits."""
    kinds = {
        "printed letters": [picture for _, picture in printed.letters()],
        "other scripts": [picture for _, picture in printed.foreign()],
    }
    try:
        kinds["clothing"] = clothing.pictures(bench.pictures)
        bench.notes.append("Clothing: Fashion-MNIST, the first of each of its ten kinds.")
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        bench.notes.append(f"Clothing was not measured: {error}.")
    rows = []
    for name, pictures in kinds.items():
        chosen = few(len(pictures), bench.data.limit)
        patches = np.stack([prepare(pictures[index])[0] for index in chosen])
        rows += _against_digits(bench, [Unlabelled(patches, name)])
    digits = list(printed.digits())
    chosen = few(len(digits), bench.data.limit)
    labels, shown = zip(*(digits[index] for index in chosen), strict=True)
    rows.append(right("printed digits", bench.count(shown, labels)))
    bench.notes.append(
        f"Print: {len(printed.FACES)} faces, {', '.join(map(str, printed.SIZES))} pixels, dark on "
        f"light and light on dark; other scripts: {', '.join(printed.SCRIPTS)}, in DejaVu Sans."
    )
    return rows


def _against_digits(
    bench: Bench, sets: Sequence[Unlabelled], auroc: Bar | None = None, refused: Bar | None = None
) -> list[Row]:
    """Two rows for each set of strangers: AUROC, and the share that is refused."""
    rows = []
    for found in bench.against_digits(sets).outliers:
        facts = {
            "pictures": found.images,
            "left_out": found.left_out,
            "auroc": found.auroc,
            "refused_keeping_99": found.refused_keeping_99,
            "refused": found.refused,
        }
        refused_share = found.refused_keeping_99
        low, high = found.refused_keeping_99_interval
        rows += [
            Row(f"{found.dataset}, AUROC", found.auroc, f"{found.auroc:.4f}", auroc, facts=facts),
            Row(
                f"{found.dataset}, refused when 99 % of digits are kept",
                refused_share,
                f"{refused_share:.2%} ({low:.2%}–{high:.2%})",
                refused,
                f"{sum(found.refused.values()):.2%}",
                facts=facts,
            ),
        ]
    return rows


def blanks(bench: Bench) -> list[Row]:
    """Pictures of nothing, all of which are to be refused."""
    rows = []
    for kind in nothing.KINDS:
        pictures = nothing.pictures(kind, bench.pictures, SEED)
        refused = [answer.label is None for answer in bench.recognizer.stream(pictures)]
        count, all_of_them = sum(refused), len(refused)
        shown = f"{count:,} of {all_of_them:,} refused"
        facts = {"pictures": all_of_them, "refused": count}
        rows.append(Row(kind, count / all_of_them, shown, ALL, facts=facts))
    return rows


def calibration(bench: Bench) -> list[Row]:
    """How far confidence and accuracy lie apart on drawn digits that were not learned from."""
    rows = []
    for digits in (bench.data.pendigits_patches, bench.data.unipen_patches):
        report = evaluate_digits(bench.recognizer, digits)
        error = report.calibration_error
        facts = {"digits": report.images, "error": error, "accuracy": report.accuracy}
        name = f"{digits.name}, ink, calibration error"
        rows.append(Row(name, error, f"{error:.2%}", CALIBRATION, facts=facts))
    return rows


def costs(bench: Bench) -> list[Row]:
    """What an answer costs: counted from the model's file, and timed on one core."""
    found = cost.measure(bench.folder, bench.recognizer)
    terms = found.multiply_adds
    single, batch = _milliseconds(bench)
    return [
        Row("parameters", found.parameters, f"{found.parameters:,}", PARAMETERS),
        Row(
            "multiply-adds for a digit",
            terms,
            "unknown" if terms is None else f"{terms / 1e6:.2f} M",
            MULTIPLY_ADDS,
        ),
        Row("model on disk", found.bytes, f"{found.bytes / 1e6:.3f} MB", BYTES),
        Row("a digit from strokes, one core", single, f"{single:.3f} ms", MILLISECONDS),
        Row(f"the same in a batch of {BATCH}", batch, f"{batch:.3f} ms"),
    ]


def _milliseconds(bench: Bench) -> tuple[float, float]:
    """Time digits one by one and in batches, from lists of strokes, on one core: medians."""
    drawings = example_drawings()
    many = [drawings[index % len(drawings)] for index in range(BATCH)]

    def one(strokes: Strokes) -> object:
        return bench.recognizer.recognize(Ink(strokes))

    def all_of(some: list[Strokes]) -> object:
        return bench.recognizer.recognize_many(map(Ink, some))

    with one_core():
        timed(one, drawings)  # first answers prepare much, and do not count
        singles = [time for _ in range(10 * bench.rounds) for time in timed(one, drawings)]
        batches = [time for _ in range(bench.rounds) for time in timed(all_of, [many])]
    bench.notes.append(
        f"Milliseconds: the median over {len(singles):,} answers to {len(drawings)} example "
        f"drawings and over {len(batches)} batches, the thread bound to one core; 1 MB is a "
        "million bytes."
    )
    return 1000 * median(singles), 1000 * median(batches) / BATCH

"""What was found in data, in sentences that say what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from inkdigits.training.checking.check import Check
from inkdigits.training.checking.suspects import LEAST, MOST
from inkdigits.wording import counted, listed

FEW = 20  # images of a label below which hardly anything is learned of it, and nothing measured
UNEVEN = 10  # so many times more images of one label than of another matter
SURE = 0.9  # agreement of the classifier below which what it suspects is often right
COARSE = 16  # pixels of the longer side below which little is left of a digit

Weight = Literal["problem", "warning", "note"]


@dataclass(frozen=True)
class Advice:
    """One thing that was found.

    Args:
        weight: a problem stands in the way of training, a warning costs accuracy, a note is to be
            known.
        text: what it is and what to do.
    """

    weight: Weight
    text: str


def advise(found: Check) -> list[Advice]:
    """Say what to do about what was found, the gravest first."""
    told = [*_problems(found), *_warnings(found), *_notes(found)]
    return sorted(told, key=lambda one: ("problem", "warning", "note").index(one.weight))


def _problems(found: Check) -> list[Advice]:
    told: list[str] = []
    if found.unopened:
        reasons = "; ".join(why.rstrip(".") for _, why in found.unopened)
        told.append(
            f"{counted(len(found.unopened), 'data set')} cannot be opened: {reasons}. Training"
            " stops at the first of them: put them right, or name them no more."
        )
    if not found.images:
        why = f": {_because(found.unreadable)}" if found.unreadable else ""
        told.append(f"No image could be read, so there is nothing to learn from{why}.")
        return [Advice("problem", text) for text in told]
    if found.unreadable:
        told.append(
            f"{counted(len(found.unreadable), 'entry', 'entries')} cannot be read:"
            f" {_because(found.unreadable)}. Training stops at the first of them: save them anew or"
            " take them out."
        )
    if found.singles:
        told.append(
            f"{counted(len(found.singles), 'label has', 'labels have')} but one image:"
            f" {listed(found.singles, 10)}. Two at least are needed, one to learn from and one to"
            " hold out: add to them, or take them out."
        )
    if found.unknown:
        told.append(
            f"{counted(len(found.unknown), 'label is', 'labels are')} not known to the recipe:"
            f" {listed(found.unknown, 10)}. Add them to dataset.labels, or leave them out"
            " (leave_out)."
        )
    if found.misfit:
        told.append(f"The recipe does not fit its data: {found.misfit}")
    if len(found.usable_labels) < 2:
        told.append(
            "A model needs two labels at least, each with two images that show something; these"
            f" are {listed(found.usable_labels) or 'none'}. Add images of others."
        )
    return [Advice("problem", text) for text in told]


def _warnings(found: Check) -> list[Advice]:
    told: list[str] = []
    if found.passed_over:
        told.append(
            f"{counted(len(found.passed_over), 'file is', 'files are')} not among the images:"
            f" {_because(found.passed_over)}."
        )
    if found.test_unreadable:
        told.append(
            f"{counted(len(found.test_unreadable), 'entry', 'entries')} of the test set cannot be"
            f" read: {_because(found.test_unreadable)}. A test stops at the first of them."
        )
    if found.blank:
        told.append(
            f"{counted(len(found.blank), 'image seems', 'images seem')} blank to the program:"
            f" {listed([one.place for one in found.blank])}. Look at them. Take out what shows"
            " nothing; few pixels that were enlarged to many may be taken for a shadow: use the"
            " images as they were before."
        )
    if found.conflicts:
        named = [" = ".join(f"{e.place} ({e.label})" for e in group) for group in found.conflicts]
        told.append(
            f"{counted(len(found.conflicts), 'image is', 'images are')} there under several labels:"
            f" {listed(named)}. At most one of these is right: take out the others."
        )
    if found.leaked:
        named = [f"{test.place} = {known.place}" for known, test in found.leaked]
        told.append(
            f"{counted(len(found.leaked), 'image')} of the test set would be learned from, too:"
            f" {listed(named)}. Accuracy on that test would be flattered: take them out of one of"
            " the two."
        )
    if found.suspected:
        named = [f"{one.place} ({one.label}, rather {one.suspected})" for one in found.suspected]
        told.append(
            f"{counted(len(found.suspected), 'image')} of {found.judged:,} judged may have the"
            f" wrong label: {listed(named)}. Look at them (--out draws them) and put right what is"
            " wrong; what is right but unusual is worth keeping."
            + (" Of data as hard as these most of them may be right." if _is_hard(found) else "")
        )
    few = [f"{label} ({count})" for label, count in found.counts.items() if count < FEW]
    if few:
        told.append(
            f"{counted(len(few), 'label has', 'labels have')} fewer than {FEW} images:"
            f" {listed(few, 10)}. What is said of the accuracy of such will be"
            " hardly more than a guess: collect more."
        )
    most, least = max(found.counts.values(), default=0), min(found.counts.values(), default=0)
    if least and most > UNEVEN * least:
        told.append(
            f"The labels are uneven: {most:,} images of {_of(found, most)}, {least:,} of"
            f" {_of(found, least)}. Rare ones will be read less well: collect more of them, or"
            " weigh them by parts of their own (dataset.parts, weight)."
        )
    if found.test_counts is not None:
        strange = [label for label in found.test_counts if label not in found.counts]
        if strange:
            told.append(
                f"The test set has labels that cannot be learned: {listed(strange, 10)}. Add them"
                " to the training set, or take them out of the test."
            )
    return [Advice("warning", text) for text in told]


def _notes(found: Check) -> list[Advice]:
    told: list[str] = []
    if found.duplicates:
        several = sum(len(group) - 1 for group in found.duplicates)
        named = [" = ".join(one.place for one in group[:3]) for group in found.duplicates]
        told.append(
            f"{counted(several, 'image is a copy', 'images are copies')} of others under the same"
            f" label, after normalising ({found.same_content:,} to the last pixel):"
            f" {listed(named)}. A copy that is held out flatters the validation:"
            " take them out if they are many."
        )
    if found.between:
        told.append(
            f"{counted(found.between, 'image is', 'images are')} in several of"
            f" {', '.join(found.sources)}."
        )
    if found.judged:
        told.append(
            f"A simple classifier that learned from the other images gives {found.agreement:.1%} of"
            f" {counted(found.judged, 'image')} the label that they have; a trained network should"
            " do better." + (f" Of more, {MOST:,} are drawn." if found.judged >= MOST else "")
        )
    if found.not_judged and found.images:
        told.append(
            f"Whether labels are right was not judged of {listed(found.not_judged, 10)}: that"
            f" needs {LEAST} different images of each of two labels."
        )
    dark, light = found.kinds.get("dark on light", 0), found.kinds.get("light on dark", 0)
    if dark and light:
        told.append(
            f"{counted(dark, 'image is', 'images are')} dark on light and {light:,} light on dark;"
            " both are read alike."
        )
    longer = [max(size) for size, count in found.sizes.items() for _ in range(count)]
    if longer and np.median(longer) < COARSE:
        told.append(
            f"Most images are smaller than {COARSE} pixels; larger ones of the same would be read"
            " better."
        )
    if found.images:
        told.append(
            "Some writers are not told, so that a share of each label is held out; accuracy on it"
            " may flatter, for it is of the same hands."
            if found.writers is None
            else f"{counted(found.writers, 'writer is', 'writers are')} told; where they are"
            " enough, some of them are held out whole (validation.writers)."
        )
    if found.lost:
        told.append(
            "A share of each label is held out instead of whole writers, who would leave some"
            f" labels with nothing to learn or to test: {listed(found.lost, 10)}."
        )
    return [Advice("note", text) for text in told]


def _is_hard(found: Check) -> bool:
    """Whether the classifier that judges knows too little to be trusted much."""
    return found.agreement is not None and found.agreement < SURE


def _of(found: Check, count: int) -> str:
    return next(repr(label) for label, own in found.counts.items() if own == count)


def _because(named: Sequence[tuple[str, str]]) -> str:
    return listed([f"{place} ({why.rstrip('.')})" for place, why in named])

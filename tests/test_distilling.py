"""What is replayed is answered as before, what is new by its labels."""

import numpy as np
from tiny_training import refusing_run

from inkdigits.training import network
from inkdigits.training.datasets import Digits
from inkdigits.training.distilling import Teacher
from inkdigits.training.mixture import OUTLIER, Mixture, Pictures


def test_a_teacher_tells_what_is_replayed_and_nothing_else() -> None:
    config, _ = refusing_run()
    rng = np.random.default_rng(0)
    sets = [
        Digits(rng.random((len(labels), 28, 28, 1), np.float32), np.array(labels), "some")
        for labels in ([1, OUTLIER, 2, OUTLIER, 5], [3, OUTLIER])
    ]
    training = Mixture(tuple(map(Pictures, sets)))
    pupil, before = network.build(config), network.build(config)
    patches, labels = training.draw(config, 0)
    again = training.origins(config, 0) < 1
    wanted, weights = Teacher(before, 1).targets(training, pupil, config, 0, patches, labels)
    answers, is_digit = network.predict_all(before, patches)
    np.testing.assert_allclose(wanted[0][again], answers[again], rtol=1e-5)
    np.testing.assert_allclose(wanted[1][again, 0], is_digit[again], rtol=1e-5)
    np.testing.assert_array_equal(wanted[1][~again, 0], labels[~again] != OUTLIER)
    assert wanted[0][~again & (labels == 3)].argmax() == 3
    np.testing.assert_array_equal(weights[0], again | (labels != OUTLIER))
    np.testing.assert_array_equal(weights[1], np.ones(7))


def test_weights_go_part_of_the_way_back() -> None:
    config, _ = refusing_run()
    pupil, before = network.build(config), network.build(config)
    pairs = list(zip(pupil.trainable_variables, before.trainable_variables, strict=True))
    expected = [0.75 * one.numpy() + 0.25 * other.numpy() for one, other in pairs]
    Teacher(before, 1).blend(pupil, 0.25)
    for (now, _), wanted in zip(pairs, expected, strict=True):
        np.testing.assert_allclose(now.numpy(), wanted, rtol=1e-6)

"""Learning what is new from its labels, and the rest from the answers of the model before.

What a model learned from is answered by the new one as the old one did, mistakes included, so that
nothing moves but what the new labels move: Li and Hoiem, "Learning without forgetting", ECCV 2016,
with replayed data as Buzzega et al., "Dark experience for general continual learning", 2020. Part
of the way back to the old weights in the end takes away more of what was forgotten than of what was
learned: Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.training.config import TrainingConfig
from inkdigits.training.mixture import Mixture
from inkdigits.training.network import predict_all, targets


@dataclass(frozen=True)
class Teacher:
    """The network before, which tells what to answer to all that is replayed.

    Args:
        network: with the weights of before.
        replayed: how many of the first parts of the mixture are replayed.
    """

    network: Any
    replayed: int

    def targets(
        self,
        training: Mixture,
        network: Any,
        config: TrainingConfig,
        epoch: int,
        patches: NDArray[np.float32],
        labels: NDArray[np.int64],
    ) -> tuple[Any, Any]:
        """What the network shall answer in an epoch, as `network.targets` gives it.

        Args:
            training: what the epoch was drawn from, in the order of `Mixture.draw`.
            network: that learns; it has the outputs of the teacher.
            config: the recipe.
            epoch: its number, from 0.
            patches: (N, 28, 28, 1).
            labels: (N,).
        """
        wanted, weights = targets(network, labels, config)
        goals = wanted if isinstance(wanted, list) else [wanted]
        again = training.origins(config, epoch) < self.replayed
        for goal, answer in zip(goals, predict_all(self.network, patches[again]), strict=True):
            goal[again] = answer.reshape(-1, goal.shape[1])
        if isinstance(weights, list):
            # what is not a digit, too, shall look like what it looked like; a copy, since `targets`
            # gives one array as weights and as goals
            weights = [np.where(again, np.float32(1), weights[0]), weights[1]]
        return wanted, weights

    def blend(self, network: Any, share: float) -> None:
        """Go back towards the teacher's weights by this share of the way."""
        pairs = zip(network.trainable_variables, self.network.trainable_variables, strict=True)
        for variable, before in pairs:
            variable.assign((1 - share) * variable + share * before)

"""What belongs together, told by pairs."""

import numpy as np
from numpy.typing import NDArray


def joined(count: int, links: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of so many things the number of its group, from 0, when these pairs are linked."""
    parent = list(range(count))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one, other in links.tolist():
        parent[root(one)] = root(other)
    roots = np.array([root(place) for place in range(count)], np.int64)
    return np.unique(roots, return_inverse=True)[1]

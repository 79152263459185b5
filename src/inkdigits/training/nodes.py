"""Several machines train one network: each learns from its share of every batch.

All of them draw the same epochs, by seed and number. Of each batch every node feeds its own share
into a network that Keras spreads over all devices (`keras.distribution.DataParallel` on JAX):
losses, gradients and batch-norm statistics are those of the whole batch, so that the weights become
those of one machine, but for the order in which sums are made. Between epochs every node has the
same ordinary network, with which rank 0 does all that is done once: to watch, to save, to export.
"""

import hashlib
import os
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InkdigitsError, InvalidConfig, NodesApart
from inkdigits.extras import require
from inkdigits.training import checkpoint, network
from inkdigits.training.backend import load_keras
from inkdigits.training.checkpoint import Progress
from inkdigits.training.config import TrainingConfig
from inkdigits.training.mixture import HeldOut, Mixture
from inkdigits.training.supervised import Died

MEETING, LEARNING, ALONE = "meeting", "learning", "alone"  # the stages of a run
MOST = 4096

Rows = TypeVar("Rows", NDArray[Any], list[NDArray[Any]], None)


@dataclass(frozen=True)
class Nodes:
    """Which of how many nodes this is.

    Args:
        count: how many train together.
        rank: which of them this is, from 0; the first leads.
        coordinator: HOST:PORT, an address of rank 0 that all nodes reach.
        meet_within: seconds that a node waits for all the others to be there.
        lost_after: seconds of silence after which a node counts as lost.

    Raises:
        InvalidConfig: One of them cannot be.
    """

    count: int
    rank: int
    coordinator: str
    meet_within: int = 300
    lost_after: int = 60

    def __post_init__(self) -> None:
        if not 2 <= self.count <= MOST:
            raise InvalidConfig(
                f"nodes: {self.count}, but from 2 to {MOST} can train together; one trains alone"
                " without the options for nodes."
            )
        if not 0 <= self.rank < self.count:
            raise InvalidConfig(
                f"node rank: {self.rank}, but of {self.count} nodes the ranks are 0 to"
                f" {self.count - 1}; each has its own."
            )
        host, _, port = self.coordinator.rpartition(":")
        bare = (host.startswith("[") and host.endswith("]")) or ":" not in host
        numbered = port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535
        if not host or not bare or not numbered:
            raise InvalidConfig(
                f"coordinator: {self.coordinator!r} is no HOST:PORT; an address of rank 0 is"
                " needed, such as 10.0.0.1:9100."
            )

    @property
    def leads(self) -> bool:
        """Whether this node does what is done once."""
        return self.rank == 0

    def check(self) -> None:
        """Find out what would keep this node from the others, before JAX, which would only abort.

        Raises:
            NodesApart: The coordinator has no such host, or on rank 0 its port is taken.
            InvalidConfig: Keras was told to use another backend.
            MissingExtra: JAX is not installed.
        """
        backend = os.environ.get("KERAS_BACKEND", "jax")
        if backend != "jax":
            raise InvalidConfig(
                f"KERAS_BACKEND is {backend!r}, but several nodes train through JAX only: unset it,"
                " or set it to jax."
            )
        require("nodes", {"jax": "jax"})
        host, _, port = self.coordinator.rpartition(":")
        try:
            socket.getaddrinfo(host.strip("[]"), int(port))
        except (OSError, UnicodeError) as error:  # the latter of what no name can be
            why = getattr(error, "strerror", error)
            raise NodesApart(
                f"{self.coordinator}: the coordinator's host is not known here ({why}); name rank 0"
                " by an address that all nodes reach."
            ) from error
        if self.leads:
            _check_free(int(port))

    def apart(self, died: Died) -> InkdigitsError:
        """Say in words why the process of this node died."""
        status = died.said.rpartition("absl::Status: ")[2] if "absl::Status: " in died.said else ""
        why = status.splitlines()[0].rstrip(".") if status else died.how
        if died.stage == MEETING:
            first = (
                ""
                if self.leads
                else " See what rank 0 says: it does not wait where its run is finished already, or"
                " its folder is refused."
            )
            return NodesApart(
                f"The {self.count} nodes did not meet at {self.coordinator} within"
                f" {self.meet_within} seconds ({why}). Start every node with the same --nodes and"
                " --coordinator, an address of rank 0 that all of them reach, and each with a"
                f" --node-rank of its own.{first}"
            )
        if died.stage == LEARNING and status:
            return self.lost(why)
        last = (died.said.strip().splitlines() or ["it said nothing"])[-1]
        return InkdigitsError(
            f"The process that trains died ({died.how}; {last:.200}). Start all nodes again with"
            " --resume."
        )

    def lost(self, why: str) -> NodesApart:
        """What is told where another node is lost."""
        return NodesApart(
            f"Rank {self.rank} of {self.count} lost another node ({why:.200}). Start all nodes"
            " again with --resume: they go on after the last epoch that rank 0 has kept."
        )


def _check_free(port: int) -> None:
    family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the coordinator does
        try:
            probe.bind(("", port))
        except OSError as error:
            raise NodesApart(
                f"Port {port} of the coordinator cannot be opened here ({error.strerror}). End what"
                " holds it, or give all nodes another port by --coordinator."
            ) from error


class Crew:
    """The nodes that train together, once they have met, as one of them sees them."""

    def __init__(self, nodes: Nodes, tell: Callable[[str], None]) -> None:
        """Meet the others; before it, nothing may be computed by JAX.

        Args:
            nodes: which node this is.
            tell: is told the stage of the run.

        Raises:
            InvalidConfig: Another node was told of another number of nodes, or has more or fewer
                devices.
            NodesApart: Another node was lost already.
        """
        import jax

        self.nodes, self._tell = nodes, tell
        tell(MEETING)
        jax.config.update(  # type: ignore[no-untyped-call]
            "jax_cpu_collectives_implementation", "gloo"
        )
        # As keras.distribution.initialize, which does not let one say for how long to wait; what
        # else it does, to agree on a seed, the recipe has done.
        jax.distributed.initialize(
            nodes.coordinator,
            nodes.count,
            nodes.rank,
            cluster_detection_method="deactivate",
            initialization_timeout=nodes.meet_within,
            heartbeat_timeout_seconds=nodes.lost_after,
        )
        tell(LEARNING)
        devices = Counter(device.process_index for device in jax.devices())
        self._devices = devices.total()
        if len(set(devices.values())) > 1:
            raise InvalidConfig(
                "The nodes have different numbers of devices"
                f" ({', '.join(f'rank {rank}: {here}' for rank, here in sorted(devices.items()))})."
                " Give all equally many, by CUDA_VISIBLE_DEVICES for instance."
            )
        self._agree({"number of nodes": str(nodes.count)})
        self._distribution = load_keras().distribution.DataParallel(auto_shard_dataset=False)

    @property
    def leads(self) -> bool:
        """Whether this node does what is done once."""
        return self.nodes.leads

    def begin(
        self,
        ordinary: Any,
        config: TrainingConfig,
        training: Mixture,
        held_out: HeldOut,
        done: Progress,
    ) -> None:
        """Go on together from where rank 0 is.

        Args:
            ordinary: a prepared network; gets the state of that of rank 0.
            config: the recipe, which must be that of all nodes.
            training: what to learn from, likewise.
            held_out: what is held out, likewise.
            done: what was done; its epoch becomes that of rank 0.

        Raises:
            InvalidConfig: The nodes have different recipes, data or versions, or their devices
                cannot share a batch equally.
            NodesApart: Another node was lost.
        """
        from jax.experimental import multihost_utils

        from inkdigits import __version__

        images = len(training)
        self._agree(
            {
                "recipe": repr(_without_folders(config.model_dump())),
                "data": f"{training.digest()}, {held_out.digits.labels.tolist()}",
                "version": f"{__version__}, {load_keras().__version__}",
            }
        )
        size = config.training.batch_size
        if size % self._devices:
            raise InvalidConfig(
                f"training.batch_size: {size} images cannot be shared equally by {self._devices}"
                f" devices on {self.nodes.count} nodes; take a multiple of {self._devices}."
            )
        variables = checkpoint.state(ordinary)
        with self._together(), self._distribution.scope():
            epoch, *values = multihost_utils.broadcast_one_to_all(
                [np.int32(done.epoch), *map(np.asarray, variables)]
            )
            done.epoch = int(epoch)
            self._spread = network.build(config)
            network.prepare(self._spread, config, images)
            spread = checkpoint.state(self._spread)
            for one, other, value in zip(variables, spread, values, strict=True):
                one.assign(value)
                other.assign(value)

    def fit(
        self,
        ordinary: Any,
        patches: NDArray[np.float32],
        wanted: Any,
        *,
        sample_weight: Any,
        batch_size: int,
        **options: Any,
    ) -> Any:
        """Learn from one epoch, of which this node feeds its share.

        Args:
            ordinary: the network given to `begin`; gets the state that the epoch ends with.
            patches: (N, 28, 28, 1), all of the epoch, in the order of all nodes.
            wanted: targets as `network.targets` gives them.
            sample_weight: weights, likewise.
            batch_size: patches of a batch of all nodes together.
            options: others of Keras's `fit`; `shuffle=False` must be among them.

        Returns:
            What Keras's `fit` does; the figures are those of all nodes together.

        Raises:
            NodesApart: Another node was lost.
        """
        mine = self.share(len(patches), batch_size)
        with self._together(), self._distribution.scope():
            seen = self._spread.fit(
                patches[mine],
                _rows(wanted, mine),
                sample_weight=_rows(sample_weight, mine),
                batch_size=batch_size // self.nodes.count,
                **options,
            )
            values = [np.asarray(variable) for variable in checkpoint.state(self._spread)]
        for variable, value in zip(checkpoint.state(ordinary), values, strict=True):
            variable.assign(value)
        return seen

    def share(self, images: int, batch: int) -> NDArray[np.int64]:
        """Which images of an epoch this node feeds: of each batch as many as every other node.

        Where the last batch cannot be shared equally by all devices, a few of its images are taken
        twice to fill it up, fewer than there are devices.
        """
        order = np.arange(images)
        whole, last = np.split(order, [images // batch * batch])
        last = np.resize(last, -(-len(last) // self._devices) * self._devices)
        count, rank = self.nodes.count, self.nodes.rank
        return np.concatenate(
            [
                whole.reshape(-1, count, batch // count)[:, rank].ravel(),
                last.reshape(count, -1)[rank],
            ]
        )

    def leave(self) -> None:
        """Part, once rank 0 has kept the last epoch: from here on each is alone.

        Raises:
            NodesApart: Another node was lost.
        """
        import jax

        with self._together():
            jax.distributed.shutdown()  # type: ignore[no-untyped-call]
        self._tell(ALONE)

    def _agree(self, facts: Mapping[str, str]) -> None:
        """Make sure that all nodes say the same; every one of them gets the error."""
        from jax.experimental import multihost_utils

        digests = [hashlib.sha256(fact.encode()).digest() for fact in facts.values()]
        mine = np.frombuffer(b"".join(digests), np.uint8).reshape(len(facts), -1)
        with self._together():
            said = np.asarray(multihost_utils.process_allgather(mine))
        differ = (said != said[0]).any(axis=2)
        for rank, names in enumerate(differ):
            if names.any():
                what = list(facts)[int(names.argmax())]  # what follows may differ because of it
                raise InvalidConfig(
                    f"Rank {rank} differs from rank 0 in: {what}. All nodes need the same."
                )

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Tell of a lost node what JAX tells of its own means of transport."""
        try:
            yield
        except (RuntimeError, ValueError) as error:
            if any(word in str(error) for word in ("Gloo", "NCCL", "UNAVAILABLE", "Barrier")):
                why = re.sub(r"\[\S+\.cc:\d+\] ", "", str(error).splitlines()[0])
                raise self.nodes.lost(why) from error
            raise


def _without_folders(value: Any) -> Any:
    """A part of a recipe in which paths are only names: data may lie elsewhere on each node."""
    if isinstance(value, dict):
        return {key: _without_folders(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_folders(entry) for entry in value]
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


def _rows(arrays: Rows, chosen: NDArray[np.int64]) -> Rows:
    if isinstance(arrays, list):
        return [array[chosen] for array in arrays]
    return None if arrays is None else arrays[chosen]

"""A Ray cluster of several nodes on this machine, in processes of its own.

    python tests/ray_nodes.py NODES

It prints the cluster's address. A line `kill` on standard input kills a node as a power cut would;
the end of standard input ends them all.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY = 100 << 20  # bytes of each node's object store


@dataclass
class Nodes:
    """A running cluster.

    Args:
        address: for `--address`.
    """

    address: str
    _process: "subprocess.Popen[str]"

    def kill_one(self) -> None:
        """Kill a node and wait until it is dead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("kill\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "killed\n"


@contextmanager
def ray_nodes(count: int) -> Iterator[Nodes]:
    """Start a head without cores and so many nodes of one core each, and end them."""
    with subprocess.Popen(
        [sys.executable, __file__, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
        cwd=Path(__file__).parent,
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        address = next((line for line in lines if line.startswith("at ")), "")
        assert address, "the cluster did not start"
        yield Nodes(address.split()[1], process)
        process.communicate()


def main() -> None:
    """Run the cluster until standard input ends."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": MEMORY}
    cluster: Any = Cluster(initialize_head=True, head_node_args=head)
    nodes = [
        cluster.add_node(num_cpus=1, object_store_memory=MEMORY) for _ in range(int(sys.argv[1]))
    ]
    sys.stdout.write(f"at {cluster.address}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line == "kill\n":
            cluster.remove_node(nodes.pop(), allow_graceful=False)
            sys.stdout.write("killed\n")
            sys.stdout.flush()
    cluster.shutdown()


if __name__ == "__main__":
    main()

"""How many requests of one client are answered: a token bucket each."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

CLIENTS = 10_000  # that are remembered; whoever came longest ago is forgotten first


@dataclass
class Bucket:
    """How many tokens a client has, below 0 if it owes some, and when that was so."""

    left: float
    then: float


class RateLimit:
    """A bucket of `burst` tokens for each client, which fills again at `rate` tokens a second.

    Source: the token bucket of Turner, "New directions in communications", 1986. Each process of a
    server counts by itself.

    Args:
        rate: tokens a second; 0: no limit.
        burst: tokens that a bucket holds.
        clock: seconds, ever rising.
    """

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, client: str, cost: float = 1.0) -> float:
        """Take tokens out of a client's bucket.

        Args:
            client: whose.
            cost: tokens; of more than a bucket holds the rest is owed. A bucket out of which one
                was taken, for the request itself, counts as full.

        Returns:
            0 where there were enough, else the seconds after which there will be; none are taken.
        """
        if not self._rate:
            return 0.0
        with self._bucket(client) as bucket:
            lacking = min(cost, max(1, self._burst - 1)) - bucket.left
            if lacking <= 0:
                bucket.left -= cost
        return max(0.0, lacking / self._rate)

    def owe(self, client: str, cost: float) -> None:
        """Take tokens for what was done already, whether there are enough or not.

        Args:
            client: whose; it waits the longer next time.
            cost: tokens.
        """
        if self._rate:
            with self._bucket(client) as bucket:
                bucket.left -= cost

    @contextmanager
    def _bucket(self, client: str) -> Iterator[Bucket]:
        """A client's bucket, filled up to now, for whoever holds the lock."""
        now = self._clock()
        with self._lock:
            bucket = self._buckets.pop(client, None) or Bucket(float(self._burst), now)
            bucket.left = min(self._burst, bucket.left + (now - bucket.then) * self._rate)
            bucket.then = now
            self._buckets[client] = bucket
            if len(self._buckets) > CLIENTS:
                self._buckets.popitem(last=False)
            yield bucket

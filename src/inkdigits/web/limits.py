"""How many requests of one client are answered: a token bucket each."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

CLIENTS = 10_000  # that are remembered; whoever came longest ago is forgotten first


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
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, client: str, cost: float = 1.0) -> float:
        """Take tokens out of a client's bucket.

        Args:
            client: whose.
            cost: tokens; more than a bucket holds count as a full one.

        Returns:
            0 where there were enough, else the seconds after which there will be; none are taken.
        """
        if not self._rate:
            return 0.0
        cost = min(cost, self._burst)
        now = self._clock()
        with self._lock:
            left, then = self._buckets.pop(client, (float(self._burst), now))
            left = min(self._burst, left + (now - then) * self._rate)
            enough = left >= cost
            self._buckets[client] = (left - cost if enough else left, now)
            if len(self._buckets) > CLIENTS:
                self._buckets.popitem(last=False)
        return 0.0 if enough else (cost - left) / self._rate

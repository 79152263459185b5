"""The token bucket, against its definition."""

from hypothesis import given
from hypothesis import strategies as st

from inkdigits.web import limits
from inkdigits.web.limits import RateLimit


def test_a_burst_then_as_many_as_the_rate() -> None:
    now = 0.0
    limit = RateLimit(10, 5, lambda: now)
    assert [limit.wait("a") for _ in range(5)] == [0] * 5
    assert limit.wait("a") == 0.1
    assert limit.wait("b") == 0  # another client
    now = 0.1
    assert limit.wait("a") == 0
    assert limit.wait("a") > 0
    now = 100
    assert [limit.wait("a") == 0 for _ in range(6)] == [True] * 5 + [False]


def test_no_rate_is_no_limit() -> None:
    limit = RateLimit(0, 1)
    assert [limit.wait("a") for _ in range(1000)] == [0] * 1000


def test_what_costs_more_than_a_bucket_holds_needs_a_full_one_and_owes_the_rest() -> None:
    limit = RateLimit(1, 3, lambda: 0.0)
    for client in "ab":
        assert limit.wait(client) == 0  # for the request itself
        assert limit.wait(client, 100) == 0
        assert limit.wait(client, 100) == 100
        assert limit.wait(client) == 99
    assert limit.wait("c") == limit.wait("c") == 0
    assert limit.wait("c", 100) == 1
    assert limit.wait("c") == 0


def test_what_is_owed_is_waited_for() -> None:
    now = 0.0
    limit = RateLimit(10, 5, lambda: now)
    limit.owe("a", 25)
    assert limit.wait("a") == 2.1
    now = 2.1
    assert limit.wait("a") == 0
    assert limit.wait("a") > 0
    assert limit.wait("b") == 0  # another client


@given(st.lists(st.floats(0, 3), min_size=1, max_size=100), st.floats(0.5, 20), st.integers(1, 20))
def test_never_more_than_burst_and_rate_allow(steps: list[float], rate: float, burst: int) -> None:
    now = 0.0
    limit = RateLimit(rate, burst, lambda: now)
    answered = 0
    for step in steps:
        now += step
        wait = limit.wait("a")
        answered += wait == 0
        assert answered <= burst + rate * now + 1e-6
        if wait:
            now += wait + 1e-9
            assert limit.wait("a") == 0
            answered += 1


def test_no_more_clients_are_remembered_than_fit(monkeypatch: object) -> None:
    limit = RateLimit(1, 1, lambda: 0.0)
    for number in range(limits.CLIENTS + 10):
        assert limit.wait(str(number)) == 0
    assert limit.wait(str(limits.CLIENTS)) > 0
    assert limit.wait("0") == 0  # forgotten

"""What Prometheus is told: requests, how long they took, answers, corrections."""

import os
import time
from pathlib import Path

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from inkdigits.prediction import Prediction
from inkdigits.reading.result import Reading

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"  # where several processes share their counts
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")  # clients make up more
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The counts of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "inkdigits_requests", "Requests.", ["endpoint", "method", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "inkdigits_request_seconds", "Time to answer a request.", ["endpoint"],
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.answers = Counter(
            "inkdigits_answers", "Digits read, by label and by why they were refused.",
            ["label", "reason"], registry=self.registry,
        )  # fmt: skip
        self.readings = Counter(
            "inkdigits_readings", "Numbers read on lines, by why they are in doubt.", ["reason"],
            registry=self.registry,
        )  # fmt: skip
        self.corrections = Counter(
            "inkdigits_corrections", "Corrections kept, and taken back.", ["done"],
            registry=self.registry,
        )  # fmt: skip

    def count(self, answer: Prediction) -> None:
        """Count one answer."""
        self.answers.labels(answer.label or "", answer.reason or "").inc()

    def count_reading(self, reading: Reading) -> None:
        """Count a number, and each of its digits."""
        self.readings.labels(reading.reason or "").inc()
        for digit in reading.digits:
            self.count(digit)

    def text(self) -> bytes:
        """All counts as Prometheus reads them; where there are several processes, of all."""
        registry = self.registry
        if os.environ.get(MULTIPROCESS):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def register(app: Flask, metrics: Metrics) -> None:
    """Count every request of this app, and answer at `/metrics`."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(answer: Response) -> Response:
        endpoint = request.endpoint or "none"
        method = request.method if request.method in METHODS else "other"
        metrics.requests.labels(endpoint, method, answer.status_code).inc()
        metrics.seconds.labels(endpoint).observe(time.perf_counter() - g.started)
        return answer

    @app.get("/metrics")
    def metrics_() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)


def share_counts(folder: Path) -> None:
    """Let the processes that are started from here on count together, in an empty folder."""
    os.environ[MULTIPROCESS] = str(folder)

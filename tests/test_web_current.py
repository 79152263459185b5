"""A running server takes up a model that is put to use, and drops no request for it."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from drawings import drawn
from servers import ask, running
from stand_in import write_stand_in

from inkdigits import artifact
from inkdigits.errors import InvalidModel
from inkdigits.model_home import ModelHome
from inkdigits.web.current import Current

LIMIT = 60  # seconds


def test_a_promoted_model_is_taken_up_without_a_dropped_request(tmp_path: Path) -> None:
    home = ModelHome(tmp_path / "models")
    home.add(write_stand_in(tmp_path / "made", {"7": 0.99, "1": 0.01}, 0.5), "mine")
    body = {"strokes": [[[x, y] for x, y, *_ in stroke] for stroke in drawn("3").strokes]}
    statuses: list[int] = []
    answers: list[str] = []
    done = threading.Event()

    with running(tmp_path, variables={"INKDIGITS_MODELS": str(home.folder)}) as server:

        def go_on() -> None:
            while not done.is_set():
                status, answer = ask(server.address, body)
                statuses.append(status)
                answers.append(str(answer.get("best_label")))

        threads = [threading.Thread(target=go_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            _wait(lambda: len(answers) > 20)
            home.use("mine")
            _wait(lambda: answers[-1] == "7")
            home.use("inkdigits")
            _wait(lambda: answers[-1] == "3")
            # what cannot be used is logged, and what answers stays
            weights = home.folder / "mine" / "model.onnx"
            whole = weights.read_bytes()
            weights.write_bytes(b"damaged")
            (home.folder / "in-use").write_text("mine\n", encoding="utf-8")
            _wait(lambda: any("not to be had" in str(line) for line in server.logged()))
            assert answers[-1] == "3"
            # … until it can be
            weights.write_bytes(whole)
            _wait(lambda: answers[-1] == "7")
        finally:
            done.set()
            for thread in threads:
                thread.join()
    assert set(statuses) == {200}
    assert set(answers) == {"3", "7"}


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not until():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_models_are_found_as_by_the_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKDIGITS_MODELS", str(tmp_path / "models"))
    ModelHome().add(write_stand_in(tmp_path / "run" / "model", {"7": 0.9}, 0.5), "mine")
    ModelHome().add(artifact.model_path("numbers"), "lines")
    for model in ("mine", str(tmp_path / "run")):
        current = Current(model, "lines")
        assert current.recognizer.config.name == "stand-in"
        assert current.recognizer.lines_config.name == "numbers"
    with pytest.raises(InvalidModel, match="known are inkdigits, numbers, lines, mine;"):
        Current("mine", "nobody's")

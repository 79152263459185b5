"""Several nodes train together: to the weights of one, and with clear words where they cannot."""

import functools
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tiny_training import (
    REFUSING,
    names_of,
    printed_digits,
    write_idx,
    write_recipe,
    write_refusing_recipe,
)

from inkdigits.cli import main
from inkdigits.errors import InkdigitsError, InterruptedRun, InvalidConfig, MissingExtra, NodesApart
from inkdigits.training import datasets
from inkdigits.training.claiming import claimed
from inkdigits.training.config import load_config, load_recipe
from inkdigits.training.nodes import ALONE, LEARNING, MEETING, Crew, Nodes, _without_folders
from inkdigits.training.supervised import Died
from inkdigits.training.together import train_together

ROOT = Path(__file__).parents[1]
LIMIT = 900  # seconds; several processes import TensorFlow and JAX
# Sums over a batch are made in another order by two nodes: what a float32 has for rounding, 1e-7 of
# weights below 1, grows over the 42 steps of the recipe. 1e-7 was measured.
ROUNDING = 1e-5
# Two outputs, ink drawn anew, batch-norm, dropout, a schedule, and a last batch that is smaller.
RECIPE = REFUSING.replace("epochs: 2", "epochs: 3") + "schedule: {kind: one_cycle}\n"

# Trains argv[1] into argv[2] as rank argv[3] of two at argv[4], which counts a node as lost after
# ten seconds, or as a rank that sends itself the signal argv[5] in its second epoch.
NODE = """
import os
import sys
from pathlib import Path
from rich.console import Console
from inkdigits.errors import InkdigitsError
from inkdigits.training import datasets, nodes, together
from inkdigits.training.config import load_config

def main():
    recipe, folder, rank, coordinator, deadly = sys.argv[1:]
    config = datasets.with_labels(load_config(recipe))
    place = nodes.Nodes(2, int(rank), coordinator, lost_after=10)
    if deadly == "0":
        try:
            together.train_together(config, place, Path(folder))
        except InkdigitsError as error:
            print(error, flush=True)
            sys.exit(2)
        return
    fit, calls = nodes.Crew.fit, []

    def last_fit(*given, **options):
        calls.append(given)
        if len(calls) == 2:
            os.kill(os.getpid(), int(deadly))
        return fit(*given, **options)

    nodes.Crew.fit = last_fit
    tell = lambda _: None
    together._run_as(place, config.to_yaml(), Path(folder), console=Console(), tell=tell)

if __name__ == "__main__":
    main()
"""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(command: Sequence[str], **environment: str) -> "subprocess.Popen[str]":
    """Start Python quietly; two of them share two cores."""
    return subprocess.Popen(
        [sys.executable, *command],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_nodes(recipe: Path, folder: Path, *options: str) -> "list[subprocess.Popen[str]]":
    """The command on two nodes."""
    common = ["--output", str(folder), "--nodes", "2", "--coordinator", f"127.0.0.1:{free_port()}"]
    command = ["-m", "inkdigits", "train", str(recipe), *common, *options]
    return [start([*command, "--node-rank", str(rank)]) for rank in range(2)]


def ends(processes: "Sequence[subprocess.Popen[str]]") -> list[tuple[int, str]]:
    """What they end with and what they said."""
    try:
        said = [process.communicate(timeout=LIMIT)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


@functools.cache
def both() -> tuple[Path, Path, list[tuple[int, str]]]:
    """A recipe on one machine and on two nodes, and how those two ended."""
    folder = Path(tempfile.mkdtemp(prefix="inkdigits-nodes-"))
    recipe = write_refusing_recipe(folder, RECIPE)
    alone = ["-m", "inkdigits", "train", str(recipe), "--output", str(folder / "one")]
    ((code, said),) = ends([start(alone, KERAS_BACKEND="jax")])
    assert code == 0, said
    return folder / "one", folder / "two", ends(start_nodes(recipe, folder / "two"))


def assert_same_state(run: Path, other: Path, tolerance: float) -> None:
    """Weights, optimizer, dropout seeds and averages after the last epoch are the same."""
    one, two = (np.load(folder / "checkpoint.npz") for folder in (run, other))
    assert one.files == two.files
    for name in set(one.files) - {"about"}:
        np.testing.assert_allclose(one[name], two[name], rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.slow
def test_two_nodes_reach_the_weights_of_one_machine() -> None:
    one, two, ((code, said), (other_code, other_said)) = both()
    assert (code, other_code) == (0, 0), said + other_said
    assert_same_state(one, two, ROUNDING)
    first, second = (
        np.loadtxt(run / "history.csv", delimiter=",", skiprows=1)[:, :-1] for run in (one, two)
    )
    np.testing.assert_allclose(first, second, atol=1e-4)


@pytest.mark.slow
def test_only_the_first_node_writes_and_shows_progress() -> None:
    one, two, ((_, said), (_, other_said)) = both()
    assert names_of(two) == names_of(one)
    assert "epoch 3/3" in said
    assert "Accuracy" in said
    assert other_said == "Rank 1: done; the model is on rank 0.\n"


@pytest.mark.slow
@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_a_lost_node_is_told_and_the_run_goes_on_to_the_same_weights(
    deadly: signal.Signals, tmp_path: Path
) -> None:
    _, unbroken, _ = both()
    recipe, run = write_refusing_recipe(tmp_path, RECIPE), tmp_path / "run"
    (tmp_path / "node.py").write_text(NODE, encoding="utf-8")
    common = [str(tmp_path / "node.py"), str(recipe), str(run)]
    coordinator = f"127.0.0.1:{free_port()}"
    first = start([*common, "0", coordinator, "0"])
    other = start([*common, "1", coordinator, str(int(deadly))])
    try:
        ((code, said),) = ends([first])
    finally:
        other.kill()
        other.communicate()
    assert code == 2, said
    assert "Rank 0 of 2 lost another node" in said
    assert said.rstrip().endswith(
        "Start all nodes again with --resume: they go on after the last epoch that rank 0 has kept."
    )
    assert "Traceback" not in said
    if deadly is signal.SIGSTOP:
        return  # it ends as the other does: there is no need to wait twice
    (code, said), (other_code, other_said) = ends(start_nodes(recipe, run, "--resume"))
    assert (code, other_code) == (0, 0), said + other_said
    assert "epoch 1/3" not in said
    assert_same_state(unbroken, run, 0)


@pytest.mark.slow
def test_a_node_that_meets_nobody_says_so(tmp_path: Path) -> None:
    config = load_recipe(write_recipe(tmp_path))
    coordinator = f"127.0.0.1:{free_port()}"
    with pytest.raises(NodesApart, match=rf"did not meet at {coordinator} within 5 s.*DEADLINE"):
        train_together(config, Nodes(2, 1, coordinator, meet_within=5), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_only_the_others_are_sent_to_what_rank_0_says() -> None:
    for rank in range(2):
        told = str(Nodes(2, rank, "host:9000").apart(Died(MEETING, "SIGABRT", "")))
        assert "did not meet at host:9000" in told
        sent = "See what rank 0 says: it does not wait where its run is finished already" in told
        assert sent == (rank == 1)


def test_rank_0_of_a_finished_run_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    config = load_config(write_recipe(tmp_path))
    leader, run = Nodes(2, 0, f"127.0.0.1:{free_port()}"), tmp_path / "run"
    with claimed(run, datasets.with_labels(config), resume=False) as is_finished:
        assert not is_finished
    with pytest.raises(InterruptedRun, match="the folder is not empty"):
        train_together(config, leader, run)
    (run / "report.json").write_text("{}", encoding="utf-8")
    done = train_together(config, leader, run, resume=True)
    assert done is not None
    assert done.was_finished


@pytest.mark.parametrize(
    ("error", "resume", "kept"),
    [
        (InvalidConfig("127 images cannot be shared equally"), False, False),
        (Died(MEETING, "SIGABRT", "nobody came"), False, False),
        (NodesApart("Rank 0 lost another node. Start with --resume."), False, True),
        (Died(LEARNING, "SIGKILL", ""), False, True),
        (InvalidConfig("127 images cannot be shared equally"), True, True),
    ],
)
def test_rank_0_keeps_no_folder_in_which_nothing_was_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, resume: bool, kept: bool
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    def refuse(*_: object) -> None:  # after what is done before the nodes agree
        (tmp_path / "run" / "environment.json").write_text("[]", encoding="utf-8")
        raise error

    monkeypatch.setattr("inkdigits.training.together.supervise", refuse)
    config = load_config(write_recipe(tmp_path))
    if resume:
        with claimed(tmp_path / "run", datasets.with_labels(config), resume=False):
            pass
    leader = Nodes(2, 0, f"127.0.0.1:{free_port()}")
    with pytest.raises(InkdigitsError):
        train_together(config, leader, tmp_path / "run", resume=resume)
    assert (tmp_path / "run").exists() == kept


@pytest.mark.slow
def test_nodes_with_different_recipes_all_say_so(tmp_path: Path) -> None:
    recipe = str(write_recipe(tmp_path))
    common = ["-m", "inkdigits", "train", recipe, "--output", str(tmp_path / "run"), "--nodes", "2"]
    common += ["--coordinator", f"127.0.0.1:{free_port()}"]
    nodes = [
        start([*common, "--node-rank", str(rank), "--seed", str(seed)])
        for rank, seed in enumerate((1, 2))
    ]
    for code, said in ends(nodes):
        assert code == 2, said
        assert "Rank 1 differs from rank 0 in: recipe. All nodes need the same." in said
    assert not (tmp_path / "run").exists()  # so that the same command may be given again


@pytest.mark.slow
def test_nodes_with_as_many_other_pictures_all_say_so(tmp_path: Path) -> None:
    common = ["--nodes", "2", "--coordinator", f"127.0.0.1:{free_port()}"]
    nodes = []
    for rank, folder in enumerate((tmp_path / "one", tmp_path / "other")):
        folder.mkdir()
        recipe = str(write_recipe(folder))
        if rank == 1:
            images, _ = printed_digits(320, seed=0)
            write_idx(folder / "train-images-idx3-ubyte", images)
        command = ["-m", "inkdigits", "train", recipe, "--output", str(folder / "run"), *common]
        nodes.append(start([*command, "--node-rank", str(rank)]))
    for code, said in ends(nodes):
        assert code == 2, said
        assert "Rank 1 differs from rank 0 in: data. All nodes need the same." in said


@pytest.mark.parametrize(
    ("count", "rank", "coordinator", "told"),
    [
        (1, 0, "host:9000", "from 2 to 4096 can train together"),
        (2, 2, "host:9000", "node rank: 2, but of 2 nodes the ranks are 0 to 1"),
        (2, -1, "host:9000", "node rank: -1"),
        (2, 0, "host", "'host' is no HOST:PORT"),
        (2, 0, "host:0", "no HOST:PORT"),
        (2, 0, "host:65536", "no HOST:PORT"),
        (2, 0, ":9000", "no HOST:PORT"),
        (2, 0, "::1:9000", "no HOST:PORT"),
        (2, 0, "host:٣٤٥٦", "no HOST:PORT"),
    ],
)
def test_nodes_that_cannot_be_are_refused(
    count: int, rank: int, coordinator: str, told: str
) -> None:
    with pytest.raises(InvalidConfig, match=told):
        Nodes(count, rank, coordinator)


def test_what_keeps_a_node_from_the_others_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    Nodes(2, 1, "[::1]:9000").check()
    for host in ("nowhere.invalid", "10.0.0..1", "a" * 70):
        with pytest.raises(NodesApart, match=r"host is not known here \(\S.*\); name rank 0"):
            Nodes(2, 1, f"{host}:9000").check()
    with closing(socket.socket()) as taken:
        taken.bind(("", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(NodesApart, match=r"cannot be opened here.*another port"):
            Nodes(2, 0, address).check()
        Nodes(2, 1, address).check()
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(InvalidConfig, match="through JAX only: unset it"):
        Nodes(2, 1, "127.0.0.1:9000").check()
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"'jax'.*pip install 'inkdigits\[nodes\]'"):
        Nodes(2, 1, "127.0.0.1:9000").check()


def test_how_a_process_died_is_told_by_its_stage() -> None:
    nodes = Nodes(2, 1, "host:9000")
    said = "F0101 client.h:80] Terminating. absl::Status: UNAVAILABLE: gone\n\nRPC: /xla\n"
    for stage, words in ((MEETING, "did not meet at host:9000"), (LEARNING, "lost another node")):
        error = nodes.apart(Died(stage, "SIGABRT", said))
        assert isinstance(error, NodesApart)
        assert words in str(error)
        assert "(UNAVAILABLE: gone)" in str(error)
    told = str(nodes.apart(Died(ALONE, "SIGKILL", "")))
    assert told.startswith("The process that trains died (SIGKILL; it said nothing).")


@pytest.mark.parametrize(("count", "devices"), [(2, 2), (4, 8)])
def test_the_shares_of_all_nodes_are_the_epoch(count: int, devices: int) -> None:
    images, batch = 75, 32
    shares = []
    for rank in range(count):
        crew = Crew.__new__(Crew)
        crew.nodes, crew._devices = Nodes(count, rank, "host:9000"), devices
        shares.append(crew.share(images, batch))
    assert len({len(share) for share in shares}) == 1
    size = batch // count
    for number, start_ in enumerate((0, 32)):
        together = [share[number * size : (number + 1) * size] for share in shares]
        np.testing.assert_array_equal(np.concatenate(together), np.arange(start_, start_ + batch))
    last = np.concatenate([share[2 * size :] for share in shares])
    assert len(last) % devices == 0
    assert len(last) - (images - 64) < devices
    assert set(last) == set(range(64, images))


def test_a_recipe_is_the_same_wherever_its_data_lie(tmp_path: Path) -> None:
    recipes = []
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        config = load_recipe(write_recipe(tmp_path / folder))
        recipes.append(_without_folders(config.model_dump()))
    assert recipes[0] == recipes[1]
    assert recipes[0]["dataset"]["train"] == "train-images-idx3-ubyte"
    assert recipes[0] != _without_folders(config.changed(seed=2).model_dump())


@pytest.mark.parametrize(
    "options",
    [
        ["--nodes", "2"],
        ["--nodes", "2", "--node-rank", "0"],
        ["--coordinator", "host:9000"],
        ["--nodes", "2", "--node-rank", "0", "--coordinator", "host:9000", "--preview", "a.png"],
    ],
)
def test_options_that_do_not_belong_together_are_refused(
    options: list[str], tmp_path: Path
) -> None:
    recipe = str(write_recipe(tmp_path))
    done = CliRunner().invoke(main, ["train", recipe, *options])
    assert done.exit_code == 2
    assert "--nodes, --node-rank and --coordinator belong together" in done.output


def test_the_model_of_lines_is_trained_on_one_machine() -> None:
    options = ["--nodes", "2", "--node-rank", "0", "--coordinator", "127.0.0.1:9000"]
    done = CliRunner().invoke(main, ["train", str(ROOT / "configs" / "numbers.yaml"), *options])
    assert done.exit_code == 2
    assert "model of lines, which one machine trains: leave out --nodes" in done.output

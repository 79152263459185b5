"""The files for Ray clusters: they can be read, and what they run is there."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from inkdigits.cli import main

ROOT = Path(__file__).parents[1]
RAY = ROOT / "deploy" / "ray"


def commands(text: str) -> list[list[str]]:
    """The arguments of each `inkdigits` command that a text names."""
    joined = re.sub(r"\\\n#?\s*", "", text)
    return [shlex.split(found) for found in re.findall(r"inkdigits ((?:batch|read) .*)", joined)]


@pytest.mark.parametrize("path", [*RAY.glob("*.yaml"), ROOT / "docs" / "scaling.md"], ids=str)
def test_every_command_is_understood(path: Path) -> None:
    found = commands(path.read_text(encoding="utf-8"))
    assert found
    for name, *arguments in found:
        with main.make_context("inkdigits", [name, *arguments]) as outer:
            main.commands[name].make_context(name, arguments, parent=outer).close()


def test_the_manifest_is_a_ray_job() -> None:
    job: dict[str, Any] = yaml.safe_load((RAY / "rayjob.yaml").read_text(encoding="utf-8"))
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    assert shlex.split(spec["entrypoint"])[:2] == ["inkdigits", "batch"]
    cluster = spec["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for group in groups:
        (container,) = group["template"]["spec"]["containers"]
        assert container["image"] == "REGISTRY/inkdigits-ray:1"  # where it was pushed to
        assert container["resources"]["limits"]["memory"]
    image = (RAY / "Dockerfile").read_text(encoding="utf-8")
    assert f"rayproject/ray:{cluster['rayVersion']}-" in image  # Ray is the same everywhere


def test_the_job_file_is_a_runtime_environment() -> None:
    environment = yaml.safe_load((RAY / "job.yaml").read_text(encoding="utf-8"))
    assert set(environment) <= {"env_vars", "pip", "working_dir"}
    assert all(isinstance(value, str) for value in environment["env_vars"].values())


def test_the_image_has_what_it_copies() -> None:
    for line in (RAY / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if line.startswith("COPY"):
            for name in line.split()[2:-1]:
                assert (ROOT / name).exists()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "batch" in extras["optional-dependencies"]

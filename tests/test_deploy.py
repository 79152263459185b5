"""The steps of the Dockerfile, as a user without rights; and that the files agree."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from servers import DRAWING, OWNER, ask, free_port, wait_until_ready, without_ours

from inkdigits.web.settings import Settings, from_environment, variable

ROOT = Path(__file__).parents[1]
NOBODY = 65534
LIMIT = 600


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that a user without rights owns, with a copy of what the image is made of."""
    with tempfile.TemporaryDirectory(prefix="inkdigits-") as name:
        folder = Path(name)
        wanted = _copied_into_the_image()
        for entry in wanted:
            source, target = ROOT / entry, folder / "checkout" / entry
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        yield folder


def _copied_into_the_image() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line[1:] for line in lines if line.startswith("!")]


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How a process is started that may write to its folder only."""
    home = {"HOME": str(folder), "TMPDIR": str(folder)}
    options: dict[str, Any] = {"cwd": folder, "env": {**without_ours(os.environ), **home}}
    if os.geteuid() == 0:
        options |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    options["env"]["PYTHON"] = _python(options)
    return options


def _python(options: dict[str, Any]) -> str:
    """A Python that a user without rights may run, too: root's own, in root's home, is none."""
    for python in (f"{sys.base_prefix}/bin/python3", "/usr/bin/python3"):
        try:
            subprocess.run(
                [python, "-c", "import sys, venv, ensurepip; assert sys.version_info >= (3, 11)"],
                check=True, capture_output=True, timeout=60, **options,
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip("needs a Python 3.11 with venv that every user may run")


@pytest.mark.slow
def test_the_steps_of_the_dockerfile_work_for_a_user_without_rights(place: Path) -> None:
    installed = place / "installed"
    how = _unprivileged(place)
    done = subprocess.run(
        ["sh", "checkout/deploy/install.sh", str(installed)],
        capture_output=True, text=True, timeout=LIMIT, check=False, **how,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(place / "checkout")  # the image has none
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    variables = dict(re.findall(r"(INKDIGITS_[A-Z_]+)=(\S+)", dockerfile))
    port = free_port()
    (place / "data").mkdir()
    if os.geteuid() == 0:
        os.chown(place / "data", NOBODY, NOBODY)
    variables |= {
        "INKDIGITS_PORT": str(port),
        "INKDIGITS_HOST": "127.0.0.1",
        "INKDIGITS_DATABASE_URL": f"sqlite:///{place / 'data' / 'corrections.sqlite'}",
        "INKDIGITS_TOKEN": OWNER,
    }
    command = [str(installed / "bin" / "inkdigits"), *_command(dockerfile)[1:]]
    how["env"] |= variables
    log = place / "log"
    with log.open("wb") as file, subprocess.Popen(command, stderr=file, **how) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address, server, log)
            assert ask(address, DRAWING)[1]["label"] == "1"
            correction = {**DRAWING, "label": "7"}
            assert ask(address, correction, "/api/v1/corrections")[0] == 201
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0
        finally:
            server.kill()
    assert (place / "data" / "corrections.sqlite").stat().st_size > 0


def _command(dockerfile: str) -> list[str]:
    found = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    command: list[str] = json.loads(found[-1])
    return command


def _variables(text: str) -> dict[str, str]:
    return dict.fromkeys(re.findall(r"\bINKDIGITS_[A-Z_]+", text), "1")


@pytest.mark.parametrize(
    "name",
    ["Dockerfile", "compose.yaml", "deploy/kubernetes.yaml", "deploy/inkdigits.service"],
)
def test_the_files_name_settings_that_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    known = {variable(field) for field in Settings.model_fields}
    assert _variables(text)
    assert set(_variables(text)) <= known


def test_the_page_on_deployment_names_every_setting_with_its_default() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert set(_variables(text)) >= {variable(field) for field in Settings.model_fields}
    for field, info in Settings.model_fields.items():
        if info.default is not None:
            (row,) = [
                line for line in text.splitlines() if f"`{variable(field)}`" in line and "|" in line
            ]
            assert f"`{info.default}`" in row


def test_the_manifests_are_what_their_readers_take() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert set(compose["services"]) == {"inkdigits", "database", "prometheus"}
    assert compose["services"]["inkdigits"]["read_only"] is True
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = scraped["scrape_configs"]
    assert job["static_configs"][0]["targets"] == ["inkdigits:8000"]
    text = (ROOT / "deploy" / "kubernetes.yaml").read_text(encoding="utf-8")
    kinds = {one["kind"]: one for one in yaml.safe_load_all(text)}
    assert set(kinds) >= {"Deployment", "Service", "HorizontalPodAutoscaler"}
    assert kinds["Deployment"]["spec"]["template"]["spec"]["enableServiceLinks"] is False
    (container,) = kinds["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_the_service_of_systemd_sets_what_is_taken() -> None:
    text = (ROOT / "deploy" / "inkdigits.service").read_text(encoding="utf-8")
    (line,) = re.findall(r"^Environment=(.*)$", text, re.MULTILINE)
    found = from_environment(dict(pair.split("=", 1) for pair in line.split()))
    assert found.proxies == 1

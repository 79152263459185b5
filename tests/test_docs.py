"""Documents that can fail: transcripts are run, pages are current, the tree is the tree."""

import doctest
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")]
    if path.name != "CHANGELOG.md"
)


def blocks(kind: str) -> list[tuple[str, str]]:
    """Every fenced block of a kind, with the place it stands in."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text[: match.start()].count("\n") + 1
            found.append((f"{path.relative_to(ROOT)}:{line}", match[1]))
    return found


@pytest.mark.skipif(shutil.which("bash") is None, reason="transcripts are run by bash")
@pytest.mark.parametrize(("place", "text"), blocks("console"))
def test_transcript(place: str, text: str) -> None:
    """Run the commands of a transcript; `...` in what it shows stands for anything."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for entry in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = entry.partition("\n")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=ROOT,
            env={**os.environ, "PATH": path, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            timeout=120,
            check=False,
        )
        printed = (done.stdout + done.stderr).decode()
        pattern = re.escape(shown.strip()).replace(r"\.\.\.", ".*?")
        assert re.fullmatch(pattern, strip(printed), re.DOTALL), f"{place}: {command}\n{printed}"


def strip(text: str) -> str:
    """Leave out blank space at the ends of lines, as editors do."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


@pytest.mark.parametrize(("place", "text"), blocks("pycon"))
def test_python_session(place: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    session = doctest.DocTestParser().get_doctest(text, {}, place, place, 0)
    out: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(session, out=out.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(out)


def test_there_is_something_to_run() -> None:
    assert len(blocks("console")) >= 2
    assert len(blocks("pycon")) >= 1


def test_generated_pages_are_current() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for page, write in generate.PAGES.items():
        current = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert write() == current, f"docs/{page} is out of date: run  make docs"


def listed(document: str) -> set[str]:
    """The paths in the tree of a document: one a line, indented below its folder."""
    text = (ROOT / document).read_text(encoding="utf-8")
    tree = re.search(r"^```tree\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert tree is not None, f"{document} shows no tree"
    found: set[str] = set()
    folders: list[str] = []
    for line in tree[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        folders[depth:] = [name.rstrip("/")]
        found.add("/".join(folders))
    return found


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_layout_is_the_layout(document: str) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a git checkout")
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = {name for name in tracked.stdout.splitlines() if (ROOT / name).exists()}
    folders = {str(parent) for name in files for parent in Path(name).parents} - {"."}
    tree = listed(document)
    assert tree <= files | folders, f"{document} lists what is not there: {tree - files - folders}"
    hidden = {name for name in files | folders if name.startswith(".")}
    top = {name.split("/")[0] for name in files} - hidden
    assert top <= tree, f"{document} leaves out {top - tree}"
    modules = {name for name in files if re.fullmatch(r"src/inkdigits/([^/]+/)?[^/]+\.py", name)}
    if document == "CONTRIBUTING.md":
        assert modules <= tree, f"{document} leaves out {modules - tree}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) + re.findall(r'src="([^"]+)"', text)
    for link in links:
        if not link.startswith(("http://", "https://")):
            assert (path.parent / link).exists(), f"{path.name} links to {link}"

"""The README and the pages of docs/ are executed, page by page, each in an empty folder.

docs/contributing.md explains the comments that change how a block is run. The page about plugins
has a test of its own, and the generated pages hold no snippets.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.cli.main import run_command_line
from seqkit.events import KINDS, parse_event, read_events
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import ACTIONS, LIVE, RunFolder

if TYPE_CHECKING:
    from tests.nursery import Nursery

REPOSITORY = Path(__file__).resolve().parents[2]
TESTED_ELSEWHERE = {"plugins.md", "components.md", "contracts.md", "new-task.md"}
GENERATED = {"api.md", "commands.md", "configuration.md"}
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
EXECUTED = [page for page in PAGES if page.name not in TESTED_ELSEWHERE | GENERATED]

# How many blocks are left out on each page; a page that is not named here leaves none out.
LEFT_OUT = {
    "README.md": 5,
    "docs/coming-from-torchtext.md": 3,
    "docs/contributing.md": 2,
    "docs/exercises/does-looking-both-ways-help.md": 2,
    "docs/exercises/etth1-segrnn.md": 3,
    "docs/exercises/lstm-against-gru.md": 1,
    "docs/exercises/m4-hourly.md": 3,
    "docs/exercises/multi30k-attention.md": 4,
    "docs/notebook.md": 1,
    "docs/reliability.md": 1,
}

BLOCK = re.compile(
    r"(?P<comments>(?:^ *<!-- .+? -->\n)*)"
    r"^(?P<indent> *)```(?P<language>[a-z]+)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
COMMENT = re.compile(r"<!-- (adds|while|fails|not run): (.+?) -->")
SHORTENED = re.compile(r"^(seqkit (?:run|resume|sweep) .+?)( *[>|].*)?$", re.MULTILINE)
PLAIN = re.compile(
    r'(?:echo "(?P<read>[^"$`]+)" \| )?seqkit (?P<words>[^|&;<>$`*]+?)(?: > (?P<file>\S+))?'
)
"""A line of a shell that needs no shell."""
LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block, with what the comments before it ask for."""

    language: str
    title: str
    text: str
    wishes: dict[str, str] = field(default_factory=dict)


def blocks(page: Path) -> list[Block]:
    """Returns the fenced blocks of a page, in order."""
    found = []
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        indent = match["indent"]
        lines = [line.removeprefix(indent) for line in match["text"].splitlines(keepends=True)]
        wishes = dict(COMMENT.findall(match["comments"]))
        found.append(Block(match["language"], match["title"] or "", "".join(lines), wishes))
    return found


class Reader:
    """Someone who does what a page says, in the current folder."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._names: dict[str, Any] = {}
        self._pythons = 0

    def follow(self, block: Block) -> None:
        """Does what a block says."""
        if block.title:
            path = Path(block.title)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            if "while" in block.wishes:
                with a_run_in_progress(self._nursery, block.wishes["while"]):
                    self._shell(block)
            else:
                self._shell(block)
        elif block.language == "python":
            self._pythons += 1
            path = Path(f"block_{self._pythons}.py")
            path.write_text(block.text, encoding="utf-8")
            names = runpy.run_path(str(path), init_globals=self._names)
            self._names |= {key: value for key, value in names.items() if key[:2] != "__"}
        elif block.language == "toml":
            load_experiment(tomllib.loads(block.text), load_registry(), [])

    def _shell(self, block: Block) -> None:
        script = block.text
        if "adds" in block.wishes:
            shortened = rf"\1 {block.wishes['adds']}\2"
            script, count = SHORTENED.subn(shortened, script)
            assert count, f"nothing to add {block.wishes['adds']} to, in:\n{script}"
        lines = [PLAIN.fullmatch(line) for line in script.splitlines()]
        code: int | None = 0
        if None in lines:
            shell = ["bash", "-euo", "pipefail", "-c", script]
            code = subprocess.run(shell, env=environment(), check=False).returncode
            lines = []
        # Without a new process for each, which would import torch again and again.
        for line in filter(None, lines):
            assert code == 0, f"a line before this one failed:\n{line[0]}"
            words = shlex.split(line["words"])
            starts_others = words[0] == "sweep" or "--folds" in words
            if line["read"] or line["file"] or starts_others:
                with Path(line["file"] or os.devnull).open("w", encoding="utf-8") as file:
                    more: dict[str, Any] = {"folder": Path.cwd(), "streams": {1: file}}
                    code = self._nursery.run(*words, stdin=f"{line['read']}\n", **more).code
            else:
                code = run_command_line(words)
        assert code == int(block.wishes.get("fails", 0)), f"exit code {code}, of:\n{script}"


def environment() -> dict[str, str]:
    """Returns the variables of a shell in which `seqkit` is the one under test."""
    scripts = str(Path(sys.executable).parent)
    return os.environ | {"PATH": os.pathsep.join([scripts, os.environ.get("PATH", "")])}


@contextmanager
def a_run_in_progress(nursery: Nursery, command: str) -> Iterator[None]:
    """Starts a run that has a name, waits for its first step, and afterwards for its end."""
    words = shlex.split(command)[1:]
    folder = RunFolder(Path("runs") / words[words.index("--name") + 1])
    with nursery.start(*words, folder=Path.cwd()) as child:
        child.until(lambda: any(event.kind == "step" for event in folder.events()))
        assert folder.status() in LIVE
        yield
        assert child.wait().code == 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in; what a page imports from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.proof
@pytest.mark.parametrize("page", EXECUTED, ids=lambda page: page.name)
def test_a_page_does_what_it_says(nursery: Nursery, page: Path, folder: Path) -> None:
    reader = Reader(nursery)
    left_out = 0
    for block in blocks(page):
        if "not run" in block.wishes:
            left_out += 1
        else:
            reader.follow(block)

    assert left_out == LEFT_OUT.get(page.relative_to(REPOSITORY).as_posix(), 0)
    check_examples_of_events(page, folder)


def check_examples_of_events(page: Path, folder: Path) -> None:
    """Compares the lines of JSON on a page with the events of the runs that it made."""
    real: dict[str, set[str]] = {}
    for log in folder.glob("runs/*/events.jsonl"):
        for event in read_events(log):
            real.setdefault(event.kind, set()).update(event.data)
    shown, requests = set(), set()
    for block in blocks(page):
        for line in block.text.splitlines() if block.language == "json" else []:
            if "request" in (request := json.loads(line)) and "event" not in request:
                requests.add(request["request"])
                continue
            event = parse_event(line)
            shown.add(event.kind)
            assert set(event.data) <= real.get(event.kind, {"message"}), line
    if shown or requests:
        assert shown == set(KINDS)
        assert requests == set(ACTIONS)


@pytest.mark.parametrize("page", EXECUTED, ids=lambda page: page.name)
def test_every_block_is_of_a_kind_that_is_tested(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = blocks(page)

    assert {block.language for block in found} <= {"sh", "python", "toml", "json", "csv", "text"}
    assert all(block.title for block in found if block.language == "csv")
    assert len(re.findall(r"^ *```", text, re.MULTILINE)) == 2 * len(found)
    wishes = sum(len(block.wishes) for block in found)
    assert wishes == len(re.findall(r"^ *<!--", text, re.MULTILINE)), "a comment is not understood"


def test_the_pages_have_snippets() -> None:
    counts = Counter(
        block.language
        for page in EXECUTED
        for block in blocks(page)
        if "not run" not in block.wishes
    )

    assert counts["sh"] >= 25
    assert counts["python"] >= 8
    assert counts["toml"] >= 2
    assert {page.name for page in EXECUTED} >= {"README.md", "quickstart.md", "concepts.md"}


def anchors(page: Path) -> set[str]:
    """Returns the names by which the headings of a page can be linked to."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_images_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        address, _, anchor = link.partition("#")
        if address.startswith(("https://", "http://")):
            continue
        target = (page.parent / address).resolve() if address else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        assert target.is_relative_to(REPOSITORY)
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}; no such heading"


def test_every_page_and_picture_is_reached_from_the_readme() -> None:
    def linked(page: Path) -> set[Path]:
        return {(page.parent / link).resolve() for link in LINK.findall(page.read_text("utf-8"))}

    pages = set((REPOSITORY / "docs").rglob("*.md"))
    pictures = set((REPOSITORY / "docs" / "images").iterdir())
    first = linked(REPOSITORY / "README.md")
    index = linked(REPOSITORY / "docs" / "README.md")

    assert len(pages) >= 20
    assert pages <= first | index, f"not linked from the README or the index: {pages - first}"
    shown = first.union(*map(linked, pages))
    assert pictures <= shown, f"shown on no page: {pictures - shown}"

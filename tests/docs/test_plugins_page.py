"""The author's pages: their files work, their commands run, their excerpts are the example's."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit import hookspecs
from seqkit.registry.discovery import installed_plugins
from seqkit.registry.registry import HOOKS
from seqkit.testing import plugin_checks

if TYPE_CHECKING:
    from tests.nursery import Nursery

pytestmark = pytest.mark.proof

FENCE = re.compile(r"^```(\S+)(?: title=\"(.+?)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    """The text of the pages, one behind the other: later ones use the files of earlier ones."""
    names = ("plugins.md", "components.md", "contracts.md")
    return "\n".join((repository / "docs" / name).read_text(encoding="utf-8") for name in names)


def blocks(page: str, language: str) -> list[tuple[str, str]]:
    """Returns the title and the text of each block of a language."""
    return [(title, text) for kind, title, text in FENCE.findall(page) if kind == language]


def test_its_files_and_commands_work(nursery: Nursery, page: str, tmp_path: Path) -> None:
    for title, text in blocks(page, "python"):
        if title:
            (tmp_path / title).write_text(text, encoding="utf-8")
    commands = [line for _, text in blocks(page, "sh") for line in text.splitlines()]
    assert len(commands) >= 9
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "seqkit"
        finished = nursery.run(*words, folder=tmp_path)
        assert finished.code == 0, f"{command}\n{finished.out}\n{finished.err}"
        assert "was skipped" not in finished.err, finished.err
        assert "is left out" not in finished.err, finished.err
    assert '"split": "validation"' in (tmp_path / "diary.jsonl").read_text()


def test_its_excerpts_are_parts_of_the_example_plugin(page: str, repository: Path) -> None:
    files = [
        path.read_text(encoding="utf-8")
        for path in (repository / "plugins" / "example").rglob("*")
        if path.suffix in {".py", ".toml"}
    ]
    excerpts = [text for title, text in blocks(page, "python") if not title]
    excerpts += [text for _, text in blocks(page, "toml")]

    assert len(excerpts) >= 7
    for excerpt in excerpts:
        assert any(excerpt in file for file in files), excerpt


def test_every_block_is_of_a_kind_that_is_tested(page: str) -> None:
    assert {kind for kind, _, _ in FENCE.findall(page)} == {"python", "sh", "toml", "text"}
    assert page.count("```") == 2 * len(FENCE.findall(page))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_by_its_exact_signature(page: str, hook: str) -> None:
    signature = str(inspect.signature(getattr(hookspecs, hook))).replace("'", "")

    assert f"| `{hook}{signature}` |" in page


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_an_example_that_is_checked(page: str, hook: str) -> None:
    files = dict(blocks(page, "python"))
    plain = str(inspect.signature(getattr(hookspecs, hook))).replace("'", "")
    signature = re.sub(r"\b([A-Z]\w+)", r"seqkit.\1", plain).replace("click.seqkit.", "click.")
    signature = signature.replace("seqkit.None", "None")

    assert f"@seqkit.hookimpl\ndef {hook}{signature}:" in files["all_hooks.py"]


def test_all_hooks_in_one_file_pass_their_checks_and_the_python_works(
    nursery: Nursery, page: str, tmp_path: Path
) -> None:
    for title, text in blocks(page, "python"):
        if title:
            (tmp_path / title).write_text(text, encoding="utf-8")
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "rows.toml").write_text(
        'description = "Rows."\ndataset = "all-hooks:rows"\nmodel = "all-hooks:attn-gru"\n'
    )
    # The check imports the file in one more process.
    here: dict[str, Any] = {"folder": tmp_path, "environment": {"PYTHONPATH": str(tmp_path)}}
    checked = nursery.run("plugin", "check", "all_hooks.py", **here)
    done = nursery.run(module="in_python", **here)
    assert checked.code == 0, f"{checked.out}\n{checked.err}"
    assert done.code == 0, f"{done.out}\n{done.err}"
    assert "'view': 'labels'" in done.out


def test_every_check_of_the_kit_is_explained_and_no_other(page: str, repository: Path) -> None:
    example = str(repository / "plugins" / "example")
    names = [plugin.name for plugin, _ in installed_plugins() if plugin.distribution == "seqkit"]
    checks = {check.name for name in [*names, example] for check in plugin_checks(name)}
    table = page.partition("## What the conformance kit checks")[2].partition("\n\nA dataset")[0]

    assert set(re.findall(r"\| `([a-z-]+)` \|", table)) == checks

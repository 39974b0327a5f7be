"""The wheels as a user has them: installed in a clean environment, used from another folder."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SENTENCES = ("A wonderful film, warm and clever.", "A dull and lifeless waste of two hours.")

COMPONENTS = """
import importlib, json
from importlib.metadata import distribution
(point,) = distribution({distribution!r}).entry_points.select(group="seqkit")
plugin = importlib.import_module(point.value)
hooks = ("register_models", "register_datasets", "register_metrics")
names = {{hook: getattr(plugin, hook)()[0].name for hook in hooks}}
print(json.dumps({{"plugin": point.name, **names}}))
"""


@dataclass(frozen=True)
class Installation:
    """A virtual environment with seqkit in it, and a folder far from the checkout to work in."""

    python: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a user who has never heard of this checkout."""
        ours = ("PYTHON", "SEQKIT_", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        home = str(self.folder / "home")
        return kept | {"HOME": home, "SEQKIT_HOME": home, "PYTHONNOUSERSITE": "1"}

    def try_out(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs Python in the folder, however that ends."""
        return subprocess.run(
            [str(self.python), *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *words: str) -> str:
        """Runs Python in the folder and returns what it wrote to stdout."""
        finished = self.try_out(*words)
        assert finished.returncode == 0, f"{words}\n{finished.stdout}\n{finished.stderr}"
        return finished.stdout

    def seqkit(self, *words: str) -> str:
        """Runs the seqkit command."""
        return self.run(str(self.python.parent / "seqkit"), *words)

    def events(self, *words: str) -> list[dict[str, Any]]:
        """Runs a command that trains, and returns its events."""
        return [json.loads(line) for line in self.seqkit(*words, "--json").splitlines()]

    def interrupted_run(self, *words: str) -> tuple[Path, int]:
        """Starts to train, presses Ctrl-C after the first step, and returns folder and step."""
        process = subprocess.Popen(
            [str(self.python.parent / "seqkit"), "run", *words, "--json"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        folder = ""
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "started":
                folder = event["folder"]
            if event["event"] == "step":
                process.send_signal(signal.SIGINT)
                break
        rest, narration = process.communicate(timeout=120)
        assert process.returncode == 130, narration
        return self.folder / folder, json.loads(rest.splitlines()[-1])["step"]


def pip(python: Path, *words: str) -> None:
    """Runs pip, which may read the package index of this machine's configuration."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", *words]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def build_wheel(source: Path, folder: Path) -> Path:
    """Builds the wheel of a project."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder)]
    finished = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    (wheel,) = folder.iterdir()
    return wheel


@pytest.fixture(scope="module")
def installed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """seqkit's wheel and the example's, side by side in a clean environment.

    SEQKIT_WHEEL names a wheel that is already built.
    """
    ready = os.environ.get("SEQKIT_WHEEL")
    wheel = Path(ready) if ready else build_wheel(repository, tmp_path_factory.mktemp("wheel"))
    example = build_wheel(repository / "plugins" / "example", tmp_path_factory.mktemp("example"))
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    constraints = str(repository / "constraints.txt")
    pip(python, "install", "-c", constraints, str(wheel.resolve()), str(example))
    pip(python, "check")
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "home").mkdir()
    return Installation(python, folder)


@pytest.fixture(scope="module")
def example(installed: Installation, repository: Path) -> dict[str, str]:
    """The names of the example plugin and of its first model, dataset and metric."""
    text = (repository / "plugins" / "example" / "pyproject.toml").read_text(encoding="utf-8")
    distribution = tomllib.loads(text)["project"]["name"]
    return json.loads(installed.run("-c", COMPONENTS.format(distribution=distribution)))


BROKEN = {
    "pyproject.toml": """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"
        [project]
        name = "seqkit-broken"
        version = "0.9"
        [project.entry-points.seqkit]
        broken = "seqkit_broken"
        """,
    "seqkit_broken/__init__.py": """
def explode():
    import a_package_that_nobody_has

explode()
        """,
}


@pytest.fixture
def broken(installed: Installation, tmp_path: Path) -> Iterator[None]:
    """A broken plugin, installed as any other for the length of a test."""
    for name, text in BROKEN.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    pip(installed.python, "install", "--no-deps", str(build_wheel(path.parents[1], tmp_path / "w")))
    yield
    pip(installed.python, "uninstall", "-y", "seqkit-broken")


def assert_resumes_and_predicts(
    installed: Installation, run: Path, step: int, inputs: tuple[str, ...]
) -> None:
    resumed = installed.events("resume", str(run), f"trainer.max_steps={step + 20}")
    assert resumed[0]["event"] == "started"
    assert resumed[0]["resumed_from"] == step
    assert resumed[-1]["event"] == "ended"
    assert resumed[-1]["status"] == "finished"
    assert resumed[-1]["step"] == step + 20
    predicted = json.loads(installed.seqkit("predict", str(run), *inputs, "--json"))
    assert [answer["text"] for answer in predicted["answers"]] == list(inputs)


def test_the_package_in_use_is_the_installed_one(installed: Installation, repository: Path) -> None:
    code = (
        "import seqkit, seqkit_classification as plugin\n"
        "print(seqkit.__file__, plugin.__file__, sep='\\n')"
    )
    for path in installed.run("-c", code).splitlines():
        assert Path(path).is_relative_to(installed.python.parents[1])
        assert not Path(path).is_relative_to(repository)


def test_every_installed_plugin_is_listed_without_an_error(
    installed: Installation, example: dict[str, str]
) -> None:
    listed = installed.seqkit("list", "plugins", "--json")
    for name in ("recurrent", "text", "tensorboard", example["plugin"]):
        assert f'"{name}"' in listed
    assert json.loads(listed)


def test_the_bundled_recipe_trains_is_interrupted_resumes_and_predicts(
    installed: Installation,
) -> None:
    run, step = installed.interrupted_run(
        "sentiment", "trainer.epochs=10000", "trainer.log_every=1"
    )
    assert run.is_relative_to(installed.folder / "runs")
    assert_resumes_and_predicts(installed, run, step, SENTENCES)


def test_the_example_plugin_trains_is_interrupted_resumes_and_predicts(
    installed: Installation, example: dict[str, str]
) -> None:
    (installed.folder / "example.toml").write_text(
        f"""
        task = "classification"
        dataset = "{example["register_datasets"]}"
        model = "{example["register_models"]}"
        metrics = ["{example["register_metrics"]}", "accuracy"]
        trainer.epochs = 10000
        trainer.log_every = 1
        """
    )
    run, step = installed.interrupted_run("example.toml")
    assert_resumes_and_predicts(installed, run, step, SENTENCES)


def test_the_example_plugin_brings_its_command_and_passes_its_check(
    installed: Installation, example: dict[str, str]
) -> None:
    assert len(installed.seqkit("event-order", "--count", "2").splitlines()) == 2
    assert json.loads(installed.seqkit("plugin", "check", example["plugin"], "--json"))["passed"]


def test_a_new_plugin_is_written_from_the_installed_templates(installed: Installation) -> None:
    installed.seqkit("plugin", "new", "fresh", "--kind", "task")
    checked = json.loads(installed.seqkit("plugin", "check", "seqkit-fresh", "--json"))
    assert checked["passed"]


@pytest.mark.usefixtures("broken")
def test_a_broken_plugin_is_named_and_everything_else_works(
    installed: Installation, example: dict[str, str]
) -> None:
    command = str(installed.python.parent / "seqkit")
    listed = installed.try_out(command, "list", "models", "--json")
    assert listed.returncode == 0
    assert example["register_models"] in listed.stdout
    assert (
        "seqkit: warning: plugin 'broken' (seqkit-broken 0.9) was skipped: ModuleNotFoundError: "
        "No module named 'a_package_that_nobody_has'. Run 'seqkit plugin check broken'"
    ) in listed.stderr

    checked = installed.try_out(command, "plugin", "check", "broken")
    assert checked.returncode == 3
    assert "in explode" in checked.stdout

    plugins = json.loads(installed.seqkit("list", "plugins", "--json"))["plugins"]
    assert {plugin["name"] for plugin in plugins if plugin["error"]} == {"broken"}


def test_the_module_is_the_command(installed: Installation) -> None:
    assert installed.run("-m", "seqkit", "--version") == installed.seqkit("--version")

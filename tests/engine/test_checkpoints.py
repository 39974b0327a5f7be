"""Checkpoints are written whole or not at all, and checked before they are trusted."""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from seqkit.engine.checkpoint import (
    load_weights,
    newest_whole,
    open_checkpoint,
    prune,
    restore_optimizer,
    tidy_up,
    write_checkpoint,
)
from seqkit.engine.predict import choose_checkpoint, load_predictor
from seqkit.engine.progress import Progress, flatten, unflatten
from seqkit.errors import CheckpointError, ExitCode, RunError
from seqkit.events import Event
from seqkit.registry.discovery import load_registry
from seqkit.storage.checksums import digest_of
from seqkit.storage.locks import Hold

if TYPE_CHECKING:
    from tests.engine.conftest import Lab, Run
    from tests.nursery import Nursery

MODEL = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.zeros(2)}
STATE = {"generator/host": torch.get_rng_state()}


def write(folder: Path, step: int, **progress: Any) -> Path:
    return write_checkpoint(folder, step, MODEL, STATE, {"step": step} | progress).path


@contextlib.contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Lets the system refuse to write more than some bytes to a file, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def flip(path: Path, position: int = -1) -> None:
    """Flips one bit of a file."""
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


# --- what is written ------------------------------------------------------------------------------


def test_what_is_written_comes_back_with_the_same_bits(tmp_path: Path) -> None:
    model = {
        "double": torch.tensor([1 / 3, float("nan"), float("inf")], dtype=torch.float64),
        "half": torch.tensor([1 / 3], dtype=torch.bfloat16),
        "whole": torch.tensor(7),
        "empty": torch.zeros(0, 4),
        "turned": torch.arange(6.0).reshape(2, 3).T,
    }
    numbers = {"third": 1 / 3, "tiny": 5e-324, "none": None, "count": 2**60}
    found = open_checkpoint(write_checkpoint(tmp_path, 3, model, STATE, numbers).path)
    assert found.step == 3
    assert found.manifest["progress"] == numbers
    for name, tensor in found.model_state().items():
        torch.testing.assert_close(tensor, model[name], rtol=0, atol=0, equal_nan=True)
        assert tensor.dtype == model[name].dtype
    assert torch.equal(found.training_state()["generator/host"], STATE["generator/host"])


def test_tied_weights_are_written_once_and_come_back_tied(tmp_path: Path) -> None:
    shared = torch.arange(12.0).reshape(3, 4)
    model = {"encoder": shared, "decoder": shared, "row": shared[1], "turned": shared.T}
    path = write_checkpoint(tmp_path, 1, model, {}, {}).path
    assert set(load_file(path / "model.safetensors")) == {"encoder", "row", "turned"}
    found = open_checkpoint(path).model_state()
    assert set(found) == set(model)
    assert all(torch.equal(found[name], tensor) for name, tensor in model.items())


def test_a_model_with_tied_weights_trains_resumes_and_predicts(
    lab: Lab, signal_at: Callable[..., Callable[[Event], None]]
) -> None:
    tied = lab.plugin(
        """
        import seqkit

        class Tied(seqkit.Model):
            "One matrix embeds and scores."
            name = "tied"
            tasks = ("classification",)

            def build(self, config, shape):
                import torch
                from torch import nn

                class Net(nn.Module):
                    def __init__(self):
                        super().__init__()
                        self.embedding = nn.Embedding(shape.inputs.size, 4)
                        self.scores = nn.Linear(4, shape.inputs.size, bias=False)
                        self.scores.weight = self.embedding.weight
                        self.head = nn.Linear(shape.inputs.size, shape.output_size)
                        self.register_buffer("seen", torch.zeros(()))

                    def forward(self, inputs, lengths):
                        self.seen += 1
                        return self.head(self.scores(self.embedding(inputs).mean(1)))

                return Net()

        @seqkit.hookimpl
        def register_models():
            return [Tied]
        """
    )
    for words in ([], ["trainer.ema_decay=0.9"]):
        settings = ["trainer.max_steps=8", *words]
        whole = lab.train(*settings, plugins=[tied], model={"name": "tied"})
        cut = lab.train(*settings, plugins=[tied], model={"name": "tied"}, observers=[signal_at(3)])
        cut = lab.resume(cut, plugins=[tied])
        assert cut.weights_file == whole.weights_file
        assert whole.manifest()["aliases"] == {"scores.weight": "embedding.weight"}
        predictor = load_predictor(cut.folder, load_registry([tied]))
        network: Any = predictor.learner.model
        assert network.scores.weight is network.embedding.weight
        assert len(predictor.predict(["good film"])) == 1


def test_nothing_in_a_run_folder_is_pickled(lab: Lab, repository: Path) -> None:
    run = lab.train("trainer.test=true", "trainer.samples=2", "trainer.baselines=true")
    kinds = {path.suffix for path in run.path.rglob("*") if path.is_file()}
    assert kinds <= {".toml", ".json", ".jsonl", ".lock", ".safetensors"}
    forbidden = ("torch.save", "torch.load", "pickle", "allow_pickle=True")
    for folder in ("seqkit", "plugins"):
        for path in (repository / folder).rglob("*.py"):
            code = path.read_text(encoding="utf-8").replace("allow_pickle=False", "")
            lines = [line.partition("#")[0] for line in code.splitlines()]
            found = [word for word in forbidden for line in lines if f"{word}(" in line]
            assert found == [], path


@pytest.mark.parametrize("state", [None, torch.ones(2)])
def test_a_plain_carried_state_comes_back(state: Any) -> None:
    found = unflatten(dict(flatten(state)))
    assert found is state if state is None else torch.equal(found, state)


def test_a_nested_carried_state_comes_back_in_order() -> None:
    parts = [torch.tensor(float(index)) for index in range(12)]
    state = (tuple(parts[:11]), (parts[11],))
    found = unflatten(dict(flatten(state)))
    assert [float(part) for part in found[0]] == list(range(11))
    assert float(found[1][0]) == 11


# --- a full disk, and a process that dies ---------------------------------------------------------


@pytest.mark.parametrize("size", [0, 100, 300, 5000])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, size: int) -> None:
    first = write(tmp_path, 1)
    large = {"weight": torch.zeros(2000)}
    with (
        files_no_longer_than(size),
        pytest.raises(CheckpointError, match="could not be written") as e,
    ):
        write_checkpoint(tmp_path, 2, large, large, {})
    assert e.value.exit_code == ExitCode.DATA
    assert "Earlier checkpoints are untouched" in str(e.value)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]
    assert open_checkpoint(first).step == 1


def test_a_run_on_a_disk_that_fills_up_fails_clearly_and_can_be_resumed(lab: Lab) -> None:
    whole = lab.train("trainer.checkpoint_every=3")
    limits = contextlib.ExitStack()

    def fill(event: Event) -> None:
        if event.kind == "step" and event.step == 5:
            limits.enter_context(files_no_longer_than(1000))

    with limits, pytest.raises(CheckpointError, match="checkpoint of step 6 could not be written"):
        lab.train("trainer.checkpoint_every=3", observers=[fill])
    run = lab.newest()
    assert [path.name for path in run.folder.checkpoints.iterdir()] == ["step-00000003"]
    # Nothing more could be written, so that another process takes it for a crashed run.
    run.folder.update(process={})
    assert run.folder.status() == "crashed"
    resumed = lab.resume(run)
    assert resumed.status == "finished"
    assert resumed.weights_file == whole.weights_file


def test_a_process_killed_while_it_saves_leaves_no_half_checkpoint(
    lab: Lab, nursery: Nursery
) -> None:
    # With its usual effect, the signal of a file grown too long ends a process inside a write.
    dying = lab.plugin(
        """
        import os, resource, signal
        import seqkit

        @seqkit.hookimpl
        def on_event(event):
            if event.kind == "step" and event.step == 5 and "DIE" in os.environ:
                signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
                hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
                resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        """
    )
    source = lab.toml("trainer.checkpoint_every=3")
    words = ("run", source, "--plugin", dying)
    done = nursery.run(*words, folder=lab.folder, environment={"DIE": "1"})
    assert done.code == -signal.SIGXFSZ
    run = lab.newest()
    names = sorted(path.name for path in run.folder.checkpoints.iterdir())
    assert len(names) == 2
    assert names[0].startswith(".step-00000006.")
    assert names[1] == "step-00000003"
    resumed = lab.resume(run)
    assert resumed.of("started")[-1]["resumed_from"] == 3
    assert not any(path.name.startswith(".") for path in run.folder.checkpoints.iterdir())
    assert resumed.weights_file == lab.train("trainer.checkpoint_every=3").weights_file


def test_a_checkpoint_written_again_replaces_the_old_one(tmp_path: Path) -> None:
    write(tmp_path, 4, note="old")
    write(tmp_path, 4, note="new")
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000004"]
    assert open_checkpoint(tmp_path / "step-00000004").manifest["progress"]["note"] == "new"


def test_a_process_killed_between_the_two_renames_loses_nothing(tmp_path: Path) -> None:
    write(tmp_path, 4).rename(tmp_path / ".step-00000004.replaced")
    found = newest_whole(tmp_path, pytest.fail)
    assert found is not None
    assert found.step == 4


def test_what_was_being_replaced_is_put_back_before_it_is_tidied_up(tmp_path: Path) -> None:
    path = write(tmp_path / "checkpoints", 4)
    path.rename(path.with_name(".step-00000004.replaced"))
    tidy_up(tmp_path)
    assert open_checkpoint(path).step == 4


def test_progress_of_which_a_number_is_missing_or_unknown_is_damaged() -> None:
    numbers = Progress(step=7, best_rank=(0.5, -1.0)).as_dict()
    assert Progress.from_dict(json.loads(json.dumps(numbers))) == Progress(7, best_rank=(0.5, -1.0))
    for odd in ({"waited": 3} | {k: numbers[k] for k in ("step",)}, numbers | {"velocity": 1}):
        with pytest.raises(
            CheckpointError, match=r"progress is damaged: (accumulation, |velocity)"
        ):
            Progress.from_dict(odd)


def test_a_checkpoint_is_as_open_as_its_folder(tmp_path: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in write(tmp_path, 1).iterdir()}
    assert len(modes) == 3
    assert len(set(modes.values())) == 1


def test_weights_of_other_names_are_refused() -> None:
    model = torch.nn.Linear(3, 2)
    for odd in ({"bias": torch.zeros(2)}, MODEL | {"more": torch.zeros(1)}):
        with pytest.raises(CheckpointError, match=r"does not fit the model.*Install"):
            load_weights(model, odd, Path("step-00000001"))
    load_weights(model, MODEL, Path("step-00000001"))


@pytest.mark.parametrize(
    "name", ["optimizer/0/momentum_buffer", "optimizer/9/momentum_buffer", "optimizer/x/y"]
)
def test_an_optimiser_takes_no_state_of_another_shape_or_place(name: str) -> None:
    optimizer = torch.optim.SGD(torch.nn.Linear(3, 2).parameters(), lr=0.1, momentum=0.9)
    restore_optimizer(optimizer, {"optimizer/1/momentum_buffer": torch.ones(2)})
    with pytest.raises(ValueError, match=r"another shape|invalid literal"):
        restore_optimizer(optimizer, {name: torch.ones(2)})


def test_a_checkpoint_makes_no_run_folder_anew(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="step 4 could not be written"):
        write(tmp_path / "gone" / "checkpoints", 4)
    assert not (tmp_path / "gone").exists()


def test_the_newest_is_counted_from_the_step_that_was_saved(tmp_path: Path) -> None:
    paths = [write(tmp_path, step) for step in (3, 6, 9)]
    prune(tmp_path, keep=1, step=6, best_step=None)
    assert sorted(tmp_path.iterdir()) == paths[1:]


# --- damage ---------------------------------------------------------------------------------------


def damaged(run: Run, harm: Callable[[Path], None]) -> Path:
    newest = run.checkpoints[-1]
    harm(newest)
    return newest


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def overwrite(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def change_a_number(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert '"epoch": 1' in text
    overwrite(path, text.replace('"epoch": 1', '"epoch": 0'))


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


M, S, J = "model.safetensors", "state.safetensors", "manifest.json"
DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a bit of the weights": (lambda p: flip(p / M), f"{M} is damaged"),
    "a bit of the state": (lambda p: flip(p / S, 99), f"{S} is damaged"),
    "a digit of the manifest": (
        lambda p: change_a_number(p / J),
        f"{J} is damaged: its checksum does not match",
    ),
    "a torn file": (lambda p: shorten(p / M), f"{M} is damaged"),
    "a torn manifest": (lambda p: shorten(p / J), f"{J} is damaged"),
    "an empty manifest": (lambda p: overwrite(p / J, ""), f"{J} is damaged"),
    "another manifest": (lambda p: overwrite(p / J, "[1]"), f"{J} is damaged"),
    "no manifest": (lambda p: (p / J).unlink(), f"{J} cannot be read"),
    "no state": (lambda p: (p / S).unlink(), f"{S} cannot be read"),
    "an empty folder": (empty, f"{J} cannot be read"),
}


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was interrupted after its second checkpoint; tests copy it."""
    from tests.engine.conftest import Lab

    lab = Lab(tmp_path_factory.mktemp("interrupted"))

    def interrupt(event: Event) -> None:
        if event.kind == "step" and event.step == 15:
            signal.raise_signal(signal.SIGINT)

    return lab.train("trainer.keep_checkpoints=2", observers=[interrupt]).path


@pytest.fixture
def run(lab: Lab, interrupted: Path) -> Run:
    from seqkit.runs.folder import RunFolder
    from tests.engine.conftest import Run

    return Run(RunFolder(Path(shutil.copytree(interrupted, lab.runs / "copy"))))


@pytest.mark.parametrize(("harm", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(
    lab: Lab, run: Run, harm: Callable[[Path], None], message: str
) -> None:
    newest = damaged(run, harm)
    resumed = lab.resume(run, "trainer.max_steps=16")
    assert resumed.status == "finished"
    assert resumed.of("started")[-1]["resumed_from"] == 12
    warning = next(w for w in resumed.warnings if "was passed over" in w)
    assert str(newest) in warning
    assert message in warning


def test_a_later_damaged_checkpoint_does_not_push_good_ones_out(lab: Lab, run: Run) -> None:
    flip(run.checkpoints[-1] / "model.safetensors")
    resumed = lab.resume(run, "trainer.max_steps=14", "trainer.keep_checkpoints=1")
    steps = [int(path.name.removeprefix("step-")) for path in resumed.checkpoints]
    assert 14 in steps
    assert 15 in steps
    assert open_checkpoint(resumed.folder.checkpoints / "step-00000014").step == 14


def test_no_whole_checkpoint_ends_with_the_way_to_start_again(lab: Lab, run: Run) -> None:
    for path in run.checkpoints:
        flip(path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"no checkpoint .* is whole.*seqkit run"):
        lab.resume(run)
    with pytest.raises(CheckpointError, match=r"no whole checkpoint.*seqkit resume"):
        choose_checkpoint(run.folder)
    assert all(path.is_dir() for path in run.checkpoints)


def test_prediction_falls_back_on_a_whole_checkpoint(run: Run) -> None:
    flip(run.folder.checkpoints / run.folder.info()["best"]["checkpoint"] / "model.safetensors")
    with pytest.warns(RuntimeWarning, match=r"model\.safetensors is damaged.*step-00000015"):
        assert choose_checkpoint(run.folder).step == 15
    with pytest.raises(CheckpointError, match="is damaged"):
        choose_checkpoint(run.folder, "step-00000012")
    with pytest.raises(CheckpointError, match=r"no checkpoint 'step-00000099'\. Did you"):
        choose_checkpoint(run.folder, "step-00000099")


def test_a_manifest_that_points_elsewhere_is_harmless(lab: Lab, run: Run, tmp_path: Path) -> None:
    outside = tmp_path / "outside.safetensors"
    save_file({"weight": torch.zeros(1)}, outside)
    manifest = json.loads((run.checkpoints[-1] / "manifest.json").read_text())
    manifest["files"] = {str(outside): manifest["files"]["model.safetensors"]}
    (run.checkpoints[-1] / "manifest.json").write_text(json.dumps(manifest))
    assert lab.resume(run, "trainer.max_steps=13").of("started")[-1]["resumed_from"] == 12
    assert outside.is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 4}, "is damaged: it is that of step 4"),
        ({"schema": 99}, "was written by another version of seqkit"),
        ({"files": {}}, "model.safetensors is damaged"),
        ({"step": -1}, "is damaged: step: "),
    ],
)
def test_a_whole_manifest_that_says_something_else_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    path = write(tmp_path, 3) / "manifest.json"
    manifest = json.loads(path.read_text()) | change
    manifest.pop("sha256")
    path.write_text(json.dumps({"sha256": digest_of(manifest)} | manifest))
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(path.parent)


def test_the_best_checkpoint_is_known_to_the_newest_whatever_run_json_says(run: Run) -> None:
    oddities: list[Any] = [None, [], 3, {"checkpoint": "../elsewhere"}, {"checkpoint": "step-15"}]
    for best in oddities:
        run.folder.update(best=best)
        assert choose_checkpoint(run.folder).step == 12


def test_a_checkpoint_of_another_model_is_refused(lab: Lab, run: Run) -> None:
    with pytest.raises(CheckpointError, match="does not fit the model"):
        lab.resume(run, "model.hidden_size=9")


def test_a_link_as_a_checkpoint_folder_is_checked_like_any_other(run: Run) -> None:
    real = run.checkpoints[-1].rename(run.path / "moved")
    (run.folder.checkpoints / "step-00000015").symlink_to(real, target_is_directory=True)
    assert choose_checkpoint(run.folder, "last").step == 15


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run but the lock, which says who looks at it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "run.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_running_run_is_not_resumed(lab: Lab, run: Run, held: Callable[[Path], Hold]) -> None:
    held(run.path)
    before = contents(run.path)
    with pytest.raises(CheckpointError, match=r"still running.*seqkit stop"):
        lab.resume(run)
    assert contents(run.path) == before


def test_an_observer_that_raises_ends_the_run_and_is_not_told_again(lab: Lab) -> None:
    seen: list[str] = []

    def observe(event: Event) -> None:
        seen.append(event.kind)
        if event.kind == "evaluation":
            raise ValueError("boom")

    with pytest.raises(RunError, match="ValueError: boom"):
        lab.train(observers=[observe])
    assert seen[-1] == "evaluation"
    assert lab.newest().of("ended")[0]["status"] == "failed"

"""Folders and files that cannot be written, and run folders that are damaged."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from seqkit.errors import CheckpointError, ConfigurationError, DataError, ExitCode
from seqkit.events import Event

if TYPE_CHECKING:
    from tests.engine.conftest import Lab

SignalAt = Callable[..., Callable[[Event], None]]


def at_step(step: int, act: Callable[[], object]) -> Callable[[Event], None]:
    done: list[bool] = []

    def observe(event: Event) -> None:
        if event.kind == "step" and event.step == step and not done:
            done.append(True)
            act()

    return observe


def test_a_runs_folder_that_is_a_file_is_named(lab: Lab) -> None:
    lab.runs.write_text("a file in the way")
    with pytest.raises(DataError, match=r"runs folder .* is a file .*--runs-dir") as caught:
        lab.train()
    assert caught.value.exit_code == ExitCode.DATA
    assert lab.runs.read_text() == "a file in the way"


def test_a_name_that_is_taken_is_refused_and_the_run_there_kept(lab: Lab) -> None:
    first = lab.train("trainer.max_steps=1", name="mine")
    weights = first.weights_file
    with pytest.raises(ConfigurationError, match="there is a run 'mine' already"):
        lab.train("trainer.max_steps=1", name="mine")
    assert first.weights_file == weights


def test_an_event_log_that_cannot_be_written_costs_one_warning(
    lab: Lab, signal_at: SignalAt
) -> None:
    run = lab.train(observers=[signal_at(2)])
    seen: list[Event] = []

    def fill_the_disk(event: Event) -> None:
        seen.append(event)
        if event.kind == "started" and not full:
            full.append(resource.getrlimit(resource.RLIMIT_FSIZE))
            resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, full[0][1]))
        elif full and event.kind == "step" and event.step == 10:
            resource.setrlimit(resource.RLIMIT_FSIZE, full[0])

    log, full = run.folder.events_file, list[tuple[int, int]]()
    log.write_bytes(log.read_bytes() + b"\n" * 200_000)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resumed = lab.resume(run, "trainer.checkpoint_every=0", observers=[fill_the_disk])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, full[0])
        signal.signal(signal.SIGXFSZ, before)
    assert resumed.status == resumed.folder.status() == "finished"
    warnings = [event["message"] for event in seen if event.kind == "warning"]
    assert len(warnings) == 1
    assert "events.jsonl cannot be written: File too large" in warnings[0]
    assert seen[-1].kind == "ended"
    assert resumed.weights_file == lab.train().weights_file


def test_an_event_log_that_cannot_be_opened_is_named(lab: Lab, signal_at: SignalAt) -> None:
    run = lab.train(observers=[signal_at(2)])
    run.folder.events_file.unlink()
    run.folder.events_file.mkdir()
    with pytest.raises(CheckpointError, match=r"events\.jsonl is a folder"):
        lab.resume(run)


@pytest.mark.parametrize("gone", [False, True])
def test_a_run_json_damaged_on_the_way_does_not_end_a_run(lab: Lab, gone: bool) -> None:
    def harm() -> None:
        path = lab.runs / "harmed" / "run.json"
        path.unlink() if gone else path.write_text('{"status": "runn')

    words = ["trainer.test=true", "trainer.evaluate_every=6"]
    run = lab.train(*words, observers=[at_step(3, harm)], name="harmed")
    assert run.status == "finished"
    assert ("no run.json" if gone else "run.json cannot be read") in run.warnings[0]
    assert run.warnings[0].endswith("It was written anew")
    assert run.numbers() == lab.train(*words).numbers()
    assert run.folder.info()["status"] == "finished"
    assert "versions" in run.folder.info()


def test_a_damaged_event_log_is_carried_on(lab: Lab, signal_at: SignalAt) -> None:
    run = lab.train(observers=[signal_at(5)])
    log = run.folder.events_file
    log.write_bytes(log.read_bytes() + b'\x00\xff garbage\n{"v":1,"event":"st')
    resumed = lab.resume(run)
    assert resumed.status == "finished"
    assert sorted(resumed.losses) == list(range(1, 25))


def test_a_plugin_whose_observer_raises_is_left_out_and_training_goes_on(lab: Lab) -> None:
    plugin = lab.plugin(
        """
        import seqkit

        @seqkit.hookimpl
        def on_event(event):
            if event.kind == "step":
                raise ValueError("boom")
        """
    )
    run = lab.train(plugins=[plugin])
    assert run.status == "finished"
    assert len(run.warnings) == 1
    assert "failed on the step event and is left out" in run.warnings[0]
    assert "ValueError: boom" in run.warnings[0]
    assert run.weights_file == lab.train().weights_file


FAULTY = """
    import seqkit

    class Faulty(seqkit.Model):
        "Fails in building or in use."
        name = "faulty"
        tasks = ("classification",)

        class Config(seqkit.Config):
            at: str = seqkit.Field("build", help="build, type or forward.")

        def build(self, config, shape):
            if config.at == "build":
                raise ZeroDivisionError("no units")
            if config.at == "type":
                return "not a module"
            from torch import nn

            class Net(nn.Linear):
                def forward(self, inputs, lengths):
                    raise IndexError("out of range")

            return Net(1, 1)

    @seqkit.hookimpl
    def register_models():
        return [Faulty]
"""


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("build", r"the run failed: model local\d:faulty \(.* raised ZeroDivisionError: no units"),
        ("type", r"build\(\) returned str, not an nn\.Module"),
        (
            "forward",
            r"the run failed: model local\d:faulty \(.*, line \d+\) raised IndexError",
        ),
    ],
)
def test_a_component_that_raises_ends_the_run_with_one_error(
    lab: Lab, at: str, message: str
) -> None:
    with pytest.raises(Exception, match=message) as caught:
        lab.train(plugins=[lab.plugin(FAULTY)], model={"name": "faulty", "at": at})
    assert type(caught.value).__name__ == "RunError"
    if at != "forward":
        assert list(lab.runs.iterdir()) == [], "a run that never began left its folder"
        return
    run = lab.newest()
    assert run.folder.status() == "failed"
    assert run.of("ended")[0]["status"] == "failed"

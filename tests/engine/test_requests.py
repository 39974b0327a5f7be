"""Signals, and requests through control.jsonl."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.engine.control import POLL_SECONDS, ControlFile
from seqkit.engine.signals import Signals
from seqkit.events import Event
from seqkit.runs.folder import RunFolder
from seqkit.storage.checksums import sealed_line

if TYPE_CHECKING:
    from tests.engine.conftest import Lab, Run
    from tests.nursery import Nursery

SignalAt = Callable[..., Callable[[Event], None]]


def lines(*requests: Any) -> bytes:
    return b"".join(json.dumps(request).encode() + b"\n" for request in requests)


def asked(lab: Lab, text: bytes, *words: str, at: int = 2, then: bytes = b"") -> Run:
    """Trains for long, writes requests at a step, and more of them once the first was answered."""
    left = [text, then]

    def ask(event: Event) -> None:
        begun = event.kind == "step" and event.step >= at
        if left and (begun if len(left) == 2 else event.kind == "control"):
            with (lab.runs / "asked" / "control.jsonl").open("ab") as file:
                file.write(left.pop(0))

    return lab.train("trainer.epochs=60", *words, observers=[ask], name="asked")


def answers(run: Run) -> list[tuple[str, bool]]:
    return [(event["request"].get("request"), event["applied"]) for event in run.of("control")]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_saves_and_ends(lab: Lab, signal_at: SignalAt, name: str) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    run = lab.train(observers=[signal_at(5, number)])
    assert run.status == run.folder.status() == "interrupted"
    assert run.manifest()["step"] == 5
    assert run.of("control")[-1]["request"]["value"] == name
    assert run.of("checkpoint")[-1]["reason"] == "interrupted"
    ended = run.of("ended")[-1]
    assert ended["status"] == "interrupted"
    assert ended["resume"].startswith(f"seqkit resume {run.folder.name}")
    assert signal.getsignal(number) == before


def test_a_second_signal_quits_at_once(lab: Lab, signal_at: SignalAt) -> None:
    with pytest.raises(KeyboardInterrupt):
        lab.train("trainer.checkpoint_every=2", observers=[signal_at(3, times=2)])
    run = lab.newest()
    assert run.folder.status() == "interrupted"
    assert run.manifest()["step"] == 2
    assert run.of("ended")[-1]["resume"] is not None


def test_a_signal_that_was_ignored_stays_ignored(lab: Lab, signal_at: SignalAt) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        run = lab.train("trainer.max_steps=4", observers=[signal_at(2, signal.SIGHUP)])
    finally:
        signal.signal(signal.SIGHUP, before)
    assert run.status == "finished"


def test_handlers_that_python_did_not_set_are_put_back_without_error() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with Signals():
        assert signal.getsignal(signal.SIGTERM) != before[signal.SIGTERM]
    assert {number: signal.getsignal(number) for number in before} == before


def test_interrupting_the_command_exits_with_130_and_says_how_to_go_on(
    lab: Lab, nursery: Nursery
) -> None:
    source = lab.toml("trainer.epochs=200")
    child = nursery.start("run", source, "--json", "--runs-dir", lab.runs)
    child.until(lambda: '"event":"step"' in child.out)
    child.send(signal.SIGINT)
    done = child.wait()
    assert done.code == 130, done.err
    ended = json.loads(done.out.splitlines()[-1])
    assert (ended["event"], ended["status"]) == ("ended", "interrupted")
    assert "seqkit resume" in done.err
    assert "Traceback" not in done.err


def test_stop_saves_and_ends_and_the_run_goes_on_with_the_same_bits(lab: Lab) -> None:
    slowly = "trainer.learning_rate=0.001"
    stopped = asked(lab, lines({"request": "stop"}), slowly)
    assert stopped.status == stopped.folder.status() == "stopped"
    step = stopped.manifest()["step"]
    longer = lab.resume(stopped, f"trainer.max_steps={step + 3}")
    whole = lab.train("trainer.epochs=60", f"trainer.max_steps={step + 3}", slowly)
    assert longer.weights_file == whole.weights_file


def test_a_stop_asked_for_while_data_are_encoded_counts(lab: Lab) -> None:
    slow = lab.plugin(
        """
        import json, os, pathlib
        import seqkit

        class Slow(seqkit.Dataset):
            "Asks its own run to stop while it is read."
            name = "slow"
            tasks = ("classification",)

            def splits(self, config, notify):
                control = pathlib.Path(os.environ["CONTROL"])
                control.write_text(json.dumps({"request": "stop"}) + "\\n")
                rows = [{"text": f"w{i % 3} x", "label": str(i % 2)} for i in range(40)]
                return {"train": rows, "validation": rows}

        @seqkit.hookimpl
        def register_datasets():
            return [Slow]
        """
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTROL", str(lab.runs / "eager" / "control.jsonl"))
        run = lab.train(
            "trainer.batch_size=2", plugins=[slow], name="eager", dataset={"name": "slow"}
        )
    assert run.status == "stopped"
    assert run.manifest()["step"] == 1


def test_several_requests_in_one_write_are_all_answered_in_order(lab: Lab) -> None:
    text = lines(
        {"request": "save"},
        {"request": "set-learning-rate", "value": 0.002},
        {"request": "pause"},
        {"request": "pause"},
        {"request": "resume"},
        {"request": "resume"},
        {"request": "stop"},
    )
    run = asked(lab, text)
    assert answers(run) == [
        ("save", True),
        ("set-learning-rate", True),
        ("pause", True),
        ("pause", False),
        ("resume", True),
        ("resume", False),
        ("stop", True),
    ]
    assert run.status == "stopped"


def test_a_paused_run_waits_until_it_is_told_to_go_on(lab: Lab) -> None:
    folder = RunFolder(lab.runs / "asked")
    seen: list[str] = []

    def resume_later() -> None:
        latest = time.monotonic() + 60
        while folder.status() != "paused" and time.monotonic() < latest:
            time.sleep(0.02)
        seen.append(folder.status())
        time.sleep(0.3)
        folder.request("resume")

    asking = threading.Timer(0.5, resume_later)
    asking.start()
    run = asked(lab, lines({"request": "pause"}), "trainer.epochs=2", at=1)
    asking.join()
    assert seen == ["paused"]
    assert answers(run) == [("pause", True), ("resume", True)]
    paused, resumed = run.of("control")
    assert paused.step == resumed.step
    assert resumed.time - paused.time >= 0.3
    assert run.of("ended")[0]["elapsed"] < run.of("ended")[0].time - run.of("started")[0].time - 0.3
    assert run.weights_file == lab.train().weights_file


def test_a_paused_run_can_be_interrupted(lab: Lab) -> None:
    stop = threading.Timer(1.5, lambda: RunFolder(lab.runs / "asked").request("stop"))
    stop.start()
    run = asked(lab, lines({"request": "pause"}))
    assert run.status == "stopped"


def test_a_new_learning_rate_holds_from_then_on_and_after_resuming(
    lab: Lab, signal_at: SignalAt
) -> None:
    text = lines({"request": "set-learning-rate", "value": 0.003})
    run = asked(lab, text, "trainer.learning_rate=0.001", then=lines({"request": "stop"}))
    step = run.of("control")[0].step
    assert {event["learning_rate"] for event in run.of("step") if event.step <= step} == {0.001}
    resumed = lab.resume(run, f"trainer.max_steps={run.manifest()['step'] + 2}")
    later = [event["learning_rate"] for event in resumed.of("step") if event.step > step]
    assert later == pytest.approx([0.003] * len(later))


@pytest.mark.parametrize(
    "text",
    [
        b'{"request": "explode"}\n',
        b'{"request": ["stop"]}\n',
        b"{}\n",
        b"not json\n",
        b"\xff\xfe\x00\n",
        b"[" * 100_000 + b"\n",
        b'"stop"\n',
        b'{"request": "set-learning-rate"}\n',
        b'{"request": "set-learning-rate", "value": -1}\n',
        b'{"request": "set-learning-rate", "value": true}\n',
        b'{"request": "set-learning-rate", "value": NaN}\n',
        b'{"request": "set-learning-rate", "value": 1e999}\n',
        b'{"request": "set-learning-rate", "value": 1' + b"0" * 400 + b"}\n",
        b'{"request": "set-learning-rate", "value": "0.1"}\n',
        b'{"request": "resume"}\n',
        sealed_line('{"request": "save", "time": 5}').replace(b"5", b"4", 1) + b"\n",
    ],
)
def test_what_cannot_be_obeyed_is_answered_and_training_goes_on(lab: Lab, text: bytes) -> None:
    run = asked(lab, text, then=lines({"request": "stop"}))
    assert [applied for _, applied in answers(run)] == [False, True]
    assert run.status == "stopped"


def test_a_line_still_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "control.jsonl"
    path.write_bytes(b'{"request": "stop"}\n')
    control = ControlFile(path)
    assert control.poll() == []
    for piece, found in pieces():
        with path.open("ab") as file:
            file.write(piece)
        time.sleep(POLL_SECONDS)
        assert [request["request"] for request in control.poll()] == found
    path.write_bytes(b"")
    time.sleep(POLL_SECONDS)
    assert control.poll() == []
    path.write_bytes(b'{"request": "pause"}\n')
    time.sleep(POLL_SECONDS)
    assert [request["request"] for request in control.poll()] == ["pause"]
    path.unlink()
    assert control.poll() == []


def pieces() -> Iterator[tuple[bytes, list[str]]]:
    yield b'{"request": "sa', []
    yield b've"}', []
    yield b'\n{"request": "stop"}\n{"req', ["save", "stop"]
    yield b'uest": "pause"}\n\n', ["pause"]


def test_requests_are_answered_between_signals() -> None:
    control = ControlFile(Path("does-not-exist"))
    control.interrupt("SIGTERM")
    assert control.poll() == [{"request": "interrupt", "value": "SIGTERM"}]
    assert control.poll() == []


def test_a_resumed_run_still_names_its_recipe(lab: Lab, signal_at: SignalAt) -> None:
    run = lab.train(recipe="mine", observers=[signal_at(3)])
    lab.resume(run)
    assert [event["recipe"] for event in run.of("started")] == ["mine", "mine"]

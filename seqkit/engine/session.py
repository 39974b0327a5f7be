"""One process's work on a run: the log, the checkpoints, and how it ended."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shlex
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from seqkit.callbacks import STOP, Notify, StopRun, ignore
from seqkit.engine.attribution import ComponentError, attributed_in, attributed_to
from seqkit.engine.checkpoint import (
    Checkpoint,
    checkpoints_in,
    tidy_up,
)
from seqkit.engine.control import ControlFile
from seqkit.engine.device import choose_device, set_threads
from seqkit.engine.encoding import EncodedData, encode_data, encode_for_run, encode_further
from seqkit.engine.estimate import estimated_seconds
from seqkit.engine.final_evaluation import final_evaluation
from seqkit.engine.judging import judge_run
from seqkit.engine.keeping import best_of, restore_state, save_state
from seqkit.engine.learner import build_learner
from seqkit.engine.metadata import scalars_of, started, summary
from seqkit.engine.progress import Progress
from seqkit.engine.requests import Requests, status_after
from seqkit.engine.restoring import damage_of_record
from seqkit.engine.signals import Signals
from seqkit.engine.train import Training
from seqkit.engine.warm_start import Source, begin_from
from seqkit.errors import CheckpointError, DataError, RunError, SeqkitError
from seqkit.events import Event, EventLog
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.used import local_plugins
from seqkit.nn.memory import use_huge_pages
from seqkit.registry.observing import Observers
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder, resume_command, write_atomically
from seqkit.runs.summary import words_to_go_on
from seqkit.runs.verdict import Verdict
from seqkit.storage.checksums import check_folder_seal, seal_folder, sealed_text
from seqkit.storage.locks import Hold, this_process

Observer = Callable[[Event], Any]
_PLANNING = re.compile(r"trainer\.(batch_size|bucketing|overfit_batches|seed)=")


class Session:
    """One process's work on a run.

    Args:
        folder: The run.
        experiment: What it is, with the words that change it applied.
        registry: Whose observers see the events.
        observers: Further ones.
        hold: The right to change the folder.
        signals: Where signals go, which end the run.
        overrides: The words that changed the experiment.
        record: What `run.json` said, where that is damaged and has to be written anew.
        source: The run whose weights it begins with, where there is one and it has not begun.
        waiting: Receives what is being done while no step is.
    """

    def __init__(
        self,
        folder: RunFolder,
        experiment: Experiment,
        registry: Registry,
        observers: Sequence[Observer],
        hold: Hold,
        signals: Signals,
        overrides: Sequence[str] = (),
        record: Mapping[str, Any] | None = None,
        source: Source | None = None,
        waiting: Notify = ignore,
    ) -> None:
        self.folder = folder
        self._waiting = waiting
        self.hold = hold
        self.source = source
        self.signals = signals
        self.overrides = tuple(overrides)
        self.experiment = experiment
        self.registry = registry
        self.observers = list(observers)
        chosen = [(part.entry, part.config) for part in experiment.observers]
        self._plugins = Observers(registry, chosen)
        self._local = local_plugins(experiment, registry)
        try:
            self.log = EventLog(folder.events_file)
        except OSError as error:
            raise DataError(
                f"{folder.events_file} cannot be opened for writing: {error.strerror}."
            ) from error
        # From here on requests count, also those made while the data are being encoded.
        self.controls = ControlFile(folder.control_file)
        self._place = _identity_of(folder.path)
        self._unsaid: list[Event] = []
        self._restored = record is not None
        self._record = dict(folder.info() if record is None else record)
        self._best: dict[str, Any] | None = None
        self.progress = Progress(accumulation=experiment.trainer.accumulation)
        self.at = (0, 0.0)
        self.unwritten = False
        self.began = False

    def close(self) -> None:
        """Closes the log."""
        self.log.close()

    # --- events -----------------------------------------------------------------------------------

    def publish(self, event: Event) -> None:
        """Writes an event, then shows it to everyone.

        Before the run has begun, its log is left as it is: the event is written when it begins.
        """
        self.at = (event.step, event.epoch)
        if self.began:
            self._write(event)
        else:
            self._unsaid.append(event)
        self._show(event)

    def _write(self, event: Event) -> None:
        try:
            self.log.write(event)
        except OSError as error:
            if not self.unwritten:
                self.unwritten = True
                message = f"{self.folder.events_file} cannot be written: {error.strerror}"
                self._show(Event("warning", *self.at, {"message": message}))

    def _show(self, event: Event) -> None:
        for complaint in self._plugins.publish(event):
            self.warn(complaint)
        for observer in list(self.observers):
            try:
                if observer(event) is STOP:
                    self.controls.stop("on_event")
            except StopRun:
                self.controls.stop("on_event")
            except BaseException:
                # It is the caller's own, and ends the run; but the end is not told to it again.
                self.observers.remove(observer)
                raise

    def warn(self, message: str) -> None:
        """Publishes a warning."""
        self.publish(Event("warning", *self.at, {"message": message}))

    # --- the run ----------------------------------------------------------------------------------

    def run(self, checkpoint: Checkpoint | None, ended: Mapping[str, Any] | None = None) -> str:
        """Runs to the end, whatever the end is, notes it, and returns the status.

        Args:
            checkpoint: Where to go on from.
            ended: What `run.json` said of a run that had finished.
        """
        try:
            for note in self.experiment.notes:
                self.warn(note)
            with attributed_in(self.experiment, self.registry):
                return self._train(checkpoint, ended)
        except ComponentError as error:
            self._end("failed", str(error))
            raise RunError(f"the run failed: {error}") from error
        except SeqkitError as error:
            self._end("failed", str(error))
            raise
        except KeyboardInterrupt:
            kept = any(checkpoints_in(self.folder.checkpoints))
            self._end("interrupted", "" if kept else "interrupted before any state was saved")
            raise
        except (OSError, SafetensorError) as error:
            self._end("failed", str(error))
            again = (
                f"go on: {resume_command(self.folder, self._local)}"
                if self.began
                else "start it again"
            )
            raise DataError(
                f"the run cannot go on, in {self.folder.path}: {error}. Make room for it or mend "
                f"what is named, then {again}"
            ) from error
        except Exception as error:
            self._end("failed", f"{type(error).__name__}: {error}")
            raise RunError(
                f"the run failed: {type(error).__name__}: {error}, in {self.folder.path}. "
                "Use --traceback to see where"
            ) from error
        finally:
            self.close()

    def _train(self, checkpoint: Checkpoint | None, ended: Mapping[str, Any] | None) -> str:
        data = self._data()
        training = self._loop(data, checkpoint)
        beginning = self._beginning(training, data, checkpoint)
        to_test = self.experiment.trainer.test and "test" in data.splits
        done = training.finished() or training.stopped_early()
        if ended is not None and done and ("test" in ended or not to_test):
            self._tell_nothing_is_left(training, beginning, ended)
            return "finished"
        self._begin(data, beginning)
        self.signals.ask = self.controls.interrupt
        for event in training.run(Requests(training, self).attend):
            shown = self._with_baselines(event, data)
            self.publish(shown)
            self._note(shown)
        self.signals.ask = None
        if training.stopped in ("stopped", "interrupted"):
            self._end(training.stopped, "")
            return training.stopped
        if to_test:
            baselines = self._baselines(data, "test")
            self._waiting("Scoring the test split ...")
            for event in final_evaluation(training, data, baselines, self.folder, self.warn):
                self.publish(event)
                if event.kind == "evaluation":
                    self._update(test=scalars_of(event))
        message = "stopped early: no improvement" if training.stopped else ""
        verdict = judge_run(self.folder, self.experiment, self.registry, message)
        self._end("finished", message, verdict)
        return "finished"

    def _loop(self, data: EncodedData, checkpoint: Checkpoint | None) -> Training:
        """Builds the loop, at its beginning or where a checkpoint was made."""
        device = choose_device(self.experiment.trainer)
        if device.on_host:
            use_huge_pages()
        learner = build_learner(self.experiment, data.codec, device)
        if learner.shape != data.codec.shape:
            self._record["outputs"] = learner.shape.as_dict()["outputs"]
        if checkpoint is None and self.source is not None:
            begin_from(self.source, learner, self.warn)
            training = Training(learner, data.splits, self.progress, self._save)
            training.score_first = True
            return training
        if checkpoint is None:
            with attributed_to(self.experiment.model):
                model = self.experiment.model
                model.component.initialize(model.config, learner.model, data.codec, self.warn)
            return Training(learner, data.splits, self.progress, self._save)
        self.progress = Progress.from_dict(checkpoint.manifest["progress"])
        training = Training(learner, data.splits, self.progress, self._save)
        restore_state(training, checkpoint, self.overrides)
        unlike = data.changed or any(map(_PLANNING.match, self.overrides))
        if said := training.take_up(unlike):
            self.warn(said)
        validated = "validation" in data.splits
        self._best = best_of(checkpoint, validated, self.experiment.monitor[0])
        return training

    def _beginning(
        self, training: Training, data: EncodedData, checkpoint: Checkpoint | None
    ) -> Event:
        """Returns the event that tells what begins; a step is tried for its estimate."""
        baselines = self._baselines(data, "validation")
        resumed_from = checkpoint.step if checkpoint else None
        left = training.total_steps - self.progress.step
        plan = training.plan(self.progress.epoch)
        estimate = estimated_seconds(training.learner, data.splits["train"], plan, left)
        return started(self.folder, training, data, baselines, resumed_from, estimate, self._local)

    def _begin(self, data: EncodedData, beginning: Event) -> None:
        """Changes the run's files for the first time: all that could fail has been done."""
        try:
            tidy_up(self.folder.path)
            self._keep_codec(data)
            if self.overrides:
                text = sealed_text(self.experiment.as_toml())
                write_atomically(self.folder.experiment_file, text)
            best = {"best": self._best} if self._best else {}
            self._record |= {"status": "running", "process": this_process()}
            self._record |= best | summary(beginning)
            self.folder.write(self._record)
        except OSError as error:
            raise DataError(
                f"the run folder {self.folder.path} cannot be written: {error.strerror}."
            ) from error
        self.hold.begun()
        self.began = True
        for event in self._unsaid:
            self._write(event)
        self._unsaid.clear()
        self.publish(beginning)

    def poll(self) -> list[dict[str, Any]]:
        """Returns what was asked for since the last step.

        Raises:
            CheckpointError: The folder is not there any more.
        """
        if self.controls.due():
            self._check_place()
        return self.controls.poll()

    def _check_place(self) -> None:
        if _identity_of(self.folder.path) != self._place:
            raise CheckpointError(
                f"the run folder {self.folder.path} is gone: it was renamed, moved or deleted "
                "while it was trained. What it has saved until then is in it; go on with its new "
                "name: seqkit resume NAME"
            )
        if self.began and not self.folder.codec.is_dir():
            # As deleting leaves it that meets a file which is written just then.
            raise CheckpointError(
                f"files of the run folder {self.folder.path} were deleted while it was trained, "
                "among them its codec, without which nothing can be answered. What is left is "
                "in it"
            )
        self.hold.keep()
        with contextlib.suppress(OSError):
            if self.began and self.log.renew():
                log = self.folder.events_file
                self.warn(f"{log} was deleted or replaced: what was in it before is lost")

    def _tell_nothing_is_left(
        self, training: Training, beginning: Event, ended: Mapping[str, Any]
    ) -> None:
        """Leaves a finished run as it was, and tells those who watch how to go on."""
        if self._restored:
            self.folder.write(self._record)
        did = f"has done its {beginning.step:,} steps"
        words = words_to_go_on(beginning.data, beginning.step)
        if not training.finished():
            waited = training.progress.waited
            did = (
                f"stopped early, after {waited} evaluation{'s' * (waited > 1)} without improvement"
            )
            words = ["trainer.early_stopping=0"]
        command = shlex.join([*shlex.split(resume_command(self.folder, self._local)), *words])
        message = f"Nothing is left to train: {self.folder.name} {did}. Train on with: {command}"
        fields = {
            "status": "finished",
            "message": message,
            "elapsed": round(self.progress.elapsed, 3),
            "best": ended.get("best"),
            "resume": None,
            "verdict": None,
        }
        for observer in self.observers:
            observer(Event("ended", beginning.step, beginning.epoch, fields))

    def _data(self) -> EncodedData:
        """Reads or encodes the data, once torch is set up."""
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.deterministic = True
        set_threads(self.experiment.trainer.threads)
        saved = self.folder.codec
        if saved.is_dir():
            check_folder_seal(
                saved,
                f"The run cannot go on without it. Start it again: "
                f"seqkit run {self.folder.experiment_file}",
            )
            data = encode_for_run(self.experiment, self.registry, saved, self.warn)
        elif self.source is not None:
            data = encode_further(self.experiment, self.source.codec, self.warn)
        else:
            data = encode_data(self.experiment, self.registry, self.warn)
        data.waiting = self._waiting
        if "validation" not in data.splits:
            self.warn("there is no validation split: the newest checkpoint counts as the best")
        return data

    def _keep_codec(self, data: EncodedData) -> None:
        """Writes the codec, whole or not at all."""
        saved = self.folder.codec
        if saved.is_dir():
            return
        aside = saved.with_name(f".encoder.{secrets.token_hex(4)}")
        aside.mkdir()
        try:
            data.codec.save(aside)
            seal_folder(aside)
            aside.replace(saved)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise

    def _baselines(self, data: EncodedData, split: str) -> dict[str, dict[str, float]]:
        if not self.experiment.trainer.baselines or split not in data.splits:
            return {}
        with torch.random.fork_rng(devices=[]):
            return data.baselines(split, self.experiment.metrics)

    def _with_baselines(self, event: Event, data: EncodedData) -> Event:
        if event.kind != "evaluation":
            return event
        fields = dict(event.data) | {"baselines": self._baselines(data, event["split"])}
        return Event(event.kind, event.step, event.epoch, fields, event.time)

    def _note(self, event: Event) -> None:
        """Keeps `run.json` up to what a list of runs shows."""
        if event.kind == "evaluation":
            self._update(evaluation=scalars_of(event))
        elif event.kind == "control" and (status := status_after(event)):
            self._update(status=status)

    def _update(self, **changes: Any) -> None:
        self._record |= changes
        try:
            self._check_place()
            try:
                said = damage_of_record(self.folder)
            except CheckpointError as error:
                said = str(error)
            self.folder.write(self._record)
            if said:
                self.warn(f"{said}. It was written anew")
        except (OSError, SeqkitError) as error:
            self.warn(f"run.json could not be brought up to date: {error}")

    # --- checkpoints ------------------------------------------------------------------------------

    def _save(self, training: Training, reason: str, best: bool) -> Event:
        self._check_place()
        progress = training.progress
        checkpoint = save_state(training, self.folder, best)
        if best:
            validated = progress.best_step is not None
            self._best = best_of(checkpoint, validated, self.experiment.monitor[0])
            self._update(best=self._best)
        relative = f"checkpoints/{checkpoint.path.name}"
        fields = {"path": relative, "best": best, "reason": reason}
        return Event("checkpoint", progress.step, training.epoch, fields)

    # --- the end ----------------------------------------------------------------------------------

    def _end(self, status: str, message: str, verdict: Verdict | None = None) -> None:
        seconds = self.progress.elapsed
        if self.began:
            best = {"best": self._best} if self._best else {}
            self._update(
                status=status,
                message=message,
                ended=time.time(),
                seconds=round(seconds, 3),
                step=self.progress.step,
                **best,
            )
        more = status != "finished" and any(checkpoints_in(self.folder.checkpoints))
        fields = {
            "status": status,
            "message": message,
            "elapsed": round(seconds, 3),
            "best": self._best,
            "resume": resume_command(self.folder, self._local) if more else None,
            "verdict": verdict.as_dict() if verdict is not None else None,
        }
        self.publish(Event("ended", *self.at, fields))


def _identity_of(path: Path) -> tuple[int, int]:
    """Returns what tells the folder at a path from another one that takes its place."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_dev, found.st_ino)

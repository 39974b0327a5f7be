"""A sweep at work: its runs started, followed and stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from seqkit.engine.signals import Signals
from seqkit.errors import CheckpointError, ExitCode
from seqkit.experiments.sweep_file import folder_of, save_plan
from seqkit.experiments.sweep_plan import SweepPlan, SweepRun
from seqkit.processes.run_process import Child
from seqkit.runs.folder import LIVE, RunFolder
from seqkit.runs.listing import reading
from seqkit.runs.log import damaged_lines, read_log
from seqkit.terminal import figures, output
from seqkit.terminal.report.sweep import Running, SweepTable

_POLL_SECONDS = 0.1
_LAST_WAIT = 10.0
"""Seconds that runs have to end after the second Ctrl-C."""


class Sweep:
    """A sweep at work: starts runs, follows them, and notes how they end.

    Args:
        grid: The runs.
        runs_dir: The folder of runs.
        jobs: Runs at a time.
        retry_failed: Whether runs that failed before are tried again.
        plugins: Local plugins.
    """

    def __init__(
        self,
        plan: SweepPlan,
        runs_dir: Path,
        jobs: int,
        retry_failed: bool,
        plugins: Sequence[Path],
    ) -> None:
        self.plan = plan
        self.runs_dir = runs_dir
        self.failed: dict[str, str] = {}
        self._jobs = jobs
        self._retry = retry_failed
        self._plugins = plugins
        self._table = SweepTable(plan.runs, plan.varies)
        self._queue: list[SweepRun] = []
        self._running: dict[str, tuple[SweepRun, Child]] = {}
        self._done = 0
        self._took: list[float] = []
        self._asked = self._stopping = False

    # --- the loop ---------------------------------------------------------------------------------

    def run(self) -> int:
        """Works until every run has ended, and returns the exit code."""
        try:
            with Signals() as signals:
                signals.ask = self._ask_to_stop
                while self._running or (self._queue and not self._asked):
                    if self._asked and not self._stopping:
                        self._stop()
                    self._start_some()
                    self._look()
                    if not self._stopping:
                        self._table.watch(self._how_far(), self._done, self._left())
                    time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt:
            self._asked = True
            self._quit()
        finally:
            self._table.close()
            for _, child in self._running.values():
                child.close()
        if self._asked:
            return ExitCode.INTERRUPTED
        return ExitCode.FAILED if self.failed else ExitCode.DONE

    def survey(self) -> None:
        """Sorts the runs into those that are done, running, failed before, and still to do.

        Raises:
            ConfigurationError: There is a run of the same name outside of the group.
        """
        done = []
        for run in self.plan.runs:
            try:
                folder = folder_of(self.plan, run, self.runs_dir)
                status = folder.status() if folder is not None else ""
                if folder is not None and status == "finished":
                    with reading(folder):
                        log = read_log(folder)
                    if said := damaged_lines(log.path, log.damaged):
                        output.warn(said)
                    done.append((run, log.summary))
            except CheckpointError as error:
                # The others go on; trying this one again would meet the same file.
                self.failed[run.name] = str(error)
                continue
            if status == "finished":
                continue
            if status in LIVE:
                self._follow(run, [])
            elif not self._retry and (status == "failed" or run.name in self.plan.failed):
                message = str(folder.info().get("message", "")) if folder is not None else ""
                self.failed[run.name] = self.plan.failed.get(run.name) or message
            else:
                self._queue.append(run)
        self._done = len(done)
        self._announce(len(done))
        for run, summary in done:
            self._table.row(run, summary, "finished", "")

    def _announce(self, done: int) -> None:
        plan = self.plan
        settings = len({run.label for run in plan.runs})
        seeds = len({run.seed for run in plan.runs})
        words = [figures.count_of(len(plan.runs), "run")]
        if settings > 1:
            words.append(f"{settings} settings of {', '.join(plan.varies)}")
        if seeds > 1:
            words.append(f"{seeds} seeds")
        if self._jobs > 1:
            threads = self._environment().get("OMP_NUM_THREADS")
            each = f" with {figures.count_of(int(threads), 'thread')} each" if threads else ""
            words.append(f"{self._jobs} at a time{each}")
        if done:
            words.append(f"{done} finished before")
        if self.failed:
            words.append(f"{len(self.failed)} failed before")
        output.note((plan.group, "bold cyan"), f"  {', '.join(words)}")

    def _start_some(self) -> None:
        while self._queue and not self._asked and len(self._running) < self._jobs:
            run = self._queue.pop(0)
            self._follow(run, self._command(run))

    def _follow(self, run: SweepRun, command: Sequence[str]) -> None:
        environment = {} if run.threads else self._environment()
        child = Child(RunFolder(self.runs_dir / run.name), command, environment)
        self._running[run.name] = run, child

    def _command(self, run: SweepRun) -> list[str]:
        """Returns the words after `seqkit` that start a run, or go on with it."""
        options = ["--runs-dir", str(self.runs_dir), "--quiet"]
        for plugin in self._plugins:
            options += ["--plugin", str(plugin)]
        if (self.runs_dir / run.name / "run.json").is_file():
            return ["resume", run.name, *options]
        options += ["--name", run.name, "--group", self.plan.group]
        for key in self.plan.varies:
            options += ["--varies", key]
        return ["run", self.plan.experiment, *run.words, *options]

    def _environment(self) -> Mapping[str, str]:
        """Shares the cores among runs at a time: threads that compete are slower than fewer."""
        if self._jobs == 1 or "OMP_NUM_THREADS" in os.environ:
            return {}
        cores = (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else (os.cpu_count() or 1)
        )
        return {"OMP_NUM_THREADS": str(max(1, cores // self._jobs))}

    def _look(self) -> None:
        for run, child in [*self._running.values()]:
            if not child.look():
                continue
            del self._running[run.name]
            status, message = child.outcome()
            if status == "failed":
                self.failed[run.name] = message
            elif status == "finished":
                self._done += 1
                self._took.append(child.seconds())
            self._note(run, status, message)
            self._table.row(run, child.summary, status, message)
            child.close()

    def _note(self, run: SweepRun, status: str, message: str) -> None:
        failed = {name: said for name, said in self.plan.failed.items() if name != run.name}
        if status == "failed":
            failed[run.name] = message
        if failed != self.plan.failed:
            self.plan = replace(self.plan, failed=failed)
            save_plan(self.plan, self.runs_dir)

    def _how_far(self) -> list[Running]:
        """Returns how far each running run is."""
        found = []
        for run, child in self._running.values():
            part = child.summary.progress() or 0.0
            text = f"{figures.duration(child.left())} left"
            if not child.stage:
                text = "preparing"
            elif part == 1.0:
                text = "testing"
            found.append(Running(run, part, text))
        return found

    def _left(self) -> str:
        """Returns in words how long everything that is left will take, as far as can be told."""
        known = list(self._took)
        for _, child in self._running.values():
            left = child.left()
            if left is not None:
                known.append(child.seconds() + left)
        if not known:
            return ""
        usual = fmean(known)
        whole = usual * len(self._queue)
        for _, child in self._running.values():
            left = child.left()
            whole += max(0.0, usual - child.seconds()) if left is None else left
        at_once = min(self._jobs, len(self._running) + len(self._queue))
        return f"about {figures.duration(whole / max(1, at_once))}"

    # --- stopping ---------------------------------------------------------------------------------

    def _ask_to_stop(self, _signal: str) -> None:
        # A handler may come in the middle of anything: it leaves the work to the loop.
        self._asked = True

    def _stop(self) -> None:
        self._stopping = True
        self._table.close()
        output.end_line()
        if self._running:
            output.note("Saving the state of what is running; Ctrl-C again quits at once.")
        for _, child in self._running.values():
            child.interrupt()

    def _quit(self) -> None:
        """Ends what is running without saving."""
        for _, child in self._running.values():
            child.interrupt()
        deadline = time.monotonic() + _LAST_WAIT
        while self._running and time.monotonic() < deadline:
            self._look()
            time.sleep(_POLL_SECONDS)

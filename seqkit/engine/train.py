"""The training loop, readable from top to bottom. It yields events and knows no one who reads them.

A step does what a bare PyTorch loop does and nothing that waits for an accelerator: losses and
norms stay on the device until a step event is due.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from seqkit.api import Arrays
from seqkit.codec import SHOWN
from seqkit.engine import nonfinite
from seqkit.engine.batching import training_plan
from seqkit.engine.device import out_of_memory
from seqkit.engine.learner import Learner, Score
from seqkit.engine.optimization import build_optimizer, clip_gradients, gradient_norm, learning_rate
from seqkit.engine.progress import Progress, detach
from seqkit.errors import RunError
from seqkit.events import Event
from seqkit.views import problems_of

LONGEST_SILENCE = 1.0
"""Seconds after which a step event is due even if `log_every` steps are not done."""


@dataclass
class Window:
    """What has happened since the last step event; on an accelerator, unread."""

    totals: list[Tensor] = field(default_factory=list)
    counts: list[Tensor | int] = field(default_factory=list)
    norms: list[Tensor] = field(default_factory=list)
    batches: list[np.ndarray[Any, Any]] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)


class Training:
    """One run of the loop: the learner, its optimiser, and how far they are.

    Args:
        learner: The model and all it needs.
        splits: The encoded splits; `train`, and `validation` where there is one.
        progress: Where to begin.
        save: Writes a checkpoint: told the reason, and whether it is the best so far.

    Attributes:
        stopped: Why it ended before its time; empty while it goes on.
        score_first: Whether weights that were not trained here are scored, and kept, as they came.
    """

    def __init__(
        self,
        learner: Learner,
        splits: dict[str, Arrays],
        progress: Progress,
        save: Callable[[Training, str, bool], Event],
    ) -> None:
        self.learner = learner
        self.config = learner.experiment.trainer
        self.splits = splits
        self.progress = progress
        self.save = save
        self.sizes = learner.codec.sizes(splits["train"])
        self.steps_per_epoch = len(self.plan(progress.epoch))
        self.optimizer = build_optimizer(learner.parameters, self.config, learner.device.device)
        self.averaged: AveragedModel | None = None
        if self.config.ema_decay:
            average = get_ema_multi_avg_fn(self.config.ema_decay)  # type: ignore[no-untyped-call]
            self.averaged = AveragedModel(learner.model, multi_avg_fn=average)
        self.state: Any = None
        self.stopped = ""
        self.score_first = False
        self._told_unfit = False
        self._window = Window()

    @property
    def evaluated(self) -> torch.nn.Module:
        """The model that evaluation and prediction use."""
        return self.averaged.module if self.averaged is not None else self.learner.model

    @property
    def epoch(self) -> float:
        """Epochs done, as a float."""
        return self.progress.epoch + self.progress.batch / max(1, self.steps_per_epoch)

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        progress, config = self.progress, self.config
        epochs = max(0, config.epochs - progress.plan_epoch)
        whole = progress.plan_step + self.steps_per_epoch * epochs
        return min(whole, config.max_steps or whole)

    def finished(self) -> bool:
        """Tells whether every step is done."""
        return self.progress.step >= self.total_steps

    def stopped_early(self) -> bool:
        """Tells whether there was no improvement for as long as `early_stopping` allows."""
        patience = self.config.early_stopping
        return bool(patience) and self.progress.waited >= patience

    def take_up(self, unlike: bool = False) -> str:
        """Goes on where a checkpoint was made; to be called once everything is restored.

        The batches done of an epoch and the carried state belong to the plan of that epoch. Where
        data or settings make another plan now, training goes on with the next epoch.

        Args:
            unlike: Whether data or settings are others for a checkpoint that does not know its
                plan, as older versions wrote them.

        Returns:
            What a person should know of it; may be empty.
        """
        progress, said = self.progress, ""
        plan = self.plan(progress.epoch)
        changed = progress.plan != self._fingerprint(plan) if progress.plan else unlike
        parts = max(min(progress.accumulation, self.config.batch_size), self.config.accumulation)
        if self.state is not None and parts != progress.accumulation:
            # A carried state has as many parts as the batches are computed in.
            changed = True
        progress.accumulation = parts
        if progress.batch and (changed or progress.batch >= len(plan)):
            said = (
                f"the data or the batches are not what they were: of epoch {progress.epoch + 1}, "
                f"{progress.batch} batches were done, and training goes on with the next epoch"
            )
            self._next_epoch()
            progress.loss_total = progress.loss_count = 0.0
        if progress.epoch_steps not in (0, self.steps_per_epoch):
            progress.plan_step, progress.plan_epoch = progress.step, progress.epoch
        return said

    def _unfit(self, items: Sequence[Any]) -> Iterator[Event]:
        """Yields a warning, once, where an answer is not fit for the view that it names."""
        found = [] if self._told_unfit else [said for item in items for said in problems_of(item)]
        if found:
            self._told_unfit = True
            task = self.learner.experiment.task.name
            message = f"answers of the task {task} are shown as plain tables: {found[0]}"
            yield self.event("warning", message=message)

    def _next_epoch(self) -> None:
        progress = self.progress
        progress.epoch, progress.batch, self.state = progress.epoch + 1, 0, None

    def _fingerprint(self, plan: Sequence[np.ndarray[Any, Any]]) -> str:
        """Returns what tells a plan and its data from any other."""
        digest = hashlib.sha256(self._data_digest)
        for indices in plan:
            digest.update(f"{len(indices)}:".encode())
            digest.update(np.ascontiguousarray(indices, dtype=np.int64).tobytes())
        return digest.hexdigest()

    @cached_property
    def _data_digest(self) -> bytes:
        digest = hashlib.sha256()
        for name, array in sorted(self.splits["train"].items()):
            if name.startswith(SHOWN):
                continue
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)
        return digest.digest()

    def run(self, between_steps: Callable[[], Iterator[Event]]) -> Iterator[Event]:
        """Trains until the end, or until `stopped` says why not. Yields events as they happen.

        Args:
            between_steps: Called after each step, to carry out what was asked for meanwhile.
        """
        progress, config = self.progress, self.config
        self.learner.model.train()
        if self.stopped_early():
            self.stopped = "early"
        if self.score_first and progress.step == 0 and progress.best_step is None:
            yield from self._evaluate()
            yield from between_steps()
        while not self.finished() and not self.stopped:
            plan = self.plan(progress.epoch)
            if not len(plan):
                raise RunError(
                    f"epoch {progress.epoch + 1} has no batch to train on. Use a smaller "
                    "trainer.batch_size or more data"
                )
            if progress.batch >= len(plan):
                self._next_epoch()
                continue
            progress.plan, progress.epoch_steps = self._fingerprint(plan), self.steps_per_epoch
            self._window = Window()
            while progress.batch < len(plan) and not self.finished():
                yield from self._step(plan[progress.batch])
                progress.batch += 1
                epoch_ended = progress.batch == len(plan)
                last = self.finished()
                silence = time.perf_counter() - self._window.started
                if progress.step % config.log_every == 0 or silence > LONGEST_SILENCE or last:
                    yield from self.report()
                if epoch_ended:
                    yield from self.report()
                    self._next_epoch()
                if last or self._evaluation_due(epoch_ended):
                    yield from self._evaluate()
                elif config.checkpoint_every and progress.step % config.checkpoint_every == 0:
                    yield from self.report()
                    yield self.saved("interval")
                yield from between_steps()
                if epoch_ended or self.stopped:
                    break

    def plan(self, epoch: int) -> Sequence[np.ndarray[Any, Any]]:
        """Returns the batches of an epoch, each as the numbers of its examples."""
        config = self.config
        return training_plan(
            self.learner.codec,
            self.splits["train"],
            config.batch_size,
            config.seed,
            epoch,
            config.bucketing,
            config.overfit_batches,
        )

    def _evaluation_due(self, epoch_ended: bool) -> bool:
        every = self.config.evaluate_every
        return self.progress.step % every == 0 if every else epoch_ended

    # --- one step ---------------------------------------------------------------------------------

    def _step(self, indices: np.ndarray[Any, Any]) -> Iterator[Event]:
        """Does one optimiser step. A step whose numbers are not finite changes no weight."""
        learner, progress, config = self.learner, self.progress, self.config
        rate = self.scheduled_rate() * progress.rate_factor
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        while True:
            try:
                total, count = self.backward(indices)
                break
            except RuntimeError as error:
                yield self._with_less_memory(error, indices)
        norm = gradient_norm(learner.parameters)
        if self._checked_now():
            # On the host reading a number is free, so that a bad step is caught before it is made.
            value = norm.item()
            if not math.isfinite(value) or not math.isfinite(total.item()):
                yield from self._not_finite(progress.step + 1, indices)
                progress.step += 1
                return
            if config.clip_norm and value > config.clip_norm:
                clip_gradients(learner.parameters, config.clip_norm, norm)
        else:
            self.optimizer.found_inf = (~torch.isfinite(norm + total)).float()  # type: ignore[attr-defined]
            if config.clip_norm:
                clip_gradients(learner.parameters, config.clip_norm, norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.averaged is not None:
            self.averaged.update_parameters(learner.model)
        progress.step += 1
        window = self._window
        window.totals.append(total.detach())
        window.counts.append(count)
        window.norms.append(norm)
        window.batches.append(indices)

    def _checked_now(self) -> bool:
        """Tells whether a step is checked at once; fused optimisers skip bad ones on the device."""
        return self.learner.device.on_host or not self.optimizer.defaults.get("fused")

    def backward(self, indices: np.ndarray[Any, Any]) -> tuple[Tensor, Tensor | int]:
        """Computes the gradient of a batch's mean loss, in as many parts as memory asks for."""
        learner, train = self.learner, self.splits["train"]
        parts = self.progress.accumulation
        if parts == 1:
            batch = learner.place(train, indices)
            total, count, state = learner.summed_loss(batch, self.state)
            (total / count).backward()  # type: ignore[no-untyped-call]
            self.state = detach(state)
            return total, count
        states = self.state if self.state is not None else (None,) * parts
        totals, counts, carried = [], [], []
        for part, state in zip(np.array_split(indices, parts), states, strict=True):
            if not len(part):
                continue
            total, count, after = learner.summed_loss(learner.place(train, part), state)
            (total / len(indices)).backward()  # type: ignore[no-untyped-call]
            totals.append(total.detach())
            counts.append(count)
            carried.append(detach(after))
        self.state = tuple(carried) if any(item is not None for item in carried) else None
        whole = sum(counts)
        for parameter in learner.parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(len(indices) / whole)
        return torch.stack(totals).sum(), whole

    def _with_less_memory(self, error: RuntimeError, indices: np.ndarray[Any, Any]) -> Event:
        """Halves what is computed at once, keeping the effective batch; or gives up."""
        if not out_of_memory(error):
            raise error
        progress = self.progress
        self.optimizer.zero_grad(set_to_none=True)
        if progress.accumulation >= len(indices) or self.state is not None:
            raise RunError(
                f"out of memory at step {progress.step + 1} with "
                f"{math.ceil(len(indices) / progress.accumulation)} examples at once, on "
                f"{self.learner.device.name}. Use a smaller model, shorter inputs or a smaller "
                "trainer.batch_size"
            ) from error
        progress.accumulation = min(2 * progress.accumulation, len(indices))
        if self.learner.device.device.type == "cuda":
            torch.cuda.empty_cache()
        at_once = math.ceil(len(indices) / progress.accumulation)
        return self.event(
            "warning",
            message=f"out of memory at step {progress.step + 1}: batches of {len(indices)} are now "
            f"computed {at_once} examples at a time, which changes memory and speed but not the "
            f"batch",
        )

    def _not_finite(self, step: int, indices: np.ndarray[Any, Any]) -> Iterator[Event]:
        """Names the first layer that broke; then stops with the state saved, or skips the batch."""
        learner = self.learner
        self.optimizer.zero_grad(set_to_none=True)

        def mean_loss() -> Tensor:
            total, count, _ = learner.summed_loss(
                learner.place(self.splits["train"], indices), self.state
            )
            return total / count

        where = nonfinite.locate(learner.model, mean_loss)
        self.optimizer.zero_grad(set_to_none=True)
        shown = ", ".join(str(index) for index in indices[:5])
        message = (
            f"the loss or gradient of step {step} is not finite, {where}; epoch "
            f"{self.progress.epoch + 1}, batch {self.progress.batch + 1}, training examples {shown}"
            + (", ..." if len(indices) > 5 else "")
        )
        if self.config.on_nonfinite == "skip":
            yield self.event("warning", message=f"{message}; the batch was skipped")
            return
        yield self.saved("error")
        raise RunError(
            f"{message}. The state before it is saved; lower trainer.learning_rate or "
            "trainer.clip_norm, or set trainer.on_nonfinite=skip"
        )

    # --- between steps ----------------------------------------------------------------------------

    def scheduled_rate(self) -> float:
        """Returns the learning rate of the next step as its schedule has it."""
        rate = learning_rate(self.config, self.progress.step, self.total_steps)
        return rate * self.progress.plateau_factor

    def report(self) -> Iterator[Event]:
        """Reads what gathered on the device and says it."""
        window, progress = self._window, self.progress
        if not window.totals:
            return
        totals = torch.stack(window.totals).tolist()
        norms = torch.stack(window.norms).tolist()
        counts = [float(count) for count in window.counts]
        now = time.perf_counter()
        seconds = max(1e-9, now - window.started)
        self._window = Window(started=now)
        progress.elapsed += seconds
        for offset, norm in enumerate(norms):
            if not math.isfinite(norm + totals[offset]):
                step = progress.step - len(norms) + offset + 1
                yield from self._not_finite(step, window.batches[offset])
                totals[offset] = counts[offset] = 0.0
        for total, count in zip(totals, counts, strict=True):
            progress.loss_total += total
            progress.loss_count += count
        examples = sum(len(batch) for batch in window.batches)
        tokens = sum(int(self.sizes[batch].sum()) for batch in window.batches)
        finite = [norm for norm in norms if math.isfinite(norm)]
        left = self.total_steps - progress.step
        yield self.event(
            "step",
            loss=sum(totals) / max(1e-12, sum(counts)),
            learning_rate=self.optimizer.param_groups[0]["lr"],
            gradient_norm=max(finite, default=math.nan),
            examples_per_second=round(examples / seconds, 2),
            tokens_per_second=round(tokens / seconds, 1),
            elapsed=round(progress.elapsed, 3),
            eta=round(progress.elapsed / progress.step * left, 1),
        )

    def _evaluate(self) -> Iterator[Event]:
        """Scores the validation split, keeps the best checkpoint, and shows samples."""
        progress, config, learner = self.progress, self.config, self.learner
        yield from self.report()
        train_loss = progress.loss_total / progress.loss_count if progress.loss_count else math.nan
        progress.loss_total = progress.loss_count = 0.0
        name, higher_is_better = learner.experiment.monitor
        if "validation" not in self.splits:
            yield self.saved("epoch", best=True)
            return
        arrays = self.splits["validation"]
        start, at_once = time.perf_counter(), learner.evaluation_batch
        score = learner.score(arrays, "validation", self.evaluated)
        if learner.evaluation_batch < at_once:
            yield self.event(
                "warning",
                message=f"out of memory in the evaluation: {learner.evaluation_batch} examples are "
                f"now scored at a time instead of {at_once}, which changes no score",
            )
        value = score.loss if name == "loss" else float(score.metrics[name])
        # Small splits tie often on a metric; the loss then tells which model is surer.
        rank = (value if higher_is_better else -value, -score.loss)
        best = math.isfinite(value) and (progress.best_rank is None or rank > progress.best_rank)
        if best:
            progress.best_value, progress.best_rank, progress.waited = value, rank, 0
            progress.best_step, progress.best_epoch = progress.step, self.epoch
        else:
            progress.waited += 1
        self._plateau(best)
        progress.elapsed += time.perf_counter() - start
        yield self._evaluation(score, train_loss, best)
        if config.samples:
            chosen = np.random.default_rng(config.seed).permutation(score.examples)
            items = learner.sample(arrays, chosen[: config.samples].tolist(), self.evaluated)
            yield from self._unfit(items)
            yield self.event("sample", split="validation", items=items)
        yield self.saved("epoch", best=best)
        if self.stopped_early():
            self.stopped = "early"
        self._window.started = time.perf_counter()

    def _evaluation(self, score: Score, train_loss: float, best: bool) -> Event:
        return self.event(
            "evaluation",
            split=score.split,
            loss=score.loss,
            train_loss=train_loss,
            metrics=score.metrics,
            examples=score.examples,
            seconds=round(score.seconds, 3),
            **score.observed.as_fields(),
            best=best,
            elapsed=round(self.progress.elapsed, 3),
        )

    def _plateau(self, improved: bool) -> None:
        progress, config = self.progress, self.config
        if config.schedule != "plateau":
            return
        progress.plateau_waited = 0 if improved else progress.plateau_waited + 1
        if progress.plateau_waited > config.plateau_patience:
            progress.plateau_factor *= config.plateau_factor
            progress.plateau_waited = 0

    def saved(self, reason: str, best: bool = False) -> Event:
        """Writes a checkpoint."""
        return self.save(self, reason, best)

    def restart_clock(self) -> None:
        """Leaves out of the speed what no step was made in."""
        self._window.started = time.perf_counter()

    def event(self, kind: str, **data: Any) -> Event:
        """Returns an event of this moment."""
        return Event(kind, self.progress.step, self.epoch, data)

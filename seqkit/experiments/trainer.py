"""Settings of the trainer: the `[trainer]` table of an experiment."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from seqkit.config import Config, Field

MOST = 10**9
"""Largest count of anything: what is meant as "all" or "never" fits, and a slip of digits not."""


class TrainerConfig(Config):
    """How a model is trained."""

    epochs: int = Field(5, ge=1, le=MOST, help="Passes over the training data.")
    max_steps: int = Field(
        0, ge=0, le=MOST, help="Stop after this many optimiser steps; 0: no limit."
    )
    batch_size: int = Field(64, ge=1, le=MOST, help="Examples per optimiser step.")
    accumulation: int = Field(
        1,
        ge=1,
        le=MOST,
        help="Parts a batch is computed in, to save memory; their gradients are added up.",
    )
    bucketing: bool = Field(
        True, help="Group examples of similar length into a batch, which saves padding."
    )

    optimizer: Literal["sgd", "rmsprop", "adam", "adamw"] = Field(
        "adam", help="Rule that updates the weights."
    )
    learning_rate: float = Field(
        1e-3, gt=0, help="Learning rate; the highest one, where a schedule changes it."
    )
    momentum: float = Field(0.9, ge=0, lt=1, help="Momentum of sgd and rmsprop.")
    weight_decay: float = Field(0.0, ge=0, help="Weight decay (decoupled for adamw).")
    schedule: Literal["constant", "linear", "cosine", "one-cycle", "plateau"] = Field(
        "constant", help="How the learning rate goes on after the warm-up."
    )
    warmup: float = Field(
        0.0,
        ge=0,
        help="Linear warm-up: a number of steps, or below 1 a fraction of the run. "
        "one-cycle uses 0.3 when it is 0.",
    )
    plateau_factor: float = Field(
        0.5, gt=0, lt=1, help="What plateau multiplies the learning rate by."
    )
    plateau_patience: int = Field(
        1, ge=0, le=MOST, help="Evaluations without improvement that plateau waits for."
    )
    clip_norm: float = Field(
        1.0, ge=0, help="Largest norm of the gradient; a larger one is scaled down. 0: no clipping."
    )
    ema_decay: float = Field(
        0.0,
        ge=0,
        lt=1,
        help="Decay of an exponential moving average of the weights, used for evaluation; 0: none.",
    )

    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|mps|(cuda|xpu)(:\d+)?)$",
        help="auto, cpu, cuda, cuda:1, mps or xpu.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", help="Mixed precision; auto uses it only on devices where it pays."
    )
    threads: int = Field(0, ge=0, le=1024, help="CPU threads; 0: as many as there are cores.")
    seed: int = Field(0, ge=0, lt=2**32, help="Seed of everything random in the run.")

    evaluate_every: int = Field(
        0, ge=0, le=MOST, help="Steps between evaluations; 0: at the end of each epoch."
    )
    checkpoint_every: int = Field(
        0, ge=0, le=MOST, help="Steps between checkpoints besides those of evaluations; 0: none."
    )
    keep_checkpoints: int = Field(
        1, ge=1, le=MOST, help="Newest checkpoints that are kept besides the best one."
    )
    log_every: int = Field(10, ge=1, le=MOST, help="Steps between step events.")
    monitor: str = Field(
        "", help="What chooses the best checkpoint: loss or a metric; the first metric when empty."
    )
    early_stopping: int = Field(
        0, ge=0, le=MOST, help="Stop after this many evaluations without improvement; 0: never."
    )
    samples: int = Field(3, ge=0, le=20, help="Examples shown with each evaluation.")
    baselines: bool = Field(True, help="Score naive baselines on the same data.")
    test: bool = Field(True, help="Score the best checkpoint on the test split at the end.")

    on_nonfinite: Literal["stop", "skip"] = Field(
        "stop", help="What to do at a loss or gradient that is not finite."
    )
    overfit_batches: int = Field(
        0, ge=0, le=MOST, help="Train on this many batches only, again and again; 0: on all."
    )

    @model_validator(mode="after")
    def _accumulation_fits(self) -> TrainerConfig:
        if self.accumulation > self.batch_size:
            raise ValueError(
                f"accumulation ({self.accumulation}) must not be above batch_size "
                f"({self.batch_size})"
            )
        return self

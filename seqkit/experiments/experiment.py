"""An experiment: its parts with their settings, every default filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from pydantic import model_validator

from seqkit.config import Config, Field
from seqkit.errors import PluginError
from seqkit.experiments.trainer import TrainerConfig
from seqkit.registry.registry import Entry


class WarmStart(Config):
    """Where the weights come from that training begins with."""

    run: str = Field(
        min_length=1,
        help="Run whose weights, vocabulary and scalers training begins with: a name or path.",
    )
    checkpoint: str = Field("best", help="Which of its checkpoints: best, last, or one by name.")
    digest: str = Field(
        "", help="SHA-256 of these weights, which they then must have; a run writes it down."
    )
    refit: bool = Field(
        False, help="Fit scalers to the new data instead of keeping those of the run."
    )


class Folds(Config):
    """Which part of a cross-validation a run is."""

    number: int = Field(0, ge=0, le=1000, help="How many folds there are; 0: none are made.")
    fold: int = Field(1, ge=1, le=1000, help="Which of them is the test, from 1.")
    by: str = Field("", help="Column whose equal values stay in one fold, such as a patient's id.")
    seed: int = Field(0, ge=0, lt=2**32, help="Deals the examples into folds.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Folds:
        if self.number == 1:
            raise ValueError("number (1) must be 0, or at least 2")
        if self.number and self.fold > self.number:
            raise ValueError(f"fold ({self.fold}) must not be above number ({self.number})")
        return self


class Absent:
    """Stands for a component that is not installed and need not be; using it says so."""

    def __init__(self, why: str) -> None:
        self._why = why

    def __getattr__(self, name: str) -> Any:
        raise PluginError(self._why)


@dataclass(frozen=True)
class Part:
    """A component with its settings."""

    entry: Entry
    config: Any

    @property
    def name(self) -> str:
        """The component's bare name."""
        return self.entry.name

    @property
    def component(self) -> Any:
        """The component itself."""
        return self.entry.component

    def as_dict(self) -> dict[str, Any]:
        """Returns its qualified name and every setting, as plain values; None is left out."""
        return {"name": self.entry.qualified} | self.settings()

    def settings(self) -> dict[str, Any]:
        """Returns every setting, as plain values; None is left out."""
        if isinstance(self.config, SimpleNamespace):
            return dict(vars(self.config))
        values: dict[str, Any] = self.config.model_dump(mode="json", exclude_none=True)
        return values


@dataclass(frozen=True)
class Experiment:
    """Everything a run needs to know, checked and with every default filled in.

    Attributes:
        recipe: Name of the recipe it came from, or stem of the file.
        notes: What the user should know about how it was put together.
        origin: The run whose weights training begins with; None where it begins with new ones.
        folds: The part of a cross-validation that it is; None where it is none.
    """

    task: Part
    dataset: Part
    model: Part
    loss: Part
    metrics: tuple[Part, ...]
    trainer: TrainerConfig
    observers: tuple[Part, ...] = ()
    description: str = ""
    recipe: str = ""
    notes: list[str] = field(default_factory=list)
    origin: WarmStart | None = None
    folds: Folds | None = None

    def as_dict(self) -> dict[str, Any]:
        """Returns the experiment as it is written to TOML; reading it back gives it again."""
        head: dict[str, Any] = {"description": self.description} if self.description else {}
        if self.origin is not None:
            head["from"] = self.origin.model_dump(mode="json")
        if self.folds is not None:
            head["folds"] = self.folds.model_dump(mode="json")
        observers = {part.entry.qualified: part.settings() for part in self.observers}
        return head | {
            "task": self.task.as_dict(),
            "dataset": self.dataset.as_dict(),
            "model": self.model.as_dict(),
            "loss": self.loss.as_dict(),
            "metrics": [metric.as_dict() for metric in self.metrics],
            **({"observers": observers} if observers else {}),
            "trainer": self.trainer.model_dump(mode="json", exclude_none=True),
        }

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every component of it with its settings, less its observers."""
        return (self.task, self.dataset, self.model, self.loss, *self.metrics)

    def as_toml(self) -> str:
        """Returns the experiment as TOML with every default spelt out."""
        import tomlkit

        return tomlkit.dumps(self.as_dict())

    @property
    def monitor(self) -> tuple[str, bool]:
        """What chooses the best checkpoint, and whether higher is better."""
        ranking = {
            part.name: bool(part.component.higher_is_better)
            for part in self.metrics
            if part.component.higher_is_better is not None
        }
        name = self.trainer.monitor or next(iter(ranking), "loss")
        return name, ranking.get(name, False)

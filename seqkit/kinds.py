"""The kinds of components: what one and what several of each are called."""

from __future__ import annotations

SINGULAR = {
    "models": "model",
    "datasets": "dataset",
    "tasks": "task",
    "losses": "loss",
    "metrics": "metric",
    "tokenizers": "tokenizer",
    "observers": "observer",
    "recipes": "recipe",
    "plugins": "plugin",
}
"""Everything that can be listed, in the order in which it is."""

PLURAL = {one: several for several, one in SINGULAR.items()}

PARTS = ("task", "dataset", "model", "loss")
"""The parts of an experiment that are one component each."""

OBSERVERS = "observers"
"""The table of an experiment that has a table for each observer."""

FOR_TASKS = ("models", "datasets", "losses", "metrics")
"""Kinds whose components are for some tasks."""

NEW = ("model", "task", "dataset", "loss", "metric", "tokenizer", "observer", "command")
"""What `seqkit plugin new` writes."""

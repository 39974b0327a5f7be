"""A setting that was written like an option, such as `--epochs 3`."""

from __future__ import annotations

from collections.abc import Sequence


def as_setting(option: str, words: Sequence[str]) -> str:
    """Returns the word that was probably meant, `trainer.epochs=3`; empty for none.

    Args:
        option: The option that there is not, with its dashes.
        words: The command line, whose experiment tells which settings there are.
    """
    from seqkit.cli.common import plugins_of_environment
    from seqkit.errors import SeqkitError
    from seqkit.experiments.loading import load_experiment
    from seqkit.experiments.places import place_of, tables_of
    from seqkit.registry.discovery import load_registry

    parts = ("task", "dataset", "model", "loss")
    if (name := option.lstrip("-")) in parts:
        # An option of seqkit new is a word here.
        return f"{name}={_value(option, words)}"
    registry = load_registry(plugins_of_environment())
    tables = tables_of({})
    for word in words[1:3]:
        try:
            experiment = load_experiment(word, registry)
        except (SeqkitError, OSError):
            continue
        tables |= tables_of({key: getattr(experiment, key).entry for key in parts})
        break
    value = _value(option, words)
    return " or ".join(f"{key}={value}" for key in place_of(option, tables))


def _value(option: str, words: Sequence[str]) -> str:
    """Returns what stands behind an option; VALUE where nothing does."""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == option and equals:
            return value
        if name == option and place + 1 < len(words) and not words[place + 1].startswith("--"):
            return words[place + 1]
    return "VALUE"

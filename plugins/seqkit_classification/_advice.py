"""What may be behind a poor score of classification: unknown words, classes never told, n-grams."""

from __future__ import annotations

from collections.abc import Iterator

from seqkit.api import Advice, Outcome

MANY_UNKNOWN = 0.25
"""The part of the words from which on their being unknown matters more than anything else."""
_MOSTLY_UNKNOWN = 0.5
_RARE = 0.6
"""A class is rare that has less than this part of what it had if all were equally frequent."""
_RARELY_TOLD = 0.1
_FEWEST_EXAMPLES = 3
_NAMED = 3
_N_GRAMS = "nb-svm"


def advice(outcome: Outcome) -> Iterator[Advice]:
    """Yields what the outcome shows, the likeliest first."""
    tokenizer = outcome.settings.get("task.tokenizer")
    unknown = outcome.unknown or 0.0
    if unknown >= MANY_UNKNOWN and tokenizer not in ("characters", "bpe"):
        other = "characters" if unknown >= _MOSTLY_UNKNOWN else "bpe"
        yield Advice(
            f"{unknown:.0%} of the words of the {outcome.split} split are unknown to the model, as "
            "they are too rare in the training texts",
            (f"task.tokenizer={other}",),
        )
    examples = sum(counts[0] for counts in outcome.classes.values())
    usual = examples / max(1, len(outcome.classes))
    missed = [
        (name, counts[0])
        for name, counts in outcome.classes.items()
        if _FEWEST_EXAMPLES <= counts[0] < _RARE * usual and counts[2] <= _RARELY_TOLD * counts[0]
    ]
    if missed:
        yield Advice(_missed(missed, outcome, examples), _weighted(outcome))
    if outcome.beats(_N_GRAMS) is False:
        yield _begun(outcome)


def _begun(outcome: Outcome) -> Advice:
    if outcome.settings.get("task.residual") == _N_GRAMS:
        return Advice(
            f"the answers begin from {_N_GRAMS}, and what it leaves holds little that can be "
            "learnt from these texts"
        )
    return Advice(
        f"{_N_GRAMS} counts words, pairs of words and runs of characters, which a network hardly "
        "learns from few texts: it can begin from them",
        (f"task.residual={_N_GRAMS}",),
    )


def _missed(missed: list[tuple[str, int]], outcome: Outcome, examples: int) -> str:
    parts = [f"{name!r} ({count / examples:.0%} of the examples)" for name, count in missed]
    named = ", ".join(parts[:_NAMED]) + (", ..." if len(parts) > _NAMED else "")
    never = all(outcome.classes[name][2] == 0 for name, _ in missed)
    often = "never" if never else "hardly ever"
    return f"the model {often} rightly tells the rare class{'es' * (len(missed) > 1)} {named}"


def _weighted(outcome: Outcome) -> tuple[str, ...]:
    words = []
    if outcome.settings.get("loss.class_weights") == "none":
        words.append("loss.class_weights=balanced")
    if outcome.metric == "accuracy" and "f1" in outcome.scores:
        words.append("trainer.monitor=f1")
    return tuple(words)

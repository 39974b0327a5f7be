"""The dataset `event-order`: were two events told in the order in which they happened?"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

import click

import seqkit

VERSION = 1
PEOPLE = ("Ada", "Ben", "Carol", "Dan", "Eve", "Frank", "Grace", "Hugo", "Iris", "Jonas")
DEEDS = (
    "sang a song",
    "left the house",
    "baked some bread",
    "called a friend",
    "fed the cat",
    "opened the window",
    "read a letter",
    "went to the market",
    "danced",
    "fell asleep",
)
TIMES = ("", "on Monday ", "last winter ", "one rainy evening ", "as every year ")
IN_ORDER, REVERSED = "in-order", "reversed"
EARLIER, LATER, NEITHER = "earlier", "later", "O"


class EventOrder(seqkit.Dataset):
    """Generated sentences that tell two events, in the order they happened or reversed.

    The label hangs on which word joins the two clauses and on where it stands: each word occurs
    equally often with either label, so that a bag of words is no better than chance.
    """

    name = "event-order"
    tasks = ("classification",)

    class Config(seqkit.Config):
        sentences: int = seqkit.Field(
            2400, ge=10, le=40_000, help="Sentences in all; an eighth each validate and test."
        )
        reversed_share: float = seqkit.Field(
            0.5, gt=0, lt=1, help="Share of the sentences that tell the later event first."
        )
        seed: int = seqkit.Field(0, ge=0, help="Seed of the sentences.")

    def splits(
        self, config: Config, notify: seqkit.Notify
    ) -> Mapping[str, Iterable[seqkit.Record]]:
        records = generate(config.sentences, config.reversed_share, config.seed)
        eighth = len(records) // 8
        return {
            "train": records[2 * eighth :],
            "validation": records[:eighth],
            "test": records[eighth : 2 * eighth],
        }

    def fingerprint(self, config: Config) -> str:
        return f"event-order {VERSION} {config.model_dump_json()}"


def generate(sentences: int, reversed_share: float, seed: int) -> list[dict[str, str]]:
    """Draws sentences that all differ, in random order.

    Args:
        sentences: How many.
        reversed_share: Share of them that tell the later event first.
        seed: The same seed gives the same sentences.

    Returns:
        Records with `text` and `label`.
    """
    draw = random.Random(seed)
    texts: dict[str, str] = {}
    while len(texts) < sentences:
        label = REVERSED if len(texts) < reversed_share * sentences else IN_ORDER
        texts.setdefault(_sentence(draw, label), label)
    records = [{"text": text, "label": label} for text, label in texts.items()]
    draw.shuffle(records)
    return records


def _sentence(draw: random.Random, label: str) -> str:
    first, second = (
        f"{person} {deed}"
        for person, deed in zip(draw.sample(PEOPLE, 2), draw.sample(DEEDS, 2), strict=True)
    )
    time = draw.choice(TIMES)
    if draw.random() < 0.5:
        joined = f"{first} {'before' if label == IN_ORDER else 'after'} {second}"
    else:
        joined = f"{'after' if label == IN_ORDER else 'before'} {first} , {second}"
    sentence = f"{time}{joined} ."
    return sentence[0].upper() + sentence[1:]


def tag_events(record: Mapping[str, str]) -> dict[str, list[str]]:
    """Tags the words of the earlier and of the later event of a sentence that `generate` drew."""
    words = record["text"].split()
    # An event begins with its person, and ends before the next word that is in neither.
    between = [place for place, word in enumerate(words) if word in ("before", "after", ",", ".")]
    order = (EARLIER, LATER) if record["label"] == IN_ORDER else (LATER, EARLIER)
    begins = [place for place, word in enumerate(words) if word in PEOPLE]
    tags = [NEITHER] * len(words)
    for begin, tag in zip(begins, order, strict=True):
        end = next(place for place in between if place > begin)
        tags[begin:end] = [tag] * (end - begin)
    return {"words": words, "tags": tags}


def add_command(cli: click.Group) -> None:
    """Adds `seqkit event-order`."""

    @cli.command("event-order")
    @click.option("--count", default=5, show_default=True, help="Sentences to print.")
    @click.option("--seed", default=0, show_default=True, help="Seed of the sentences.")
    def event_order(count: int, seed: int) -> None:
        """Print sentences of the event-order dataset with their labels."""
        for record in generate(max(1, count), 0.5, seed):
            click.echo(f"{record['label']}\t{record['text']}")

"""The task `word-tags` and its datasets: their settings. The work is in `tag_codec`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import seqkit
from seqkit.data import LocalPath, fingerprint, hold_out
from seqkit_example.event_order import VERSION, generate, tag_events
from seqkit_example.tagged_file import ENDINGS, read_sentences


class WordTags(seqkit.Task):
    """Tell the tag of each word of a sentence.

    One class a step: every model, loss and metric of `step-classes` is for it.
    """

    name = "word-tags"
    inputs = ("tokens",)
    outputs = "step-classes"
    loss = "cross-entropy"
    metrics = ("accuracy", "f1")
    fields = {"words": "the words of a sentence, a list", "tags": "the tag of each word, a list"}  # noqa: RUF012 - as the contract has it
    examples = ("Before Ada danced, Ben sang.",)
    purpose = "tag the words of new sentences"
    hint = "Type a sentence; the tag of each word follows as you type."
    live = True
    own_data_recipe = "event-tags"

    class Config(seqkit.Config):
        minimum_count: int = seqkit.Field(
            2, ge=1, help="How often a word must occur in the training sentences to be known."
        )

    def encode(
        self,
        config: Config,
        splits: Mapping[str, Iterable[seqkit.Record]],
        notify: seqkit.Notify,
    ) -> tuple[seqkit.Codec, dict[str, seqkit.Arrays]]:
        from seqkit_example.tag_codec import fit

        return fit(splits, config.minimum_count, notify)

    def load(self, folder: Path) -> seqkit.Codec:
        from seqkit_example.tag_codec import TagCodec

        return TagCodec.load(folder)


class TaggedFile(seqkit.Dataset):
    """Your own tagged sentences: a word and its tag on each line, an empty line between sentences.

    The first column is the word and the last one the tag, as in the files of the CoNLL tasks.
    """

    name = "tagged-file"
    tasks = ("word-tags",)

    class Config(seqkit.Config):
        path: LocalPath = seqkit.Field(min_length=1, help="The file of tagged sentences.")
        validation: float = seqkit.Field(
            0.1, gt=0, lt=0.5, help="Part of the sentences held out for validation."
        )
        test: float = seqkit.Field(0.1, gt=0, lt=0.5, help="Part held out for the test.")
        seed: int = seqkit.Field(0, ge=0, help="Chooses the sentences that are held out.")

    def splits(
        self, config: Config, notify: seqkit.Notify
    ) -> Mapping[str, Iterable[seqkit.Record]]:
        rest, test = hold_out(read_sentences(Path(config.path)), config.test, config.seed)
        train, validation = hold_out(rest, config.validation, config.seed)
        return {"train": train, "validation": validation, "test": test}

    def fingerprint(self, config: Config) -> str:
        return fingerprint(config, [Path(config.path)])

    def location(self, config: Config) -> Path:
        return Path(config.path)

    def recognise(self, data: seqkit.OwnData, task: str) -> seqkit.Recognition | None:
        if data.kind not in ENDINGS or data.holds_numbers_alone:
            return None
        sentences = [part for part in re.split(r"\n\s*\n", data.text) if part.strip()]
        columns = {len(line.split()) for line in data.lines}
        if len(sentences) < 2 or len(columns) != 1 or columns == {1}:
            return None
        tags = {line.split()[-1] for line in data.lines}
        return seqkit.Recognition(
            settings={"path": data.as_setting},
            said=f"words with {len(tags)} different tags are in it, in {len(sentences)} sentences",
            confidence=1.0 if data.kind == ".conll" else 0.9,
            task="word-tags",
            examples=len(sentences),
        )


class EventTags(seqkit.Dataset):
    """Generated sentences of two events: the words of the earlier and of the later are tagged.

    No word tells its tag by itself, but for those that belong to neither event.
    """

    name = "event-tags"
    tasks = ("word-tags",)

    class Config(seqkit.Config):
        sentences: int = seqkit.Field(
            1600, ge=10, le=40_000, help="Sentences in all; an eighth each validate and test."
        )
        seed: int = seqkit.Field(0, ge=0, help="Seed of the sentences.")

    def splits(
        self, config: Config, notify: seqkit.Notify
    ) -> Mapping[str, Iterable[seqkit.Record]]:
        records = [tag_events(one) for one in generate(config.sentences, 0.5, config.seed)]
        eighth = len(records) // 8
        return {
            "train": records[2 * eighth :],
            "validation": records[:eighth],
            "test": records[eighth : 2 * eighth],
        }

    def fingerprint(self, config: Config) -> str:
        return f"event-tags {VERSION} {config.model_dump_json()}"

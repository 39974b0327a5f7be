"""A setting or a command by the name that other programs have for it leads to the right one."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["epochs=3"], "epochs is not a setting. Did you mean trainer.epochs=3?"),
        (["lr=0.1"], "Did you mean trainer.learning_rate=0.1?"),
        (["batch_size=8"], "Did you mean trainer.batch_size=8?"),
        (["hidden_size=8"], "Did you mean model.hidden_size=8?"),
        (["trainer.hidden_size=8"], "Did you mean model.hidden_size?"),
        (["tokenizer=bpe"], "Did you mean task.tokenizer=bpe?"),
        (["hiden-size=8"], "Did you mean model.hidden_size=8?"),
        (["--epochs", "3"], "Settings are words without dashes: trainer.epochs=3"),
        (["--lr=0.1"], "Settings are words without dashes: trainer.learning_rate=0.1"),
        (["--task", "seq2seq"], "Settings are words without dashes: task=seq2seq"),
        (["--hidden-size", "8"], "Settings are words without dashes: model.hidden_size=8"),
        (["--jsn"], "Did you mean --json?"),
        (["task.tokenizer=spacy/de"], "the nearest is torchtext:spacy/de."),
        (["foo=3"], "foo is not a setting. Valid: dataset, description,"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_setting_without_its_table_leads_to_the_one_that_was_meant(
    seqkit: Callable, words: list[str], hint: str
) -> None:
    done = seqkit("run", "sentiment", *words)

    assert done.code == 2
    assert hint in done.err


def test_a_setting_at_the_top_of_a_file_leads_to_its_table(
    seqkit: Callable, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('lr = 0.1\ndataset = "sentences"\nmodel = "gru"\n', encoding="utf-8")

    done = seqkit("run", file)

    assert done.err == (
        "seqkit: error: lr is not a setting. Did you mean trainer.learning_rate=0.1?\n"
    )


@pytest.mark.parametrize(
    ("command", "meant"),
    [("train", "run"), ("delete", "rm"), ("ls", "runs"), ("eval", "evaluate"), ("swep", "sweep")],
)
def test_a_command_by_another_name_leads_to_ours(
    seqkit: Callable, command: str, meant: str
) -> None:
    done = seqkit(command, "sentiment")

    assert done.code == 2
    assert done.err == (f"seqkit: error: there is no command {command!r}. Did you mean {meant}?\n")

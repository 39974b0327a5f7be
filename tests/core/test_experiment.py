"""Experiments: read, overridden by words, checked whole, written resolved."""

import math
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import ConfigurationError
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.trainer import TrainerConfig
from seqkit.experiments.words import parse_override
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry

SMALL = {"dataset": "reviews", "model": "lstm"}


def problems(registry: Registry, source: object, *words: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_experiment(source, registry, words)  # type: ignore[arg-type]
    return str(caught.value).split("\n")


# --- what is read ---------------------------------------------------------------------------------


def test_the_smallest_experiment_names_a_dataset_and_a_model(registry: Registry) -> None:
    experiment = load_experiment(SMALL, registry)

    assert experiment.task.entry.qualified == "toy:classification"
    assert experiment.loss.name == "cross-entropy"
    assert [metric.name for metric in experiment.metrics] == ["accuracy"]
    assert experiment.model.config.hidden_size == 128
    assert experiment.trainer.epochs == 5
    assert experiment.notes == []


def test_a_recipe_is_found_by_bare_and_qualified_name(registry: Registry) -> None:
    for name in ("sentiment", "toy:sentiment"):
        experiment = load_experiment(name, registry)
        assert experiment.recipe == "sentiment"
        assert experiment.description == "Toy sentiment."
        assert experiment.model.config.hidden_size == 64


def test_a_file_is_named_by_its_stem_and_a_run_by_its_folder(
    registry: Registry, tmp_path: Path
) -> None:
    text = 'dataset = "reviews"\nmodel = "gru"\n'
    (tmp_path / "mine.toml").write_text(text)
    run = tmp_path / "runs" / "sentiment-0001"
    run.mkdir(parents=True)
    (run / "experiment.toml").write_text(text)

    assert load_experiment(tmp_path / "mine.toml", registry).recipe == "mine"
    assert load_experiment(run / "experiment.toml", registry).recipe == "sentiment-0001"
    assert load_experiment(str(run), registry).recipe == "sentiment-0001"


def test_a_file_saved_by_a_windows_editor_can_be_read(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(b'\xef\xbb\xbfdataset = "reviews"\r\nmodel = "gru"\r\n')

    assert load_experiment(file, registry).model.name == "gru"


def test_the_tables_that_were_handed_in_are_left_as_they_were(registry: Registry) -> None:
    source = {"dataset": {"name": "reviews"}, "model": {"name": "lstm", "pooling": {"heads": 2}}}
    load_experiment(source, registry, ["model.pooling.kind=max", "trainer.epochs=1"])

    assert source == {
        "dataset": {"name": "reviews"},
        "model": {"name": "lstm", "pooling": {"heads": 2}},
    }


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sentimnt", "there is no recipe 'sentimnt'. Did you mean sentiment?"),
        ("xyzzy", "there is no recipe 'xyzzy'. Run 'seqkit list recipes' for every name"),
        ("", "there is no recipe ''."),
        ("nowhere/mine.toml", "there is no file nowhere/mine.toml. Write one with 'seqkit new"),
        ("nowhere.toml", "there is no file nowhere.toml."),
    ],
)
def test_a_source_that_is_not_there_is_named(registry: Registry, source: str, message: str) -> None:
    (problem,) = problems(registry, source)

    assert problem.startswith(message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'dataset = "reviews\n', "is not valid TOML: "),
        (b"\xff\xfe\x00", "is not valid TOML: "),
        (b"", "no dataset is named"),
    ],
)
def test_a_file_that_is_no_experiment_is_named(
    registry: Registry, tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    text = "\n".join(problems(registry, file))

    assert message in text
    assert str(file) in text or not content


def test_a_recipe_whose_file_is_gone_is_named(registry: Registry) -> None:
    path = registry.find("recipes", "sentiment").component.path
    path.unlink()

    assert problems(registry, "sentiment") == [f"{path} cannot be read: No such file or directory."]


# --- overrides ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("a.b=3", 3),
        ("a.b=1e-3", 1e-3),
        ("a.b=-2.5", -2.5),
        ("a.b=true", True),
        ('a.b="3"', "3"),
        ("a.b=[1, 2]", [1, 2]),
        ("a.b=text", "text"),
        ("a.b=two words", "two words"),
        ("a.b=x=y", "x=y"),
        ("a.b=", ""),
        ("a.b=reviews #1.csv", "reviews #1.csv"),
        ("a.b=2024-01-01", "2024-01-01"),
        ("a.b=C:\\data\\new", "C:\\data\\new"),
        ("a.b=1\nc = 2", "1\nc = 2"),
    ],
)
def test_a_word_gives_a_typed_value(word: str, value: object) -> None:
    assert parse_override(word) == (("a", "b"), value)
    assert type(parse_override(word)[1]) is type(value)


@pytest.mark.parametrize("word", ["epochs", "=3", ".=3", "trainer.=3", "", "trainer..epochs=3"])
def test_a_word_that_is_no_setting_says_what_one_looks_like(word: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Write key=value, such as trainer\.epochs=3"):
        parse_override(word)


@given(st.text())
def test_no_word_whatever_breaks_the_parser(word: str) -> None:
    try:
        parts, _ = parse_override(word)
    except ConfigurationError:
        return
    assert all(parts)


def test_words_override_the_recipe_and_the_last_one_wins(registry: Registry) -> None:
    words = ["trainer.epochs=7", "trainer.epochs=9", "model.pooling.kind=max", "dataset.limit=5"]
    experiment = load_experiment("sentiment", registry, words)

    assert experiment.trainer.epochs == 9
    assert experiment.model.config.pooling.kind == "max"
    assert experiment.model.config.hidden_size == 64
    assert experiment.dataset.config.limit == 5


def test_another_model_keeps_the_settings_that_fit_and_notes_the_others(registry: Registry) -> None:
    experiment = load_experiment("sentiment", registry, ["model=gru"])

    assert experiment.model.as_dict() == {"name": "toy:gru", "hidden_size": 64, "layers": 1}
    assert experiment.notes == ["model=gru has no setting dropout; left out"]


def test_naming_the_same_model_again_drops_nothing(registry: Registry) -> None:
    for word in ("model=lstm", "model=toy:lstm", "model.name=lstm"):
        experiment = load_experiment("sentiment", registry, [word])
        assert experiment.model.config.dropout == 0.5
        assert experiment.notes == []


def test_a_setting_given_by_word_is_never_dropped_in_silence(registry: Registry) -> None:
    (problem,) = problems(registry, "sentiment", "model=gru", "model.forget_bias=2")

    assert problem.startswith("model.forget_bias is not a setting of toy:gru.")


def test_metrics_are_set_by_one_word(registry: Registry) -> None:
    for word in ("metrics=f1,accuracy", 'metrics=["f1", "accuracy"]', "metrics=f1, toy:accuracy"):
        experiment = load_experiment("sentiment", registry, [word])
        assert [metric.name for metric in experiment.metrics] == ["f1", "accuracy"]


# --- problems -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("modle=gru", "modle is not a setting. Did you mean model?"),
        ("modle.layers=2", "modle.layers is not a setting. Did you mean model?"),
        (
            "trainer.epoch=3",
            "trainer.epoch is not a setting of the trainer. Did you mean trainer.epochs?",
        ),
        (
            "model.hiden_size=3",
            "model.hiden_size is not a setting of toy:lstm. Did you mean model.hidden_size?",
        ),
        (
            "model.pooling.kinds=max",
            "model.pooling.kinds is not a setting of toy:lstm. Did you mean model.pooling.kind?",
        ),
        ("model.dropout=1.5", "model.dropout is 1.5; it must be less than 1."),
        ("model.layers=true", "model.layers is true; it must be a number."),
        (
            "trainer.device=gpu",
            "trainer.device is 'gpu', which has not the form it needs. Valid: auto, cpu, cuda, ",
        ),
        (
            "trainer.optimizer=adan",
            "trainer.optimizer is 'adan'; it must be sgd, rmsprop, adam or adamw. "
            "Did you mean adam?",
        ),
        ("model=lsmt", "there is no model 'lsmt'. Did you mean lstm?"),
        ("model=3", "there is no model '3'."),
        ("trainer=3", "trainer is a table. Write trainer.KEY=3"),
        ("metrics=acuracy", "there is no metric 'acuracy'. Did you mean accuracy?"),
        ("metrics=f1,toy:f1", "metric 'f1' is named twice. Leave one out"),
        ("metrics=3", "metrics is 3; it must be a list of names."),
        ("metrics.f1.average=micro", "metrics.f1.average cannot be set by a word."),
        (
            "model=forecaster",
            "model 'forecaster' does not fit classification: it is for forecasting. "
            "For classification there are: gru, lstm",
        ),
        (
            "loss=squared-error",
            "loss 'squared-error' does not fit classification: it is for forecasting.",
        ),
        (
            "trainer.monitor=f2",
            "trainer.monitor is 'f2', which is not a metric of this run that ranks models. "
            "Valid: accuracy, f1, loss.",
        ),
        ("trainer.accumulation=100", "accumulation (100) must not be above batch_size (64)"),
        ("dataset=own-file", "dataset.path is missing; toy:own-file needs it."),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_right_one(
    registry: Registry, word: str, problem: str
) -> None:
    (found,) = problems(registry, "sentiment", word)

    assert problem in found


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"trainer": 3}, "trainer is 3; it must be a table. Write [trainer]"),
        ({"trainer": "fast"}, "trainer is 'fast'; it must be a table."),
        ({"model": 3}, "model is 3; it must be a name or a table."),
        ({"model": {"layers": 2}}, "no model is named. Write model=NAME; there are: "),
        ({"metrics": "f1 accuracy"}, "there is no metric 'f1 accuracy'."),
        ({"metrics": [3]}, "metrics[0] is 3; it must be a name or a table."),
        (
            {"metrics": [{"name": "f1", "average": "both"}]},
            "metrics[0].average is 'both'; it must be macro or micro.",
        ),
        ({"description": 3}, "description is 3; it must be text."),
        ({"learning_rate": 3}, "learning_rate is not a setting."),
        (
            {"task": "forecasting"},
            "dataset 'reviews' does not fit forecasting: it is for classification.",
        ),
        ({"dataset": {}}, "no dataset is named."),
    ],
)
def test_a_wrong_table_is_named(registry: Registry, change: dict, problem: str) -> None:
    found = problems(registry, SMALL | change)

    assert any(line.startswith(problem) for line in found), found


def test_all_problems_of_all_tables_are_reported_at_once(registry: Registry) -> None:
    found = problems(
        registry, "sentiment", "model.layers=0", "trainer.epochs=0", "metrics=f2", "datasets=imdb"
    )

    assert [line.split(" ")[0] for line in found] == [
        "datasets",
        "model.layers",
        "there",
        "trainer.epochs",
    ]


# --- what is written ------------------------------------------------------------------------------


def again(experiment: Experiment, registry: Registry) -> Experiment:
    return load_experiment(tomllib.loads(experiment.as_toml()), registry)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["model=gru", "trainer.learning_rate=3e-4", "metrics=f1,confusion", "trainer.monitor=f1"],
        ["model.pooling.kind=max", "dataset.limit=3", "loss.label_smoothing=0.1", "trainer.seed=9"],
        ["metrics=[]", "trainer.monitor=loss"],
    ],
)
def test_a_resolved_experiment_resolves_to_itself(registry: Registry, words: list[str]) -> None:
    experiment = load_experiment("sentiment", registry, words)
    resolved = again(experiment, registry)

    assert resolved.as_dict() == experiment.as_dict()
    assert resolved.as_toml() == experiment.as_toml()
    assert resolved.notes == []


@given(
    description=st.text(st.characters(codec="utf-8"), max_size=40),
    dropout=st.floats(0, 1, exclude_max=True),
    learning_rate=st.floats(1e-300, 1e300),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_value_survives_being_written(
    description: str, dropout: float, learning_rate: float, seed: int
) -> None:
    registry = REGISTRIES[0]
    source = SMALL | {
        "description": description,
        "model": {"name": "lstm", "dropout": dropout},
        "trainer": {"learning_rate": learning_rate, "seed": seed},
    }
    experiment = load_experiment(source, registry)

    assert again(experiment, registry).as_dict() == experiment.as_dict()


REGISTRIES: list[Registry] = []


@pytest.fixture(autouse=True)
def one_registry(registry: Registry) -> None:
    """Hypothesis runs a test many times; one registry serves them all."""
    REGISTRIES[:] = [registry]


def test_every_default_is_spelt_out(registry: Registry) -> None:
    document = tomllib.loads(load_experiment("sentiment", registry).as_toml())

    assert document["task"] == {"name": "toy:classification", "minimum_count": 2}
    assert document["model"]["pooling"] == {"kind": "last", "heads": 1}
    assert document["loss"] == {"name": "toy:cross-entropy", "label_smoothing": 0.0}
    assert document["metrics"] == [
        {"name": "toy:accuracy"},
        {"name": "toy:f1", "average": "macro"},
    ]
    assert "limit" not in document["dataset"]
    assert set(document["trainer"]) == set(TrainerConfig.model_fields)


@pytest.mark.parametrize(
    ("words", "monitor"),
    [
        ([], ("accuracy", True)),
        (["trainer.monitor=loss"], ("loss", False)),
        (["trainer.monitor=f1"], ("f1", True)),
        (["metrics=[]"], ("loss", False)),
        (["metrics=confusion"], ("loss", False)),
        (["metrics=confusion,f1"], ("f1", True)),
    ],
)
def test_the_first_metric_that_ranks_chooses_the_best_checkpoint(
    registry: Registry, words: list[str], monitor: tuple[str, bool]
) -> None:
    assert load_experiment("sentiment", registry, words).monitor == monitor


def test_a_number_that_is_not_finite_is_refused(registry: Registry) -> None:
    for value in (math.nan, math.inf):
        (problem,) = problems(registry, SMALL | {"trainer": {"learning_rate": value}})
        assert problem.startswith(f"trainer.learning_rate is {value}; ")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("model.hidden-size=3", "Did you mean model.hidden_size?"),
        ("trainer.learning-rate=0.1", "Did you mean trainer.learning_rate?"),
        ("model.0=1", "model.0 is not a setting"),
        ("description.x=1", "Write description=TEXT"),
        ("model." + ".".join("a" * 100_000) + "=1", "100,001 parts"),
        ("x." + ".".join("a" * 100_000) + "=1", "100,001 parts"),
        ("trainer.epochs=" + "[" * 20_000, "it must be a whole number"),
        ("trainer.epochs=" + "9" * 10_000, "it must be a whole number"),
    ],
    ids=lambda value: value[:24],
)
def test_likely_typos_and_unlikely_words_are_refused_with_the_nearest_key(
    word: str, expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(expected)):
        load_experiment("sentiment", load_registry(), [word])


def test_a_file_nested_too_deeply_is_no_valid_toml(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("x = " + "[" * 20_000)
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        load_experiment(path, load_registry())

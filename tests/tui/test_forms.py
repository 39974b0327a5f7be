"""Forms: settings read from schemas, a draft and its changes, the lines that are drawn."""

from __future__ import annotations

import asyncio
import json
import shlex
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel
from textual.app import App
from textual.widgets import Input, OptionList

from seqkit.config import Config, Field
from seqkit.errors import ConfigurationError, Problem
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.schema import MISSING, in_toml, settings_of, show
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry
from seqkit.tui.dialogs import Choice, Choose
from seqkit.tui.new.catalogue import Catalogue
from seqkit.tui.new.draft import Draft
from seqkit.tui.new.draft_files import as_toml, base_of
from seqkit.tui.new.line_editor import LineEditor
from seqkit.tui.new.rows import explain, form_rows, problems_by_row


class Inner(Config):
    """A nested table."""

    depth: int = Field(2, ge=1, help="How deep.")


class Everything(Config):
    """One setting of each form."""

    path: str = Field(help="Required.")
    size: int = Field(3, ge=1, le=9, help="A whole number.")
    rate: float = Field(1e-3, gt=0, help="A number.")
    flag: bool = Field(False, help="A box.")
    kind: str | None = Field(None, help="May be empty.")
    levels: list[float] = Field([0.1, 0.9], help="Some numbers.")
    columns: Literal["auto"] | list[str] = Field("auto", help="Some names.")
    files: str | list[str] = Field("a.txt", help="A name or some.")
    inner: Inner = Field(Inner(), help="A table.")


def fields(schema: type[BaseModel] = Everything) -> dict[str, Any]:
    return {field.key: field for field in settings_of(schema.model_json_schema())}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    from seqkit.cli.listing import NAMES, _document

    document = _document(load_registry(), list(NAMES), whole=True)
    return Catalogue(json.loads(json.dumps(document)))


def sentiment(catalogue: Catalogue) -> Draft:
    recipe = catalogue.find("recipes", "sentiment")
    assert recipe is not None
    return Draft(catalogue, "sentiment", recipe["experiment"])


def setting(draft: Draft, part: str, key: str) -> Any:
    return next(field for field in draft.fields(part) if field.key == key)


# --- schemas --------------------------------------------------------------------------------------


def test_a_schema_becomes_one_field_a_setting() -> None:
    found = fields()
    kinds = {key: field.kind for key, field in found.items()}
    assert kinds == {
        "path": "text",
        "size": "integer",
        "rate": "number",
        "flag": "boolean",
        "kind": "text",
        "levels": "list",
        "columns": "list",
        "files": "list",
        "inner.depth": "integer",
    }
    assert found["path"].default is MISSING
    assert found["kind"].nullable
    assert found["size"].bounds == "at least 1, at most 9"
    assert (found["inner.depth"].group, found["inner.depth"].help) == ("inner", "How deep.")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("size", "4", 4),
        ("size", "many", "many"),
        ("rate", "3e-4", 3e-4),
        ("flag", "True", True),
        ("kind", "", None),
        ("kind", " as it is ", " as it is "),
        ("levels", "0.2, 0.5", [0.2, 0.5]),
        ("levels", "[0.3]", [0.3]),
        ("levels", "0.3", [0.3]),
        ("levels", "", []),
        ("columns", "auto", "auto"),
        ("columns", "2024", ["2024"]),
        ("columns", "a b, c", ["a b", "c"]),
        ("files", "my notes.txt", "my notes.txt"),
        ("files", "a.txt, b.txt", ["a.txt", "b.txt"]),
        ("path", "2024-01-01", "2024-01-01"),
    ],
)
def test_what_is_written_is_read_by_the_kind_of_the_setting(
    key: str, text: str, value: object
) -> None:
    assert fields()[key].read(text) == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.001, "0.001"), (1e-7, "1e-07"), (True, "true"), (None, ""), ([0.1, 0.9], "0.1, 0.9")],
)
def test_a_value_is_shown_as_it_is_edited(value: object, shown: str) -> None:
    assert show(value) == shown


def test_every_setting_of_every_component_is_shown_and_read_back(catalogue: Catalogue) -> None:
    for kind in ("models", "datasets", "tasks", "losses", "metrics"):
        for entry in catalogue.entries(kind):
            for field in settings_of(entry["schema"]):
                assert field.help, (entry["name"], field.key)
                if field.default is not MISSING:
                    read = field.read(show(field.default))
                    assert read == field.default, (entry["name"], field.key)


def test_toml_of_awkward_texts_is_read_back() -> None:
    import tomllib

    for value in ('a "quote"', "back\\slash", "ä 日本", ["x, y", 1], {"a b": 1.5}):
        assert tomllib.loads(f"v = {in_toml(value)}")["v"] == value


# --- drafts ---------------------------------------------------------------------------------------


def test_a_recipe_without_changes_is_the_recipe(catalogue: Catalogue) -> None:
    draft = sentiment(catalogue)
    registry = load_registry()
    assert draft.changes() == 0
    assert draft.command() == "seqkit run sentiment"
    mine = load_experiment(draft.document(), registry).as_dict()
    assert mine == load_experiment("sentiment", registry).as_dict()


def test_the_settings_of_a_run_are_a_beginning_too(catalogue: Catalogue, tmp_path: Path) -> None:
    registry = load_registry()
    path = tmp_path / "experiment.toml"
    path.write_text(load_experiment("sentiment", registry).as_toml())
    draft = Draft(catalogue, str(path), base_of(str(path), catalogue))
    assert draft.metric_names() == ["accuracy", "f1", "auroc"]
    assert draft.name("model") == "bilstm"
    draft.set("trainer", setting(draft, "trainer", "epochs"), 3)
    draft.metrics = ["f1", "accuracy"]
    words = shlex.split(draft.command())[2:]
    by_command = load_experiment(words[0], registry, words[1:]).as_dict()
    assert load_experiment(draft.document(), registry).as_dict() == by_command
    assert words[1:] == ["metrics=f1,accuracy", "trainer.epochs=3"]


def test_another_dataset_and_back_leaves_the_task_unchanged(catalogue: Catalogue) -> None:
    draft = sentiment(catalogue)
    draft.choose("dataset", "shakespeare")
    draft.choose("dataset", draft.base_name("dataset"))
    assert "task" not in draft.chosen
    assert (
        not load_registry()
        .find("models", draft.name("model"))
        .component.refuses.get("classification")
    )
    assert load_experiment(draft.document(), load_registry()).task.name == "classification"


def test_the_command_makes_the_same_experiment_as_the_form(catalogue: Catalogue) -> None:
    draft = sentiment(catalogue)
    draft.choose("model", "gru")
    draft.choose("loss", "bce")
    draft.metrics = ["f1", "accuracy"]
    draft.set("model", setting(draft, "model", "hidden_size"), 48)
    draft.set("model", setting(draft, "model", "pooling"), "last+max")
    draft.set("trainer", setting(draft, "trainer", "learning_rate"), 3e-4)
    draft.set("trainer", setting(draft, "trainer", "bucketing"), False)
    draft.set("trainer", setting(draft, "trainer", "monitor"), "f1")

    registry = load_registry()
    words = shlex.split(draft.command())[2:]
    by_command = load_experiment(words[0], registry, words[1:])
    by_form = load_experiment(draft.document(), registry)

    assert by_form.as_dict() == by_command.as_dict()
    assert by_form.model.name == "gru"
    assert draft.changes() == 8


def test_a_value_put_back_is_no_change(catalogue: Catalogue) -> None:
    draft = sentiment(catalogue)
    size = setting(draft, "model", "hidden_size")
    before = draft.value("model", size)
    draft.set("model", size, 999)
    draft.set("model", size, before)
    draft.choose("model", "gru")
    draft.choose("model", draft.base_name("model"))
    assert draft.changes() == 0
    assert draft.words() == []


def test_settings_of_a_model_come_back_with_it(catalogue: Catalogue) -> None:
    draft = sentiment(catalogue)
    draft.choose("model", "rnn")
    draft.set("model", setting(draft, "model", "nonlinearity"), "relu")
    draft.choose("model", "gru")
    assert "model.nonlinearity=relu" not in draft.words()
    draft.choose("model", "rnn")
    assert "model.nonlinearity=relu" in draft.words()


def test_another_dataset_brings_its_task_and_parts_that_fit(catalogue: Catalogue) -> None:
    draft = sentiment(catalogue)
    draft.choose("dataset", "shakespeare")
    assert draft.name("task") == "language-modeling"
    model = catalogue.find("models", draft.name("model"))
    assert model is not None
    assert "language-modeling" in model["tasks"]
    for metric in draft.metric_names():
        found = catalogue.find("metrics", metric)
        assert found is not None
        assert "language-modeling" in found["tasks"]


def test_components_that_do_not_fit_say_why(catalogue: Catalogue) -> None:
    fits = {fit.name: fit.why_not for fit in catalogue.fitting("loss", "classification")}
    assert fits["cross-entropy"] == ""
    assert fits["mae"] == "it is for values and number, not for classes"


def test_a_text_that_looks_like_a_number_stays_a_text_on_the_command_line(
    catalogue: Catalogue,
) -> None:
    from seqkit.experiments.words import parse_override

    draft = Draft(catalogue, "x", {"dataset": {"name": "text-csv", "path": "a", "text": "t"}})
    draft.set("dataset", setting(draft, "dataset", "path"), "2024")
    (word,) = draft.words()
    assert parse_override(word) == (("dataset", "path"), "2024")


# --- observers ------------------------------------------------------------------------------------

WATCHER = """
import seqkit

class Watcher(seqkit.Observer):
    "Watches."
    name = "watcher"
    formerly = "trainer.watch"

    class Config(seqkit.Config):
        often: int = seqkit.Field(3, ge=1, help="How often.")

    def build(self, config):
        return lambda event: None

@seqkit.hookimpl
def register_observers():
    return [Watcher]
"""
SWITCH = "observers.watching:watcher"


@pytest.fixture
def watched(tmp_path: Path) -> tuple[Registry, Catalogue]:
    from seqkit.cli.listing import NAMES, _document

    path = tmp_path / "watching.py"
    path.write_text(WATCHER)
    registry = load_registry([path])
    document = _document(registry, list(NAMES), whole=True)
    return registry, Catalogue(json.loads(json.dumps(document)))


def beginning(catalogue: Catalogue, source: str) -> Draft:
    return Draft(catalogue, source, base_of(source, catalogue))


def test_an_observer_of_anyone_has_a_line_in_the_form_and_its_settings_while_it_is_on(
    watched: tuple[Registry, Catalogue],
) -> None:
    registry, catalogue = watched
    draft = beginning(catalogue, "sentiment")
    assert SWITCH in [row.key for row in form_rows(draft, set())]
    assert "observers" not in draft.document()

    draft.set("observers", setting(draft, "observers", "watching:watcher"), True)
    assert f"{SWITCH}.often" in [row.key for row in form_rows(draft, set())]
    draft.set(SWITCH, setting(draft, SWITCH, "often"), 7)

    by_form = load_experiment(draft.document(), registry)
    words = shlex.split(draft.command())[2:]
    by_command = load_experiment(words[0], registry, words[1:])
    assert by_form.as_dict()["observers"] == {"watching:watcher": {"often": 7}}
    assert by_command.as_dict() == by_form.as_dict()


def test_an_observer_that_a_file_turns_on_is_turned_off_in_the_form(
    watched: tuple[Registry, Catalogue], tmp_path: Path
) -> None:
    registry, catalogue = watched
    path = tmp_path / "mine.toml"
    parts = as_toml(beginning(catalogue, "sentiment"))
    for table in ("[observers.watcher]\noften = 5\n", "[observers]\nwatcher = true\n"):
        path.write_text(f"{parts}\n{table}")
        draft = beginning(catalogue, str(path))
        switch = setting(draft, "observers", "watching:watcher")
        assert draft.value("observers", switch) is True
        assert draft.changes() == 0
        assert load_experiment(draft.document(), registry).observers

        draft.set("observers", switch, False)
        words = shlex.split(draft.command())[2:]
        assert not load_experiment(words[0], registry, words[1:]).observers
        path.write_text(as_toml(draft))
        assert not load_experiment(path, registry).observers


def test_the_old_setting_that_chose_an_observer_is_its_line_in_the_form(
    watched: tuple[Registry, Catalogue],
) -> None:
    registry, catalogue = watched
    old = {**beginning(catalogue, "sentiment").document(), "trainer": {"watch": True}}
    draft = Draft(catalogue, "old", catalogue.as_own(old, ""))
    assert draft.observers() == [SWITCH]
    assert "watch" not in draft.document().get("trainer", {})
    assert load_experiment(draft.document(), registry).observers


def test_an_observer_that_is_not_installed_can_be_turned_off(catalogue: Catalogue) -> None:
    draft = Draft(catalogue, "x", {"observers": {"gone:gone": {"a": 1}}})
    assert draft.document()["observers"] == {"gone:gone": {"a": 1}}
    draft.set("observers", setting(draft, "observers", "gone:gone"), False)
    assert "observers" not in draft.document()
    assert draft.loses() == ["observers.gone:gone"]


def test_what_is_wrong_with_an_observer_stands_at_its_line(
    watched: tuple[Registry, Catalogue],
) -> None:
    registry, catalogue = watched
    draft = beginning(catalogue, "sentiment")
    draft.set("observers", setting(draft, "observers", "watching:watcher"), True)
    draft.set(SWITCH, setting(draft, SWITCH, "often"), 0)
    with pytest.raises(ConfigurationError) as raised:
        load_experiment(draft.document(), registry)
    found = problems_by_row(form_rows(draft, set()), raised.value.problems)
    assert list(found) == [f"{SWITCH}.often"]


# --- lines ----------------------------------------------------------------------------------------


def test_headings_fold_their_settings_away(catalogue: Catalogue) -> None:
    draft = sentiment(catalogue)
    whole = form_rows(draft, set())
    folded = form_rows(draft, {"trainer"})
    assert {row.key for row in whole} - {row.key for row in folded} == {
        f"trainer.{field.key}" for field in draft.fields("trainer")
    }


def test_a_problem_stands_at_its_line_or_at_the_heading_that_hides_it(
    catalogue: Catalogue,
) -> None:
    draft = sentiment(catalogue)
    rows = form_rows(draft, {"trainer"})
    problems = [
        Problem("model.hidden_size", "too small"),
        Problem("trainer.epochs", "hidden"),
        Problem("metrics[1]", "unknown"),
        Problem("", "about everything"),
    ]
    found = problems_by_row(rows, problems)
    assert found["model.hidden_size"].message == "too small"
    assert found["trainer"].message == "hidden"
    assert found["metrics"].message == "unknown"
    assert found[rows[0].key].message == "about everything"


def test_the_help_of_a_line_gives_way_to_its_problem(catalogue: Catalogue) -> None:
    draft = sentiment(catalogue)
    row = next(row for row in form_rows(draft, set()) if row.key == "model.hidden_size")
    assert explain(row, draft, None) == (
        "Units of each layer and direction.",
        "whole number · at least 1, at most 65536 · default 128",
    )
    assert explain(row, draft, Problem("x", "It is wrong", "Mend it"))[0] == "It is wrong. Mend it"


def test_a_line_is_edited_with_the_usual_keys() -> None:
    editor = LineEditor("12", 2, "12")
    assert editor.press("3", "3")
    assert editor.press("backspace", None)
    assert not editor.press("home", None)
    assert editor.press("0", "0")
    assert (editor.text, editor.at) == ("012", 1)
    assert editor.press("ctrl+u", None)
    assert (editor.text, editor.at) == ("12", 0)
    editor.insert("a\x1b[31mb")
    assert editor.text == "a[31mb12"


def test_what_is_typed_whole_is_the_first_choice() -> None:
    labels = ["imdb-gru", "letters", "sentiment", "sentiment-long"]
    choices = [Choice(label, label, "the sentiment of texts") for label in labels]

    async def shown(typed: str) -> list[str]:
        app: App[None] = App()
        async with app.run_test() as pilot:
            await app.push_screen(Choose("Recipe", choices, "letters"))
            app.screen.query_one(Input).value = typed
            await pilot.pause()
            options = app.screen.query_one(OptionList)
            assert options.highlighted is not None
            first = str(options.get_option_at_index(options.highlighted).id)
            return [first, *(str(option.id) for option in options.options)]

    assert asyncio.run(shown("sentiment")) == ["sentiment", *labels[2:], "imdb-gru", "letters"]
    assert asyncio.run(shown(""))[0] == "letters"

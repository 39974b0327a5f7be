"""The file picker of a new run: what it finds in a file goes into the form."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from seqkit.experiments.own_file import begin_on
from seqkit.registry.discovery import load_registry
from seqkit.tui.app import SeqkitApp
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Confirm
from seqkit.tui.new.draft import Draft
from seqkit.tui.new.draft_files import as_toml
from seqkit.tui.new.files import FilePicker, completed, place_of
from seqkit.tui.new.rows import explain
from seqkit.tui.new.screen import NewRunScreen
from tests.cli.test_own_data_of_a_plugin import PLUGIN
from tests.tui.waiting import until


def shown(picker: FilePicker) -> str:
    """What the picker says of the file."""
    return str(picker.query_one("#look", Static).content)


async def looking(app: SeqkitApp, pilot: Pilot[None], file: Path, said: str) -> FilePicker:
    """Opens the picker on the screen of a new run with a file, until it says what is in it."""
    await pilot.press("2")
    screen = app.screen
    assert isinstance(screen, NewRunScreen)
    await until(pilot, lambda: screen.draft is not None)
    await pilot.press("f")
    await until(pilot, lambda: isinstance(app.screen, FilePicker))
    picker = app.screen
    assert isinstance(picker, FilePicker)
    picker.query_one(Input).value = str(file)
    await until(pilot, lambda: said in shown(picker))
    return picker


async def take(app: SeqkitApp, pilot: Pilot[None], file: Path, said: str, *keys: str) -> Draft:
    """Chooses a file on the screen of a new run, once it says what is in it, after other keys."""
    await looking(app, pilot, file, said)
    await pilot.press(*keys, "ctrl+o")
    await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
    screen = app.screen
    assert isinstance(screen, NewRunScreen)
    assert screen.draft is not None
    return screen.draft


async def test_a_file_that_a_plugin_recognises_begins_a_run_of_its_task(tmp_path: Path) -> None:
    plugin, words = tmp_path / "bits.py", tmp_path / "words.txt"
    plugin.write_text(PLUGIN, encoding="utf-8")
    words.write_text("101\teven\n100\todd\n" * 20, encoding="utf-8")
    app = SeqkitApp(Context(tmp_path / "runs", plugins=(plugin,)))
    async with app.run_test(size=(120, 40)) as pilot:
        draft = await take(app, pilot, words, "Words of noughts and ones")
        document = draft.document()
    assert document["task"] == {"name": "parity", "depth": 3}
    assert document["dataset"] == {"name": "bits-file", "path": str(words)}
    assert document["model"] == {"name": "counter"}
    assert document["trainer"]["epochs"] == 2


async def test_short_series_get_the_horizon_that_seqkit_new_gives_them(tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    rows = [f"2024-{1 + n // 28:02}-{1 + n % 28:02},{n % 7}.5" for n in range(80)]
    file.write_text("date,load\n" + "\n".join(rows), encoding="utf-8")
    app = SeqkitApp(Context(tmp_path / "runs"))
    async with app.run_test(size=(120, 40)) as pilot:
        draft = await take(app, pilot, file, "Times are in column 'date'")
        words, document = draft.words(), draft.document()
    assert not words
    assert document["dataset"]["time"] == "date"
    chosen = {"horizon": 8, "normalization": "standard+last"}
    assert chosen.items() <= document["task"].items()


def mails(folder: Path) -> Path:
    """Writes 120 short texts of two even classes, and in another column of 1 in 8 of 'fraud'."""
    file = folder / "mails.csv"
    kinds = ["normal" if n % 8 else "fraud" for n in range(120)]
    rows = [f"mail {n} and {n % 5},{'ab'[n % 2]},{kind}" for n, kind in enumerate(kinds)]
    file.write_text("text,label,kind\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


async def test_what_new_chooses_for_the_columns_taken_goes_into_the_form_with_its_reasons(
    tmp_path: Path,
) -> None:
    file = mails(tmp_path)
    written = begin_on(file, load_registry(), given={"text": "text", "label": "kind"}).begun
    app = SeqkitApp(Context(tmp_path / "runs"))
    async with app.run_test(size=(120, 40)) as pilot:
        draft = await take(app, pilot, file, "labels in 'label'", "ctrl+k")
        screen = app.screen
        assert isinstance(screen, NewRunScreen)
        assert {"loss", "dataset"}.isdisjoint(screen.form.folded)
        about, rows = {}, {row.key: row for row in screen.form.rows}
        for key in ("metrics", "loss.class_weights", "trainer.batch_size"):
            about[key] = explain(rows[key], draft, None)[1]
        unchanged = draft.document()
        batch_size = rows["trainer.batch_size"].setting
        assert batch_size is not None
        draft.set("trainer", batch_size, 32)
        await pilot.press("X", "y")
        await until(pilot, lambda: screen.draft is not draft)
        again = screen.draft
        assert again is not None
    assert again.document() == unchanged
    assert draft.data == str(file)
    assert {part: unchanged[part] for part in written.document} == written.document
    assert about["metrics"].startswith(f"Chosen: {written.reasons['metrics']} · ")
    assert about["loss.class_weights"].startswith(f"Chosen: {written.reasons['loss']} · ")
    assert written.reasons["trainer.batch_size"] in as_toml(again)
    assert explain(rows["trainer.batch_size"], draft, None)[1].startswith("whole number")


async def test_settings_that_a_person_changed_stay_where_the_data_alone_are_taken(
    tmp_path: Path,
) -> None:
    file = mails(tmp_path)
    app = SeqkitApp(Context(tmp_path / "runs"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2")
        screen = app.screen
        assert isinstance(screen, NewRunScreen)
        await until(pilot, lambda: screen.draft is not None)
        draft = screen.draft
        assert draft is not None
        [units] = [field for field in draft.fields("model") if field.key == "hidden_size"]
        draft.set("model", units, 48)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FilePicker))
        picker = app.screen
        assert isinstance(picker, FilePicker)
        picker.query_one(Input).value = str(file)
        await until(pilot, lambda: "labels in 'label'" in shown(picker))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("n")
        await until(pilot, lambda: app.screen is screen)
        document = draft.document()
        assert screen.draft is draft
    assert document["dataset"]["path"] == str(file)
    assert document["model"]["hidden_size"] == 48


async def test_other_columns_are_looked_at_at_once_and_none_is_taken_twice(tmp_path: Path) -> None:
    file = mails(tmp_path)
    app = SeqkitApp(Context(tmp_path / "runs"))
    async with app.run_test(size=(120, 40)) as pilot:
        picker = await looking(app, pilot, file, "labels in 'label'")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "Texts are in column 'kind', labels in 'label'" in shown(picker))
        await pilot.press("ctrl+k")
        await until(pilot, lambda: "Texts are in column 'kind', labels in 'text'" in shown(picker))
        await pilot.press("ctrl+n", "ctrl+n", "ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        screen = app.screen
        assert isinstance(screen, NewRunScreen)
        assert screen.draft is not None
        table = screen.draft.document()["dataset"]
    assert (table["text"], table["label"]) == ("kind", "text")


async def test_the_columns_that_are_taken_stand_first_among_the_rows(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    names = [f"column number {number}" for number in range(6)]
    rows = [
        ",".join(["a value that is long"] * 6 + [f"mail {n} and {n % 5}", "ab"[n % 2]])
        for n in range(40)
    ]
    file.write_text("\n".join([",".join([*names, "text", "label"]), *rows]), encoding="utf-8")
    app = SeqkitApp(Context(tmp_path / "runs"))
    async with app.run_test(size=(80, 24)) as pilot:
        picker = await looking(app, pilot, file, "labels in 'label'")
        head, first, *_ = str(picker.query_one("#rows", Static).content).splitlines()
    assert head.split()[:2] == ["text", "label"]
    assert first.startswith("mail 0 and 0 a ")


async def test_another_task_is_one_that_was_not_guessed(tmp_path: Path) -> None:
    file = mails(tmp_path)
    app = SeqkitApp(Context(tmp_path / "runs"))
    async with app.run_test(size=(120, 40)) as pilot:
        picker = await looking(app, pilot, file, "labels in 'label'")
        seen = ["classification"]
        for _ in range(len(picker._tasks)):
            await pilot.press("ctrl+d")
            await until(pilot, lambda: not picker._looking)
            assert "ctrl+d another task" in shown(picker)
            seen.append(shown(picker).splitlines()[1].split(",")[0])
    assert seen[-1] == "classification"
    assert len(set(seen)) == len(seen) - 1


async def test_a_path_that_is_not_there_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("some words\n" * 20, encoding="utf-8")
    app = SeqkitApp(Context(tmp_path / "runs"))
    async with app.run_test(size=(120, 40)) as pilot:
        picker = await looking(app, pilot, tmp_path / "words.txt", "read as text-file")
        picker.query_one(Input).value = str(tmp_path / "none" / "words.txt")
        await until(pilot, lambda: "There is no folder" in shown(picker))
        await pilot.press("ctrl+o")
        assert app.screen is picker


@pytest.mark.parametrize(
    ("files", "said", "rows"),
    [
        (["a/1.txt", "a/2.txt", "b/1.txt"], "Each folder in it is a class", ["a/", "b/"]),
        (["1.txt", "2.txt", "3.txt"], "It holds 3 texts to learn from", ["1.txt", "2.txt"]),
        (["texts/1.txt", "texts/2.txt"], "It holds 2 texts to learn from", ["texts/"]),
    ],
)
async def test_a_folder_is_said_to_have_classes_only_where_it_has_some(
    files: list[str], said: str, rows: list[str], tmp_path: Path
) -> None:
    for name in files:
        file = tmp_path / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("some words of a text\n" * 5, encoding="utf-8")
    app = SeqkitApp(Context(tmp_path / "runs"))
    async with app.run_test(size=(120, 40)) as pilot:
        picker = await looking(app, pilot, tmp_path / "own", said)
        seen = picker.query_one("#rows", Static)
        # Another folder was looked at before this one.
        await until(
            pilot, lambda: [*map(str.strip, str(seen.content).splitlines())][1:2] == rows[:1]
        )
        head, *listed = str(seen.content).splitlines()
    assert head.strip() == "in it"
    assert [line.strip() for line in listed][: len(rows)] == rows


async def test_paths_from_the_root_and_the_home_folder_are_typed_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "words.txt").write_text("some words\n" * 20, encoding="utf-8")
    app = SeqkitApp(Context(tmp_path / "runs"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.draft)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FilePicker))
        picker = app.screen
        assert isinstance(picker, FilePicker)
        line, options = picker.query_one(Input), picker.query_one(OptionList)

        await pilot.press(*"~/de", "tab")
        assert line.value == "~/deep/"
        await until(pilot, lambda: options.highlighted == 1)
        assert options.get_option_at_index(1).id == str(tmp_path / "deep" / "words.txt")

        line.value = "./"
        await pilot.press("/", "t")
        assert line.value == "/t"
        line.value = f"{tmp_path}/nothing"
        await pilot.press("enter")
        assert f"Nothing in {tmp_path} begins with nothing." in shown(picker).replace("\n", "")
        assert line.value == f"{tmp_path}/nothing"


def test_what_is_written_of_a_path_is_completed_as_far_as_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Data").mkdir()
    for name in ("one-a.csv", "one-b.csv"):
        (tmp_path / "Data" / name).touch()
    assert completed("da") == "Data/"
    assert completed("Data/o") == "Data/one-"
    assert completed(f"{tmp_path}/Data/one-b") == f"{tmp_path}/Data/one-b.csv"
    assert completed("Data/x") == "Data/x"
    assert completed("~") == "~/"
    assert place_of("~nobody-of-this-name/x")[1] == "x"

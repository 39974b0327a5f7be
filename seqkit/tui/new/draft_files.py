"""Where a draft starts from and where it goes: recipes, files, own data, metrics."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from textual.screen import Screen

from seqkit.data import write_text
from seqkit.errors import ConfigurationError, DataError, Problem
from seqkit.experiments.documents import EXTENDS, laid_over
from seqkit.processes.launch import LOGS
from seqkit.runs.folder import require_name
from seqkit.storage.regular_files import LARGEST_TEXT, read_regular
from seqkit.storage.toml_text import parse_toml
from seqkit.terminal.cells import reason as reason_of
from seqkit.terminal.safe_text import one_line
from seqkit.tui.dialogs import Ask, Choice, Confirm
from seqkit.tui.new.catalogue import Catalogue
from seqkit.tui.new.draft import Draft
from seqkit.tui.new.rows import RUN_NAME


def base_of(source: str, catalogue: Catalogue, before: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Returns the tables of a recipe or file, with what it extends; none for an empty source.

    Args:
        source: Its name or path.
        catalogue: Where recipes are.
        before: The files that extend it.

    Raises:
        ConfigurationError: There is no such recipe or file, or it cannot be read.
    """
    if not source:
        return {}
    recipe = catalogue.find("recipes", source)
    if recipe is not None:
        return catalogue.as_own(recipe["experiment"], str(recipe["plugin"]))
    try:
        document = parse_toml(read_regular(Path(source), LARGEST_TEXT).decode("utf-8-sig"))
        base = document.pop(EXTENDS, None)
        if base is None:
            return catalogue.as_own(document, "")
        if source in before or not isinstance(base, str):
            raise ConfigurationError(
                f"{source} extends {base!r}, which leads in a circle or nowhere"
            )
        recipe = catalogue.find("recipes", base)
        below = base if recipe is not None else str((Path(source).parent / base).resolve())
        return laid_over(
            base_of(below, catalogue, (*before, source)), catalogue.as_own(document, "")
        )
    except (OSError, DataError, ValueError) as error:
        raise ConfigurationError(
            f"{source} cannot be read: {reason_of(error)}. Choose another"
        ) from error


def about(entry: Mapping[str, Any]) -> str:
    """Returns one line about a component."""
    return str(entry.get("summary", ""))


def file_name(draft: Draft) -> str:
    """Returns a name for the file of a draft."""
    if draft.data:
        from seqkit.experiments.own_file import named_after

        return named_after(Path(draft.data)).name
    return f"{draft.name('dataset') or 'data'}-{draft.name('model') or 'model'}.toml"


def name_problem(draft: Draft, runs_dir: Path) -> Problem | None:
    """Returns what is wrong with the name that the run is to have; None for nothing."""
    name = draft.run_name
    if not name:
        return None
    try:
        require_name(name)
    except ConfigurationError as error:
        return Problem(RUN_NAME.key, str(error))
    if os.path.lexists(runs_dir / name):
        return Problem(RUN_NAME.key, f"there is a run {name!r} already", "Choose another name")
    return None


def as_toml(draft: Draft) -> str:
    """Returns a draft as a file: what it sets and why that was chosen, without defaults."""
    import tomlkit

    document = tomlkit.parse(tomlkit.dumps(draft.document()))
    for key in draft.reasons:
        item: Any = document
        for name in key.split("."):
            item = item.get(name) if isinstance(item, Mapping) else None
        reason = draft.reason(key)
        if reason and hasattr(item, "comment"):
            item.comment(f"Chosen: {one_line(reason)}")
    return tomlkit.dumps(document)


def write_for_launch(draft: Draft, runs_dir: Path) -> str:
    """Writes a draft that no command line can express to a file, and returns its path.

    Raises:
        DataError: It cannot be written.
    """
    path = runs_dir / LOGS / file_name(draft)
    _write(path, as_toml(draft))
    return str(path)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from error


def save(screen: Screen[Any], draft: Draft, problems: Callable[[], Sequence[Problem]]) -> None:
    """Asks for a name, and writes the experiment there.

    Args:
        screen: Where the question is asked.
        draft: The experiment.
        problems: Returns what keeps it from being run.
    """

    def write(path: Path) -> None:
        try:
            _write(path, as_toml(draft))
        except DataError as error:
            screen.app.notify(str(error), severity="error", markup=False)
            return
        draft.keep()
        shown = str(path) if len(path.parts) > 1 else f"./{path}"
        found = problems()
        if found:
            why = f"It cannot be run yet: {found[0]}"
            screen.app.notify(why, title=f"Saved {path.name}", severity="warning", markup=False)
        else:
            screen.app.notify(f"seqkit run {shown}", title=f"Saved {path.name}", markup=False)

    def named(text: str | None) -> None:
        if not text or not text.strip():
            return
        path = Path(text.strip()).expanduser()
        path = path if path.suffix == ".toml" else path.with_name(f"{path.name}.toml")
        if path.exists():
            question = Confirm(f"Write over {path.name}?", f"{path} is there already.")
            screen.app.push_screen(question, lambda yes: write(path) if yes else None)
        else:
            write(path)

    detail = "A file in the current folder, or a path. 'seqkit run FILE' runs it."
    screen.app.push_screen(Ask("Save the experiment as", file_name(draft), detail), named)


def use_dataset(draft: Draft, table: Mapping[str, Any]) -> None:
    """Puts a dataset of one's own files into a draft."""
    name = str(table["name"])
    draft.choose("dataset", name)
    for setting in draft.fields("dataset"):
        if setting.key in table:
            draft.set("dataset", setting, table[setting.key])


def begun_on(catalogue: Catalogue, found: Mapping[str, Any]) -> Draft:
    """Returns the draft that one's own file begins with: what `seqkit new` would write for it.

    Args:
        catalogue: What is installed.
        found: What `FilePicker` closed with.
    """
    base = catalogue.as_own({**found["document"], "dataset": found["dataset"]}, "")
    return Draft(catalogue, base=base, data=found["path"], reasons=found["reasons"])


def choose_metrics(screen: Screen[Any], draft: Draft, changed: Callable[[], None]) -> None:
    """Lets the user tick metrics that fit the task; `changed` is called when some were chosen."""
    from seqkit.tui.new.multi_select import Tick

    choices = [
        Choice(fit.name, fit.name, about(fit.entry), fit.why_not)
        for fit in draft.catalogue.fitting("metrics", draft.name("task"))
    ]

    def chosen(names: list[str] | None) -> None:
        if names is not None:
            draft.metrics = None if names == draft.base_metrics() else names
            changed()

    screen.app.push_screen(Tick("Metrics", choices, draft.metric_names()), chosen)

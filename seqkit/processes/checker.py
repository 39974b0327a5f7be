"""A helper process that knows the plugins: checks experiments and looks at data.

Run as `python -m seqkit.processes.checker [PLUGIN ...]`. It reads one JSON object a line from
stdin and answers each with one line on stdout, in their order, until stdin is closed. What a
plugin prints goes to stderr. Requests hold `do` and what it needs:

    check    document: the experiment's tables. Answers `problems` (list of {key, message, hint}),
             and where there are none `toml`, `resolved`, `notes`
    ready    document. Answers `state`: "encoded", "here" or "missing", and `bytes`
    preview  document. Answers as `seqkit.engine.preview.preview`
    data     document. Answers as `seqkit.engine.preview.data_preview`
    look     path: a file or folder of one's own, task: the task it is for, guessed when empty,
             given: settings of the dataset that are known, such as columns.
             Answers `dataset`, `task`, `recipe`, `document` (the experiment to begin with), `said`,
             `reasons` (why a setting was chosen, by its key), `examples`, `columns`, `rows`, or
             `problem`

An answer to a request that failed holds `error`, a sentence.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.errors import ConfigurationError, DataError, SeqkitError
from seqkit.events import spell_out

if TYPE_CHECKING:
    from seqkit.experiments.experiment import Experiment
    from seqkit.registry.registry import Registry

_ROWS = 50


def check(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """Checks an experiment whole."""
    try:
        loaded = _load(request, registry)
    except ConfigurationError as error:
        problems = [vars(problem) for problem in error.problems]
        return {"problems": problems or [{"key": "", "message": str(error), "hint": ""}]}
    return {
        "problems": [],
        "toml": loaded.as_toml(),
        "resolved": loaded.as_dict(),
        "notes": loaded.notes,
    }


def ready(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """Tells whether the data of an experiment are there, and how much it is to read them."""
    from seqkit.engine.encoding import is_encoded

    loaded = _load(request, registry)
    if is_encoded(loaded, registry):
        return {"state": "encoded", "bytes": 0}
    place = loaded.dataset.component.location(loaded.dataset.config)
    if place is None:
        return {"state": "here", "bytes": 0}
    if not place.exists():
        return {"state": "missing", "bytes": 0}
    return {"state": "here", "bytes": _size(place)}


def preview(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """Builds the model, and tries it on a batch of the data."""
    from seqkit.engine.preview import preview as preview_of

    return preview_of(_load(request, registry), registry)


def data(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """Reads the data alone."""
    from seqkit.engine.preview import data_preview

    return data_preview(_load(request, registry), registry)


def look(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """Looks into a file or folder of the user's own."""
    from seqkit.experiments.beginning import begin
    from seqkit.experiments.own_data import recognise, said_in_full

    path = Path(str(request["path"])).expanduser()
    if path.exists() and not (path.is_file() or path.is_dir()):
        # A FIFO or a device: whoever opens one may wait for ever.
        raise DataError(f"{path} is neither a file nor a folder.")
    columns, rows = _first_rows(path)
    warnings: list[str] = []
    try:
        task = str(request.get("task", ""))
        given = dict(request.get("given") or {})
        entry, recognition = recognise(path, registry, task, given, warnings.append)
        begun = begin(entry, recognition, registry, warn=warnings.append)
    except SeqkitError as error:
        if not rows:
            raise
        return {"dataset": None, "problem": str(error), "columns": columns, "rows": rows}
    return {
        "dataset": begun.document["dataset"],
        "task": begun.document["task"]["name"],
        "recipe": begun.recipe,
        "document": begun.document,
        "said": " ".join([said_in_full(recognition), *warnings]),
        "reasons": dict(begun.reasons),
        "examples": recognition.examples,
        "columns": columns,
        "rows": rows,
    }


REQUESTS: dict[str, Callable[[Mapping[str, Any], Registry], dict[str, Any]]] = {
    "check": check,
    "ready": ready,
    "preview": preview,
    "data": data,
    "look": look,
}


def _load(request: Mapping[str, Any], registry: Registry) -> Experiment:
    from seqkit.experiments.loading import load_experiment

    return load_experiment(dict(request["document"]), registry)


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _first_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Returns the columns of a file and its first rows, as texts; what is in a folder."""
    from seqkit.data.own import OBJECTS, TABLES, OwnData

    data = OwnData(path)
    if data.is_folder:
        inside = sorted((not child.is_dir(), child.name) for child in path.iterdir())
        names = [name if is_file else f"{name}/" for is_file, name in inside if name[0] != "."]
        return ["in it"], [[name] for name in names[:_ROWS]]
    if data.kind in (*TABLES, *OBJECTS):
        rows = data.rows()
        cells = zip(*(rows.values[name][:_ROWS] for name in rows.columns), strict=True)
        shown = [["" if cell is None else str(cell) for cell in row] for row in cells]
        return list(rows.columns), shown
    with path.open(encoding=data.encoding, errors="replace") as file:
        lines = [line.rstrip("\n") for _, line in zip(range(_ROWS), file, strict=False)]
    return ["line"], [[line] for line in lines]


def answer(line: str, registry: Registry) -> dict[str, Any]:
    """Answers one request; whatever goes wrong is in the answer."""
    number = None
    try:
        request = json.loads(line)
        number = request.get("id")
        return {"id": number} | REQUESTS[request["do"]](request, registry)
    except (SeqkitError, OSError) as error:
        return {"id": number, "error": str(error)}
    except Exception as error:
        return {"id": number, "error": f"{type(error).__name__}: {error}"}


def _end_with_the_other_side() -> None:
    """Ends this process when nobody can ask any more, also in the middle of reading data."""
    import select
    import threading

    if not hasattr(select, "poll"):
        return
    poller = select.poll()
    # Of nothing asked for, only the end of the pipe is told.
    poller.register(sys.stdin.fileno(), 0)

    def watch() -> None:
        poller.poll()
        os._exit(0)

    threading.Thread(target=watch, name="other side", daemon=True).start()


def main() -> None:
    """Answers requests until there are no more."""
    from seqkit.registry.discovery import load_registry

    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)
    _end_with_the_other_side()
    results = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        registry = load_registry(Path(word) for word in sys.argv[1:])
        for line in sys.stdin:
            if line.strip():
                shown = json.dumps(spell_out(answer(line, registry)), default=str)
                results.write(shown + "\n")
                results.flush()


if __name__ == "__main__":
    main()

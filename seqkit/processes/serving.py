"""Answers for another program: one JSON request a line on stdin, JSON replies on stdout."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqkit.errors import SeqkitError
from seqkit.events import spell_out

if TYPE_CHECKING:
    from seqkit.engine.predict import Predictor

Reply = Callable[[Mapping[str, Any]], None]


def serve(
    predictor: Predictor,
    requests: Iterable[str | bytes],
    reply: Reply,
    warnings: Sequence[str] = (),
) -> None:
    """Answers requests until they end.

    A request is `{"id": 1, "inputs": [...], "options": {...}}`; the replies to it bear its id:
    `piece` and `index` while text is generated, then `answers`, or `error`. An interrupt ends the
    request at hand, which is then answered with `cancelled`. The first reply is `ready`: what
    answers, what the task says of its inputs and options, and `warnings`.

    Args:
        predictor: The model.
        requests: Lines; bytes are read as UTF-8, and bad ones end no more than their request.
        reply: Writes one reply.
        warnings: What was told while the model was loaded.
    """
    with interrupts_end_requests() as answering:
        _serve(predictor, requests, reply, answering, warnings)


def _serve(
    predictor: Predictor,
    requests: Iterable[str | bytes],
    reply: Reply,
    answering: Callable[[bool], None],
    warnings: Sequence[str],
) -> None:
    experiment = predictor.experiment
    task = experiment.task.component
    reply(
        {
            "ready": {
                "task": experiment.task.name,
                "model": experiment.model.name,
                "checkpoint": predictor.checkpoint.path.name,
                "device": predictor.device,
                "shape": predictor.shape.as_dict(),
                "options": task.PredictOptions.model_json_schema(),
                "reads_whole_table": task.reads_whole_table,
                "beginning": list(predictor.learner.codec.beginning()),
                "examples": list(task.examples),
                "hint": task.hint,
                "live": task.live,
                "try_options": dict(task.try_options),
                "warnings": list(warnings),
            }
        }
    )
    for line in requests:
        if line.strip():
            reply(_answer(predictor, line, reply, answering))


@contextlib.contextmanager
def interrupts_end_requests() -> Iterator[Callable[[bool], None]]:
    """Lets Ctrl-C end the request that is being answered, and nothing else.

    Yields:
        To be told when answering begins and ends.
    """
    answering = False

    def tell(now: bool) -> None:
        nonlocal answering
        answering = now

    def interrupt(_number: int, _frame: object) -> None:
        if answering:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield tell
    finally:
        signal.signal(signal.SIGINT, before)


def _answer(
    predictor: Predictor, line: str | bytes, reply: Reply, answering: Callable[[bool], None]
) -> dict[str, Any]:
    """Returns the last reply to a request; pieces of text are said before it."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, Mapping) or not isinstance(request.get("inputs", []), list):
        return {"error": 'a request is an object such as {"id": 1, "inputs": ["text"]}'}
    number = {"id": request.get("id")}

    def say(index: int, piece: str) -> None:
        reply({**number, "index": index, "piece": piece})

    try:
        answering(True)
        options = request.get("options") or {}
        answers = predictor.predict(request.get("inputs", []), say=say, **options)
        answering(False)
    except KeyboardInterrupt:
        return {**number, "cancelled": True}
    except SeqkitError as error:
        return {**number, "error": str(error)}
    except Exception as error:
        # One request must not end the service for those that come after it.
        return {**number, "error": f"{type(error).__name__}: {error}"}
    finally:
        answering(False)
    return {**number, "answers": spell_out(answers)}

"""A check and what it found."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal
from unittest import SkipTest

from seqkit.errors import SeqkitError

_PACKAGE = str(Path(__file__).parents[1])
_MACHINERY = ("importlib/__init__.py", "importlib/metadata/__init__.py")
Status = Literal["passed", "failed", "skipped", "warned"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        subject: What was checked: `plugin`, or a component as `models:attn-gru`.
        check: Name of the check, such as `padding`.
        status: passed, failed, skipped, or warned of something that is right and may surprise.
        message: What is wrong and what to do, or why the check was skipped; empty when it passed.
        traceback: Where an unexpected error came from; empty otherwise.
    """

    subject: str
    check: str
    status: Status
    message: str = ""
    traceback: str = ""

    def as_dict(self) -> dict[str, str]:
        """Returns the finding as JSON values."""
        return {
            "subject": self.subject,
            "check": self.check,
            "status": self.status,
            "message": self.message,
            "traceback": self.traceback,
        }


@dataclass(frozen=True)
class Check:
    """One check of one component; call it, as a test does, or take its `finding`.

    Attributes:
        subject: What is checked: `plugin`, or a component as `models:attn-gru`.
        name: Name of the check, such as `padding`.
        run: Does the work. Raises AssertionError with a message for whom it concerns,
            `unittest.SkipTest`, which pytest knows too, or a UserWarning.
    """

    subject: str
    name: str
    run: Callable[[], None]

    def __call__(self) -> None:
        """Runs the check, as a test does."""
        try:
            self.run()
        except UserWarning as warning:
            warnings.warn(str(warning), UserWarning, stacklevel=2)

    def __str__(self) -> str:
        return f"{self.subject}-{self.name}"

    def finding(self) -> Finding:
        """Runs the check and returns what it found; never raises but for an interrupt."""
        try:
            self.run()
        except SkipTest as skipped:
            return Finding(self.subject, self.name, "skipped", str(skipped))
        except UserWarning as warning:
            return Finding(self.subject, self.name, "warned", str(warning))
        except AssertionError as failure:
            if str(failure):
                return Finding(self.subject, self.name, "failed", str(failure))
            return self._failed(failure)
        except SeqkitError as error:
            return Finding(self.subject, self.name, "failed", str(error))
        except (Exception, SystemExit) as error:
            return self._failed(error)
        return Finding(self.subject, self.name, "passed")

    def _failed(self, error: BaseException) -> Finding:
        message = f"raised {type(error).__name__}: {error}".rstrip(": ")
        shown = "".join(traceback.format_exception(type(error), error, _own_frames(error)))
        return Finding(self.subject, self.name, "failed", message, shown)


def _own_frames(error: BaseException) -> TracebackType | None:
    """Leaves out the first frames, of seqkit and of the import machinery, up to the author's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        file = trace.tb_frame.f_code.co_filename
        if not (file.startswith((_PACKAGE, "<frozen importlib")) or file.endswith(_MACHINERY)):
            break
        trace = trace.tb_next
    return trace


def require(condition: object, message: str) -> None:
    """Raises AssertionError with the message unless the condition holds; `python -O` keeps it."""
    if not condition:
        raise AssertionError(message)

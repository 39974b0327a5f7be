"""A check and what it found."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeVar
from unittest import SkipTest

from seqkit.errors import SeqkitError

T = TypeVar("T")
_PACKAGE = str(Path(__file__).parents[1])
_MACHINERY = ("importlib/__init__.py", "importlib/metadata/__init__.py")
Status = Literal["passed", "failed", "skipped", "expected", "warned"]


class ExpectedFailureError(SkipTest):
    """A check failed, as its author said it would; a test of it is skipped."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        subject: What was checked: `plugin`, or a component as `models:NAME`.
        check: Name of the check, such as `padding`.
        status: passed, failed, skipped, expected for a failure that the author expected, or warned
            of something that is right and may surprise.
        message: What is wrong and what to do, why the check was skipped or was expected to fail, or
            what a check that passed left out.
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
        subject: What is checked: `plugin`, or a component as `models:NAME`.
        name: Name of the check, such as `padding`.
        run: Does the work, and returns what it left out, or None. Raises AssertionError with a
            message for whom it concerns, `unittest.SkipTest`, which pytest knows too, or a
            UserWarning.
    """

    subject: str
    name: str
    run: Callable[[], str | None]

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
            note = self.run()
        except ExpectedFailureError as expected:
            return Finding(self.subject, self.name, "expected", str(expected))
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
        return Finding(self.subject, self.name, "passed", note or "")

    def expected_to_fail(self, reason: str) -> Check:
        """Returns the check as one that should fail; it fails when it passes.

        Args:
            reason: Why it should, for the report.
        """

        def run() -> None:
            try:
                self.run()
            except SkipTest:
                raise
            except (Exception, SystemExit) as error:
                found = str(error).split("\n", 1)[0] or type(error).__name__
                raise ExpectedFailureError(f"{reason} (it found: {found})") from error
            raise AssertionError(
                f"it passes, and was expected to fail: {reason}. Take it out of expected_failures"
            )

        return replace(self, run=run)

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


def once(function: Callable[[], T]) -> Callable[[], T]:
    """Returns a function that calls another once, and keeps its result or what it raised."""
    kept: list[T] = []
    raised: list[BaseException] = []

    def call() -> T:
        if raised:
            raise raised[0]
        if not kept:
            try:
                kept.append(function())
            except BaseException as error:
                raised.append(error)
                raise
        return kept[0]

    return call


def following(name: str, function: Callable[[], T]) -> Callable[[], T]:
    """Returns a function for checks that need the result of another check.

    Args:
        name: The other check. Where it fails, these are skipped, as they would repeat it.
        function: What that check calls, by `once`.
    """

    def call() -> T:
        try:
            return function()
        except SkipTest:
            raise
        except (Exception, SystemExit) as error:
            raise SkipTest(f"not tried, as the check {name!r} failed") from error

    return call

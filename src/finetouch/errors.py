"""Every error a user can meet, each with a sentence that says what to do next."""

from __future__ import annotations

from typing import Any


class FinetouchError(Exception):
    """Base of all errors that Finetouch raises on purpose.

    Args:
        message: What is wrong, in words a user understands.
        hint: What to do about it; printed on its own line by the command line.

    Attributes:
        pictures: Names of pictures that show how far it got, where someone keeps them (the studio).
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.pictures: list[str] = []

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n{self.hint}"

    def more(self) -> dict[str, list[Any]]:
        """What it carries besides its sentences, as plain data; nothing that is empty."""
        carried = {name: list(getattr(self, name, ())) for name in ("seen", "unknown", "pictures")}
        return {name: values for name, values in carried.items() if values}


class InputError(FinetouchError):
    """Something given by the user cannot be used: a file, a mask, a point, a value."""

    exit_code = 2


class UsageError(InputError):
    """An option, preset, method or combination of options that does not exist or fit."""


class NotUnderstood(InputError):
    """The instruction could not be read; `unknown` lists the words that were not understood."""

    def __init__(self, message: str, hint: str | None = None, unknown: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.unknown = unknown


class TargetNotFound(InputError):
    """The thing meant is not in the picture; `seen` lists what is, as (label, score) pairs."""

    def __init__(self, message: str, hint: str | None = None, seen: tuple[tuple[str, float], ...] = ()) -> None:
        super().__init__(message, hint)
        self.seen = seen


class OutputError(InputError):
    """The result cannot be written where or as asked; nothing was left behind."""


class NeedsGenerator(UsageError):
    """The edit needs a generative model, which the chosen preset does not have."""


class DependencyMissing(FinetouchError):
    """A package is not installed or does not load; the hint holds the exact install command.

    Args:
        package: Its name. extra: The extra of Finetouch it belongs to, "" for a part of the base install.
        why: What needs it.
    """

    def __init__(self, package: str, extra: str, why: str) -> None:
        what = f"'finetouch[{extra}]'" if extra else package
        super().__init__(
            f"{why} needs the package '{package}', which is not installed{'' if extra else ' or does not load'}.",
            f"Install it with: pip install {what}",
        )


class ModelMissing(FinetouchError):
    """Model weights are not on this machine; the hint holds size and command."""


class NoAnswer(FinetouchError):
    """A vision-language model is not there, does not answer, refuses, or says what cannot be used."""


class DeviceError(UsageError):
    """The device asked for is not available on this machine."""


class OutOfMemory(FinetouchError):
    """The device's memory is used up; the hint names the cheapest setting that would fit. Nothing is left behind."""


class BrokenOutput(FinetouchError):
    """A model gave something that is no picture (values that are no numbers, or black), and did so again."""


class Cancelled(FinetouchError):
    """The work was cancelled by the user; nothing was written."""

    exit_code = 130

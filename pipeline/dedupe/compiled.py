"""Compilation of the loops, kept on disk where that is possible: the first call of all takes some seconds."""

# mypy: disable-error-code="no-any-return"

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Any:
    """A function as machine code."""
    return _compile(function)


def inlined(function: Callable[..., Any]) -> Any:
    """A function that becomes part of those that call it."""
    return _compile(function, inline="always")


def _compile(function: Callable[..., Any], **options: Any) -> Any:
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # neither beside the file nor at home can anything be written, as in a read-only container
        return njit(**options)(function)

"""That we were asked to end is kept until it is heeded.

What a signal raises is lost where Python ignores exceptions: in the hooks of a fork, while an object is finalised. So
whoever starts or watches processes asks ``heed`` as well.
"""

from typing import NoReturn

_asked: list[int] = []


def ask(number: int, _frame: object) -> NoReturn:
    """The handler of the signals that end us."""
    _asked.append(number)
    raise KeyboardInterrupt


def heed() -> None:
    """Raises KeyboardInterrupt when a signal has come, whatever became of what it raised."""
    if _asked:
        raise KeyboardInterrupt

"""Numbers kept as they were given."""

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    Number = models.DecimalField[Any, Any]
else:
    Number = models.DecimalField  # takes its types only where they are checked


class ExactField(Number):
    """A number of any size and fineness, kept digit by digit: PostgreSQL's ``numeric`` without a precision.

    What a column may hold is bounded where files are read (``base/numbers.py``), and it is rounded where it is shown.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 90, "decimal_places": 60, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_digits", "decimal_places"):
            kwargs.pop(fixed, None)
        return name, path, args, kwargs

    def db_type(self, connection: Any) -> str:  # noqa: ARG002  # the interface's
        return "numeric"

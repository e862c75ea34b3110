"""What can be wrong with a file or with one of its cells, said in sentences."""

from typing import TYPE_CHECKING, Self

from base.sentences import Sentence, Value, in_words, keep

if TYPE_CHECKING:
    from intake.kinds import Kind


class SaidError(Exception):
    """An error that is one sentence, made of a msgid and its values."""

    def __init__(self, template: str, **values: Value) -> None:
        self.sentence = Sentence(template, values)
        super().__init__(str(self.sentence))

    @property
    def said(self) -> str:
        """The sentence in the active language."""
        return in_words(keep(self.sentence))

    @classmethod
    def because(cls, text: str) -> Self:
        """The error that says a sentence made elsewhere, with its template when it has one."""
        return cls(text.template, **text.values) if isinstance(text, Sentence) else cls(text)


class Refused(SaidError):  # noqa: N818  # an answer, not a fault
    """The whole file cannot be taken, or the act asked for cannot be done; nothing was changed."""

    kind: "Kind | None" = None  # the one whose columns the sentence speaks of


class BadCell(SaidError):  # noqa: N818  # as above
    """One cell cannot be read as what its column should hold; its row is rejected."""

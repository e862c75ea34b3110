"""Names as they are compared: of columns, and of what cells name."""

import re
import unicodedata


def plain(name: str) -> str:
    """A name without case, accents, spaces and punctuation: ``"Réf. commande"`` → ``"refcommande"``."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return re.sub(r"[\W_]", "", "".join(c for c in letters if not unicodedata.combining(c)))

"""Text of others on a terminal: what is on a topic may hold escape sequences, or turn the writing direction."""


def printable(text: str, longest: int = 200) -> str:
    """The text with every character that is not shown written as its escape, cut at `longest` characters."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)

"""Invented texts for the tests: prose of made-up words, so that nothing in them is anybody's news."""

# ruff: noqa: S311 - seeded, so that a failure comes again

import random

_SYLLABLES = ("ba", "ro", "ti", "len", "mar", "ku", "so", "vel", "nan", "dri", "pes", "go")


def vocabulary(size: int, seed: int = 1) -> list[str]:
    """Made-up words."""
    rng = random.Random(seed)
    return sorted({"".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in range(size)})


WORDS = vocabulary(3000)


def prose(seed: int, words: int = 200) -> str:
    """Paragraphs of about forty words."""
    rng = random.Random(seed)
    chosen = rng.choices(WORDS, k=words)
    return "\n".join(" ".join(chosen[at : at + 40]).capitalize() + "." for at in range(0, words, 40))


def reworded(text: str, share: float, seed: int) -> str:
    """The text with a share of its words replaced."""
    rng = random.Random(seed)
    return " ".join(rng.choice(WORDS) if rng.random() < share else word for word in text.split())


#: Sentences that read as English to a language detector.
ENGLISH = (
    "The harbour council voted on Tuesday evening to rebuild the old ferry pier before the next winter storms arrive.",
    "Mayor Ilse Tarnow told the meeting that the repairs would cost four million crowns and take about eleven months.",
    "Fishermen in the gallery welcomed the decision, but several of them asked where the boats should land until then.",
    "An engineer hired by the town said the wooden piles had rotted below the water line and could not be saved.",
    "The council will publish the tender next week and expects the first offers from builders before the end of May.",
)

"""How names of places are written: one form for all accents and cases, and what is joined on to them."""

import re
import unicodedata

#: Letters from which particles may be written on to a name: shorter ones would be other words.
SHORTEST_JOINED = {"ar": 3, "he": 4}
#: Arabic and Hebrew write "and", "in", "to", "the" as one word with the name.
_ARABIC_BEFORE = ("و", "ب", "ل", "ف", "ك")
_HEBREW_BEFORE = ("ו", "ב", "ל", "מ", "ה", "ש", "כ", "וה", "וב", "שב", "מה")


def _foldings() -> dict[str, str]:
    """Accented letters of Latin and Greek to plain ones, variants of Arabic letters to one: each one code point."""
    fold = {"ё": "е", "ς": "σ", "ı": "i"}
    for code in (*range(0xC0, 0x250), *range(0x370, 0x400), *range(0x1E00, 0x2000)):
        base = unicodedata.normalize("NFD", chr(code))
        if len(base) > 1 and all(unicodedata.combining(mark) for mark in base[1:]):
            fold[chr(code)] = base[0]
    for variants, plain in (("أإآٱ", "ا"), ("ىی", "ي"), ("ة", "ه"), ("ک", "ك")):
        fold.update(dict.fromkeys(variants, plain))
    return fold


_FOLD = _foldings()
_FOLDED = re.compile(f"[{''.join(_FOLD)}]")
_NOT_WORD = re.compile(r"[^\w ]")
_ASCII = {code: chr(code).lower() if chr(code).isalnum() or chr(code) == "_" else " " for code in range(128)}


def normalise(text: str) -> str:
    """Lower case without accents, every character that is part of no word a space: same length as `text`.

    The dotted capital İ is the one letter whose lower case is two code points, so it goes first.
    """
    if text.isascii():
        return text.translate(_ASCII)
    low = text.replace("İ", "I").lower()
    return _NOT_WORD.sub(" ", _FOLDED.sub(lambda found: _FOLD[found[0]], low))


def spellings(form: str, language: str) -> list[str]:
    """The form with the particles that Arabic and Hebrew write on to it; short forms without, they would be words."""
    if language == "ar" and len(form) >= SHORTEST_JOINED["ar"]:
        whole = [form] if form.startswith("ال") else [form, "ال" + form]
        to = ["لل" + form.removeprefix("ال")]
        return [*whole, *to, *(before + name for before in _ARABIC_BEFORE for name in whole)]
    if language == "he" and len(form) >= SHORTEST_JOINED["he"]:
        return [form, *(before + form for before in _HEBREW_BEFORE)]
    return [form]

"""Language of a text: of the body, by its letters and words; what feed and page say counts where the text is short."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# langid reads enough in this many characters; it is linear in them.
_READ_CHARACTERS = 600
# Below this share of probability the text decides nothing (a list of names, a mix of two languages).
_SURE = 0.9
# One script, one language: these letters leave no choice, and langid is unsure about a hundred of them.
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
)
# A Japanese text of the plainest kind is a tenth kana; a quarter of a text in letters of a script is no quotation.
_KANA_SHARE, _SCRIPT_SHARE = 0.1, 0.25
# A text shorter than this is no evidence against what the page declares.
_ENOUGH_CHARACTERS = 100


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect_language(body: str, declared: str) -> tuple[str, str | None, float | None]:
    """ISO 639-1 code, where it came from (`text` or `declared`) and the probability that the text gives it.

    ("", None, None) where nothing tells.

    A page's template often declares English around a text in another language (fundus: `html lang` alone is right
    on 93.5 %), so a sure reading of the text wins.
    """
    if code := _by_script(body[:_READ_CHARACTERS]):
        return code, "text", 1.0
    if len(body) >= _ENOUGH_CHARACTERS or not declared:
        code, probability = _identifier().classify(body[:_READ_CHARACTERS])
        if body and probability >= _SURE:
            return str(code), "text", round(float(probability), 4)
    return (declared, "declared", None) if declared else ("", None, None)


def _by_script(text: str) -> str | None:
    for code, letters in _SCRIPTS:
        if len(letters.findall(text)) > len(text) * (_KANA_SHARE if code == "ja" else _SCRIPT_SHARE):
            return code
    return None

"""Sums of money name the country that pays in them: "£35bn" is British, "R$ 20" Brazilian. The dollar names none."""

import re

from pipeline.classify.places import Mention

#: Signs and abbreviations that stand before or after a number, by country; those of several countries are left out.
BEFORE = {
    "£": "GB", "R$": "BR", "A$": "AU", "C$": "CA", "NZ$": "NZ", "HK$": "HK", "S$": "SG", "NT$": "TW", "₹": "IN",
    "₺": "TR", "₽": "RU", "₴": "UA", "₩": "KR", "₪": "IL", "₦": "NG", "₱": "PH", "₫": "VN", "₸": "KZ", "₾": "GE",
    "₵": "GH", "฿": "TH", "৳": "BD", "₮": "MN", "₲": "PY",
}  # fmt: skip
AFTER = {
    "zł": "PL", "Kč": "CZ", "₽": "RU", "₴": "UA", "₺": "TR", "грн": "UA", "руб": "RU", "万円": "JP", "億円": "JP",
    "円": "JP", "億元": "CN", "亿元": "CN", "万元": "CN", "원": "KR", "лв": "BG",
}  # fmt: skip
_MONEY = re.compile(
    rf"(?<![\w$])({'|'.join(map(re.escape, sorted(BEFORE, key=len, reverse=True)))}) ?\d"
    rf"|\d ?({'|'.join(map(re.escape, sorted(AFTER, key=len, reverse=True)))})(?![A-Za-zА-я])"
)
#: Texts without any of these have no sum that counts; the last letter of each sign is its rarest.
_SIGNS = re.compile(f"[{''.join(sorted({sign[-1] for sign in (*BEFORE, *AFTER)}))}]")
#: A price list says no more than three sums do.
MOST_SUMS = 3


def money(text: str) -> list[Mention]:
    """The first sums in `text` whose currency belongs to one country, as mentions of the sign (kind i)."""
    if not _SIGNS.search(text):
        return []
    mentions: list[Mention] = []
    for found in _MONEY.finditer(text):
        group = 1 if found[1] else 2
        iso2 = BEFORE[found[1]] if found[1] else AFTER[found[2]]
        mentions.append(Mention(*found.span(group), iso2, "i"))
        if len(mentions) == MOST_SUMS:
            break
    return mentions

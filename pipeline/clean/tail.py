"""The end of a text: offers of newsletters, notices of rights, pointers to other pages; only there, only short lines.

Within a text such words are news; in its last lines, together, they are not.
"""

import re
from collections import Counter

# Offers that readers marked had at most 24 words; four lines of them stood below one text.
_TAIL_WORDS, _TAIL_LINES = 24, 4
_QUOTED = re.compile(r"[\"“”„«»「『]")
_RIGHTS = re.compile(r"©|\(c\)\s|\bcopyright (?=\d{4})|\bno reproduction\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"^(elsewhere (on|in) (the|this|our) (site|paper)|also (on|in) (the|this|our) (site|paper)|from our archive"
    r"|auch auf dieser seite|ailleurs sur le site|en otras secciones)\s*:",
    re.IGNORECASE,
)
# What an offer names: a channel, how often, and who speaks to whom. Two of the three make one.
_CHANNEL = re.compile(
    r"\b(newsletters?|inbox|e-?mails?|digest|bulletin|alerts|sign up|subscribe|no spam|enter your address|postfach"
    r"|abonnieren|infolettre|lettre d.information|boletín|correo|posta kutu\w+|рассылк\w+|розсилк\w+)\b"
    r"|メール|お届け|뉴스레터|받아 ?보|邮箱|订阅|النشرة|बुलेटिन|चिट्ठी",
    re.IGNORECASE,
)
_OFTEN = re.compile(
    r"\b(daily|weekly|(every|each) (morning|evening|day|week|(mon|tues|wednes|thurs|fri|satur|sun)day)|free|straight to"
    r"|before breakfast|jeden|täglich|kostenlos|chaque|gratuit\w*|cada|gratis|бесплатно"
    r"|каждое|каждый|ücretsiz|her sabah)\b|毎朝|毎日|무료|매일|每天|मुफ़्त|مجان",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"^(sign up|subscribe|join|get)\b|\b(you|your|we|us|our|editors?|correspondents?|sie|ihr|ihnen|unser\w*|vous|nous"
    r"|votre|notre|nuestr\w+|usted|вам|ваш\w*|наш\w*)\b|編集部|편집|编辑",
    re.IGNORECASE,
)


def drop_tail(lines: list[str], removed: Counter[str], outlet: str) -> list[str]:
    """Drop offers, notices and pointers from the end of a text, up to the first line that is none."""
    kept = list(lines)
    for _ in range(min(_TAIL_LINES, len(lines) - 1)):
        rule = _rule_of(kept[-1], outlet)
        if rule is None:
            break
        removed[rule] += 1
        kept.pop()
    return kept


def _rule_of(line: str, outlet: str) -> str | None:
    if len(line.split()) > _TAIL_WORDS or _QUOTED.search(line):
        return None
    if _RIGHTS.search(line):
        return "copyright"
    if _ELSEWHERE.search(line):
        return "read-more"
    channel, often = bool(_CHANNEL.search(line)), bool(_OFTEN.search(line))
    speaks = bool(_ADDRESS.search(line)) or (bool(outlet) and outlet.casefold() in line.casefold())
    return "newsletter" if (channel and (often or speaks)) or (often and speaks) else None

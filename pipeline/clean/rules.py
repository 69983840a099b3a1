"""Text rules: lines that are no part of the news, each rule with an id, so that the event says what was cut.

Every rule looks at one line; the lists are data in many languages. Short lines only: a sentence of the story that
happens to name Facebook is no share line.
"""

import re
from collections import Counter

from pipeline.events import Removal

# A boilerplate line is short; the longest here that readers marked had 24 words.
_SHORT_WORDS = 24
# "Related protests were held in three towns." is news: a label begins like a sentence, but is none. Six words:
# "Teilen Sie diesen Artikel mit Freunden." is no news.
_LABELS, _LABEL_WORDS = {"read-more", "share"}, 6
# Live pages repeat short lines legitimately; from 20 words on a repeat is an error (notes/clean.md).
_REPEATED_WORDS = 20


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


#: id → pattern of a line to drop, when it is short.
LINES: dict[str, re.Pattern[str]] = {
    "tail-other-reports": _any(
        r"^other (reports|news|stories) (by|from)\b", r"^more (reports|news|stories) (by|from)\b"
    ),
    "tail-discuss": _any(
        r"^discuss this (article|story)",
        r"^(join the|leave a|post a|add a) (conversation|comment|discussion)\b",
        r"^(kommentar schreiben|artikel kommentieren|jetzt kommentieren)",
        r"^(commenter|réagir à) (cet|l.)article",
        r"^(deja|escribe) (un|tu) comentario",
        r"^\d+ (comments?|kommentare|commentaires|comentarios)$",
    ),
    "read-more": _any(
        r"^(read|see) (more|also|next|the full)\b",
        r"^(related|recommended|you (may|might) (also )?like|more on this|don.t miss)\b",
        r"^(lesen sie (auch|mehr)|mehr zum thema|weiterlesen|das könnte sie)",
        r"^(lire aussi|à lire (aussi|également)|sur le même sujet)",
        r"^(lee también|leer más|más información|te puede interesar)",
        r"^(leia (também|mais)|veja também)",
        r"^(leggi anche|potrebbe interessarti)",
        r"^(lees ook|meer over)",
        r"^(czytaj (także|też|więcej)|zobacz także)",
        r"^(читайте также|читать далее|по теме|смотрите также)",
        r"^(читайте також|дивіться також)",
        r"^(اقرأ أيضا|اقرأ المزيد|مواضيع ذات صلة)",
        r"^(相关阅读|延伸阅读|更多新闻|相关新闻)",
        r"^(関連記事|あわせて読みたい|続きを読む)",
        r"^(यह भी पढ़ें|ये भी पढ़ें|और पढ़ें)",
        r"^(ayrıca okuyun|ilgili haberler|devamını oku)",
        r"^(διαβάστε (επίσης|περισσότερα)|σχετικά άρθρα)",
        r"^(관련 ?기사|더 ?보기)",
        r"^(קראו (גם|עוד)|כתבות נוספות)",
    ),
    "share": _any(
        r"^(share (this|on|via)|tweet|pin it|email this|print this|follow us|follow @)",
        r"^(teilen|artikel teilen|auf facebook teilen)",
        r"^(partager|partagez)",
        r"^(compartir|comparte|síguenos|compartilhe|condividi|seguici)",
        r"^(поделиться|підписуйтесь|подписывайтесь)",
        r"^(شارك|تابعنا)",
        r"^(分享到|扫一扫|シェア|ツイート|공유하기|שתפו|paylaş|μοιραστείτε|udostępnij|शेयर करें)",
    ),
    "newsletter": _any(
        r"^(sign up|subscribe|get (our|the) (daily|weekly|free|best))\b.*(newsletter|inbox|email|app|updates)",
        r"^(subscribe|sign up)( now| here| today)?[.!]?$",
        r"\b(download|get) (our|the) app\b",
        r"^newsletters?(?=$|\s*[:|–-])",
        r"^(abonnieren sie|jetzt abonnieren|inscrivez-vous|abonnez-vous)\b",
        r"^(suscríbete|suscríbase|iscriviti|assine|zapisz się)\b",
        r"^(подпишитесь на|подписаться на|订阅|メールマガジン|뉴스레터|اشترك في|הירשמו|abone olun|εγγραφείτε)",
    ),
    "copyright": _any(
        r"^(©|\(c\)|copyright\b(?! (?-i:[a-z])))",
        r"\ball rights reserved\b",
        r"^(alle rechte vorbehalten|tous droits réservés|todos los derechos reservados)",
        r"^(todos os direitos reservados|tutti i diritti riservati)",
        r"^(все права защищены|усі права захищені|版权所有|無断転載|무단.?전재)",
        r"^(جميع الحقوق محفوظة|कॉपीराइट|כל הזכויות שמורות)",
        r"\b(may|must) not be (published|reproduced|broadcast|rewritten)",
    ),
    "credit": _any(
        r"^(photo|image|picture|foto|bild|photograph|illustration|video)s?( by| credit)?\s*[:/]",
        r"^(getty images|(reuters|ap|afp) ?(photo)?)$",
        r"^(фото|الصورة|图片来源|写真|사진|फोटो|צילום|φωτογραφία|fotoğraf|zdjęcie|fot\.)\s*[:：]",
    ),
    "advertisement": _any(
        r"^(advertisement|anzeige|publicité|publicidad|publicidade|pubblicità|advertentie)$",
        r"^(реклама|إعلان|广告|広告|광고|reklama|reklam|διαφήμιση)$",
    ),
    "wire-mark": _any(
        r"^\(?more\)?$", r"^(ends|end|-30-|###)$", r"^\(?(reporting|editing|writing|additional reporting) by\b.*"
    ),
}


def drop_lines(lines: list[str], removed: Counter[str]) -> list[str]:
    """Drop the lines that a rule matches and count them by rule."""
    kept = []
    for line in lines:
        rule = _rule_of(line)
        if rule:
            removed[rule] += 1
        else:
            kept.append(line)
    return kept


def drop_repeats(lines: list[str], removed: Counter[str]) -> list[str]:
    """Drop a paragraph of 20 or more words that stood before; shorter ones repeat legitimately on live pages."""
    kept: list[str] = []
    seen: set[str] = set()
    for line in lines:
        if len(line.split()) >= _REPEATED_WORDS and line in seen:
            removed["repeated-paragraph"] += 1
        else:
            seen.add(line)
            kept.append(line)
    return kept


def removals(removed: Counter[str]) -> list[Removal]:
    """Counts as the event carries them, by rule."""
    return [Removal(rule=rule, count=count) for rule, count in sorted(removed.items())]


def _rule_of(line: str) -> str | None:
    if len(line.split()) > _SHORT_WORDS:
        return None
    sentence = len(line.split()) > _LABEL_WORDS and line.endswith((".", "!", "?", "…", "।"))
    return next((r for r, pattern in LINES.items() if not (sentence and r in _LABELS) and pattern.search(line)), None)

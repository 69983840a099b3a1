"""Is it an article? An honest no, with a reason code, for the pages that are none."""

import re

from pipeline.clean.html import Page
from pipeline.events import RejectReason

# Below this a text is a headline or a stub: 250 characters is where a full extraction was worth a second look
# (notes/clean.md, Guard). A character of Chinese, Japanese or Korean says about three times as much.
SHORTEST = 250
SHORTEST_CJK = 90
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

_CONSENT = re.compile(
    r"before you continue|we (and our partners )?(use|value|store) .{0,40}(cookies|privacy)|accept (all )?cookies"
    r"|cookie (consent|settings|preferences)|zustimm(en|ung).{0,60}(cookies|tracking|werbung)"
    r"|mit werbung (und cookies )?weiterlesen|nous utilisons des cookies|utilizamos cookies",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"(subscribe|sign in|log in|register|become a (member|subscriber)) (now )?(to|and) (continue|read|keep|unlock|see)"
    r"|(for|to) subscribers( only)?\b|already a subscriber|subscriber[- ]only"
    r"|this (article|story|content) is (reserved|only|exclusive|available)|jetzt (abo|weiterlesen)"
    r"|nur für abonnenten|réservé aux abonnés|exclusivo para (suscriptores|assinantes)",
    re.IGNORECASE,
)
# The lines of a gate at the end of a text, and the words of the longest of its buttons and headings.
_GATE_LINES, _LABEL_WORDS = 6, 10
_ERROR = re.compile(
    r"\b(404|403|500|page (was )?not found|seite nicht gefunden|page introuvable|página no encontrada|access denied"
    r"|forbidden)\b",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"\b(log ?in|sign ?in|forgot(ten)? (your )?password|anmelden|passwort vergessen|mot de passe)\b", re.IGNORECASE
)
# A list of teasers: most of the text is links, and few paragraphs are long.
_LINK_SHARE = 0.55
_ARTICLE_PARAGRAPHS = 3
# A text without one long line, two fifths of whose lines are links or begin with one, is a list of headlines: there
# is a teaser, or a "more", to each of them at most.
_LINK_CHARACTERS, _HEADLINES, _HEADLINE_SHARE = 4, 5, 0.4


def too_short(text: str) -> bool:
    """Whether a text holds too little to be an article."""
    cjk = len(_CJK.findall(text))
    return len(text) < (SHORTEST_CJK if cjk > len(text) / 4 else SHORTEST)


def judge_page(page: Page, body: str) -> tuple[RejectReason, str] | None:
    """Why a page is no article, with what was seen; None where it is one."""
    whole = "\n".join([page.metadata.title, *page.lines])
    short = too_short(body)
    share = page.link_characters / page.text_characters if page.text_characters else 0.0
    if short and page.asks_password and not page.long_paragraphs:
        return RejectReason.NOT_AN_ARTICLE, "a login form"
    if not page.text_characters:
        return RejectReason.EMPTY, "the page has no text"
    if _ERROR.search(page.metadata.title) and len(body) < 4 * SHORTEST:
        return RejectReason.ERROR_PAGE, f"the title is {page.metadata.title[:80]!r}"
    if _CONSENT.search(whole) and (short or (len(body) < 6 * SHORTEST and page.long_paragraphs <= _ARTICLE_PARAGRAPHS)):
        return RejectReason.CONSENT_WALL, f"it asks for consent and holds {len(body)} characters of text"
    if short and (_PAYWALL.search(whole) or not page.metadata.free):
        return RejectReason.PAYWALL, f"{len(body)} characters in front of a paywall"
    all_short = all(too_short(line) for line in body.split("\n"))
    if all_short and (heads := _headlines(page)):
        return RejectReason.LISTING_PAGE, f"{heads} lines of the text begin with a headline that is a link"
    if share > _LINK_SHARE and page.long_paragraphs < _ARTICLE_PARAGRAPHS and all_short:
        detail = f"{share:.0%} of the text is links, {page.long_paragraphs} long paragraphs"
        return RejectReason.LISTING_PAGE, detail
    if short:
        if _LOGIN.search(whole):
            return RejectReason.NOT_AN_ARTICLE, "a login form"
        reason = RejectReason.TOO_SHORT if body else RejectReason.NOT_AN_ARTICLE
        return reason, f"{len(body)} characters of body"
    return None


def _headlines(page: Page) -> int:
    """How many lines begin with a link's text, where these are two fifths of the lines; else 0."""
    links = tuple(link for link in page.links if len(link) >= _LINK_CHARACTERS)
    heads = sum(line.lstrip("-• ").startswith(links) for line in page.lines)
    return heads if heads >= max(_HEADLINES, _HEADLINE_SHARE * len(page.lines)) else 0


def is_truncated(page: Page) -> bool:
    """Whether the text ends at a paywall: the page says so, in its data or at its end."""
    return not page.metadata.free or any(_PAYWALL.search(line) for line in page.lines[-4:])


def drop_paywall_lines(lines: list[str]) -> list[str]:
    """Leave out the lines that ask for a subscription, and at the end the short ones around them: offers and prices."""
    start = max(0, len(lines) - _GATE_LINES)
    gate = next((n for n, line in enumerate(lines) if n >= start and _asks(line)), None)
    if gate is not None:
        while gate > start and _is_label(lines[gate - 1]):
            gate -= 1
        lines = lines[:gate] + [line for line in lines[gate:] if not _is_label(line)]
    return [line for line in lines if not _asks(line)]


def _asks(line: str) -> bool:
    return len(line) <= SHORTEST and bool(_PAYWALL.search(line))


def _is_label(line: str) -> bool:
    return len(line.split()) <= _LABEL_WORDS and not line.endswith((".", "!", "?", "”", '"'))

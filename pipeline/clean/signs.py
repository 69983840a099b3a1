"""What a page that may be no article says of its kind, beside its text: address, classes, players, pictures.

Read from the page as it came, only where there is something to explain.
"""

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import unquote

from pipeline.clean.page import one_line, parse

_TABLE = tomllib.loads(files("pipeline.clean").joinpath("data/no_article.toml").read_text(encoding="utf-8"))
#: What pages say of themselves, by kind (data/no_article.toml).
SAYS = {
    kind: re.compile("|".join(pattern for patterns in row.values() for pattern in patterns), re.IGNORECASE)
    for kind, row in _TABLE.items()
}
_PLAYERS = (
    "video, audio, amp-video, amp-youtube, amp-audio, amp-brightcove, iframe[src*=youtube], iframe[src*=vimeo]"
    ", iframe[src*=player], iframe[src*=dailymotion], iframe[src*=video], [itemtype$=VideoObject]"
)
_PICTURES = "img, amp-img, picture:not(:has(img))"
# Path segments under which outlets file what is tagged, and pictures.
_TAG_PATH = re.compile(
    r"/(tags?|topics?|themen?|schlagwort|stichwort|etiquetas?|etiquette|mots?-cles?|temas?|assuntos?|argomenti|keywords?"
    r"|label|etiket|trefwoord|onderwerp|теги?|тема|метка|标签|话题|タグ|태그)/",
    re.IGNORECASE,
)
_GALLERY_PATH = re.compile(
    r"/(galler(y|ies|ia|ie)|galeri[ae]?s?|galerien?|photos?|fotos?|pictures|slideshows?|diaporamas?|bilder|fotostrecken?"
    r"|fotogalerias?|foto-?galer\w*)/",
    re.IGNORECASE,
)
_TAG_CLASS = re.compile(r"(?<!\S)(tag|post_tag|tag-(archive|page)|archive-tag|page-tag)(?!\S)", re.IGNORECASE)
# A gallery has more pictures than a story of two paragraphs.
_GALLERY_PICTURES = 4


@dataclass(frozen=True)
class Signs:
    """Evidence of a page's kind; the phrases say what was seen, empty where nothing was."""

    #: Text of the whole page, scripts left out.
    text: str
    tag: str
    gallery: str
    #: Video and sound players.
    players: int


def read_signs(html: str, url: str, titles: list[str]) -> Signs:
    """What a page says of itself; `titles` are those that it gives itself. Raises PageRefused beyond the limits."""
    page = parse(html)
    body_class = (page.body.attributes.get("class") or "") if page.body is not None else ""
    headings = [*titles, *(one_line(node) for node in page.css("title, h1"))]
    path = re.sub(r"^[a-z]+://[^/]*", "", unquote(url)).partition("?")[0] + "/"
    tag = _seen(_TAG_PATH.search(path), "address") or _seen(_TAG_CLASS.search(body_class), "class")
    pictures = len(page.css(_PICTURES))
    gallery = _heading(headings, "gallery") or _seen(_GALLERY_PATH.search(path), "address")
    players = len(page.css(_PLAYERS))
    page.strip_tags(["script", "style", "template"])
    return Signs(
        text=one_line(page.body) if page.body is not None else "",
        tag=tag or _heading(headings, "tag"),
        gallery=f"{pictures} pictures, {gallery}" if gallery and pictures >= _GALLERY_PICTURES else "",
        players=players,
    )


def _seen(match: re.Match[str] | None, place: str) -> str:
    return f"its {place} says {match.group()!r}" if match else ""


def _heading(headings: list[str], kind: str) -> str:
    return next((f"its heading is {heading[:80]!r}" for heading in headings if SAYS[kind].search(heading)), "")

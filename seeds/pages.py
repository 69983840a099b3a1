"""Sets a seed article as the HTML page or the plain text that a scraper would have seen.

All choices are seeded by names through BLAKE2, never by `hash()` or `random`, so that every build gives the same bytes.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import jinja2

HERE = Path(__file__).parent
LAYOUTS = sorted(path.name.removesuffix(".html.jinja") for path in (HERE / "layouts").glob("*.html.jinja"))
#: Layouts that show a day, or a time without an offset, and hold no better date in their data.
DAY_ONLY = {"tables", "blog", "portal_asia", "mobile"}
#: Fewer Latin words in a title make no slug; agency copy breaks with "(MORE)" after so many paragraphs.
SLUG_WORDS, MORE_AFTER = 4, 4
RIGHT_TO_LEFT = {"ar", "he"}
_SUITED = {
    "ar": ["rtl", "rtl", "wordpress", "drupal", "broadsheet"],
    "he": ["rtl", "rtl", "wordpress", "drupal", "broadsheet"],
    "zh": ["portal_asia", "portal_asia", "hashed", "broadsheet"],
    "ja": ["portal_asia", "portal_asia", "hashed", "broadsheet"],
    "ko": ["portal_asia", "portal_asia", "hashed", "broadsheet"],
    "hi": ["rtl", "live", "threaded", "tabloid", "amp"],
}
_SECTIONS = {
    "01": "culture", "02": "crime", "03": "incidents", "04": "business", "05": "education", "06": "environment",
    "07": "health", "08": "people", "09": "work", "10": "life", "11": "politics", "12": "faith", "13": "science",
    "14": "society", "15": "sport", "16": "world", "17": "weather",
}  # fmt: skip
_WIRE_LANGUAGES = {"en", "de", "fr", "es", "it", "pt", "nl", "pl"}
_JINJA = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "layouts"), autoescape=True, undefined=jinja2.StrictUndefined
)
_FURNITURE: dict[str, dict[str, Any]] = tomllib.loads((HERE / "layouts" / "furniture.toml").read_text("utf-8"))

Article = dict[str, Any]
T = TypeVar("T")


class Page(NamedTuple):
    """A set page: its text, the strings on it that are no part of the article, and what it says of its date."""

    text: str
    absent: list[str]
    published_at: str | None


def number(*key: object) -> int:
    """A number that depends on nothing but the key."""
    return int.from_bytes(hashlib.blake2b("\0".join(map(str, key)).encode(), digest_size=6).digest())


def chance(percent: int, *key: object) -> bool:
    """True for so many of a hundred keys."""
    return number(*key) % 100 < percent


def draw(items: Sequence[T], count: int, *key: object) -> list[T]:
    """`count` of the items, in an order of the key's own."""
    return sorted(items, key=lambda item: number(*key, item))[:count]


def layout_of(article: Article) -> str:
    """The layout of the article's outlet: one for all its pages."""
    suited = _SUITED.get(article["language"], LAYOUTS)
    return suited[number("layout", article["domain"]) % len(suited)]


def address(article: Article) -> str:
    """URL of the article's page."""
    plain = unicodedata.normalize("NFKD", article["title"]).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)[:8]
    slug = "-".join(words) if len(words) >= SLUG_WORDS else article["id"].partition("-")[2]
    return f"https://www.{article['domain']}/{section_of(article)}/{slug}"


def section_of(article: Article) -> str:
    """The site's section that the story stands in."""
    return _SECTIONS[article["expect"]["topics"][0][:2]]


def paragraphs(article: Article) -> list[dict[str, Any]]:
    """The body's lines, headings marked."""
    lines = [line.strip() for line in article["body"].strip().splitlines() if line.strip()]
    return [{"text": line.removeprefix("## "), "heading": line.startswith("## ")} for line in lines]


def body_text(article: Article) -> str:
    """The body as a reader would copy it."""
    return "\n".join(paragraph["text"] for paragraph in paragraphs(article))


def html_page(article: Article, url: str, charset: str) -> Page:
    """The article on its outlet's page."""
    layout = layout_of(article)
    dates, furniture = _dates(article), _furniture(article)
    paras = paragraphs(article)
    names, byline = _byline(article)
    sentences = re.findall(r"[^.!?“”\"]{50,150}[.!?](?=\s|$)", " ".join(p["text"] for p in paras[2:]))
    text = _JINJA.get_template(f"{layout}.html.jinja").render(
        charset=charset,
        a={
            "title": article["title"],
            "authors": article["authors"],
            "names": names,
            "by": byline,
            "paras": paras,
            "dateline": article.get("dateline", ""),
            "caption": article.get("caption", ""),
            "quote": sentences[number("quote", article["id"]) % len(sentences)].strip() if sentences else "",
            "section": section_of(article),
            "lang": article["language"],
            "dir": "rtl" if article["language"] in RIGHT_TO_LEFT else "ltr",
            "url": url,
            "description": paras[0]["text"][:140].rsplit(" ", 1)[0] + "…",
            "tags": draw(re.findall(r"\w{5,}", article["title"]), 3, "tags", article["id"]),
        },
        d=dates,
        o={
            "name": article["outlet"],
            "domain": article["domain"],
            "initials": "".join(word[0] for word in article["outlet"].split())[:3],
            "number": number("page", article["id"]) % 900_000 + 1_000,
        },
        f=furniture,
        ld=_json_ld(article, url, dates),
        c=lambda name: hashlib.blake2b(f"{article['domain']}.{name}".encode(), digest_size=4).hexdigest(),
    )
    strangers = [byline, names, article.get("caption", ""), furniture["newsletter"], furniture["cookie"]]
    strangers += [furniture["legal"], furniture["related"][0], furniture["comments"][0]["text"]]
    return Page(text, _absent(strangers, text, article), dates["day"] if layout in DAY_ONLY else dates["iso"])


def plain_text(article: Article) -> Page:
    """The article as text: pulled from a page, or in the form of a news agency."""
    key = article["id"]
    furniture, dates = _furniture(article), _dates(article)
    byline = _byline(article)[1 if chance(60, "by", key) else 0]
    lines = [paragraph["text"] for paragraph in paragraphs(article)]
    wire = article["language"] in _WIRE_LANGUAGES and bool(article.get("dateline")) and chance(70, "wire", key)
    strangers = [byline]
    if wire:
        slug = "-".join(draw(re.findall(r"[A-Z]{4,}", article["title"].upper()) or ["NEWS"], 2, "slug", key))
        head = [f"{slug}/{section_of(article).upper()}", article["title"], byline]
        place = f"{article['dateline'].split(',')[0].upper()}, {dates['month_day']} ({article['outlet']}) - "
        lines[0] = place + lines[0]
        if len(lines) > MORE_AFTER:
            lines.insert(MORE_AFTER, "(MORE)")
        tail = ["ENDS"]
    else:
        head = [article["title"], byline, dates["long"]]
        if article.get("dateline") and chance(50, "place", key):
            lines[0] = f"{article['dateline']} — {lines[0]}"
        ends = [furniture["newsletter"], furniture["legal"], f"{furniture['related_label']}: {furniture['related'][0]}"]
        tail = draw(ends, number("tail", key) % len(ends), key)
    if article.get("caption") and chance(60, "caption", key):
        lines.insert(number("caption", key) % (len(lines) - 1) + 1, article["caption"])
        strangers.append(article["caption"])
    text = "\n\n".join(["\n".join(filter(None, head)), *lines, *tail]) + "\n"
    return Page(text, _absent([*strangers, *tail, "(MORE)"], text, article), None if wire else dates["day"])


def _absent(strangers: list[str], text: str, article: Article) -> list[str]:
    """Those of the strings that stand on the page and not in the article."""
    page, body = str(jinja2.filters.do_striptags(text)), body_text(article)
    page = " ".join(page.split())
    return list(dict.fromkeys(s for s in strangers if s and " ".join(s.split()) in page and s not in body))


def _byline(article: Article) -> tuple[str, str]:
    """Names as one string, and the byline as the outlet writes it."""
    words, authors = _FURNITURE[article["language"]], article["authors"]
    if not authors:
        return "", ""
    joint = words["and"] if words["and"] in "、," else f" {words['and']} "
    names = joint.join([", ".join(authors[:-1]), authors[-1]]) if len(authors) > 1 else authors[0]
    return names, words["by"][number("by", article["domain"]) % len(words["by"])].format(names=names)


def _dates(article: Article) -> dict[str, Any]:
    """The date in the forms that layouts print."""
    words = _FURNITURE[article["language"]]
    time = datetime.fromisoformat(article["published_at"])
    modified = time + timedelta(minutes=number("modified", article["id"]) % 180)
    month = words["months"][time.month - 1]
    before, mark, _ = words["date"].partition("{month}")
    day_first = before + mark if before.startswith("{day}") else ""
    return {
        "iso": time.isoformat(),
        "modified": modified.isoformat(),
        "modified_clock": f"{modified:%H:%M}",
        "day": f"{time:%Y-%m-%d}",
        "long": words["date"].format(day=time.day, month=month, n=time.month, year=time.year),
        "month_day": day_first.format(day=time.day, month=month) if day_first else f"{month} {time.day}",
        "short": f"{time:%d.%m.%Y}",
        "stamp": f"{time:%Y-%m-%d %H:%M}",
        "clock": f"{time:%H:%M}",
    }


def _furniture(article: Article) -> dict[str, Any]:
    """What stands around the article: headlines, comments and offers go by article, all else by outlet."""
    words, outlet, key = _FURNITURE[article["language"]], article["domain"], article["id"]
    filled: dict[str, Any] = {}
    for name, pool in words.items():
        if isinstance(pool, list) and all(isinstance(item, str) for item in pool):
            text = pool[number(name, key if name == "newsletter" else outlet) % len(pool)]
            filled[name] = text.replace("{outlet}", article["outlet"]).replace("{year}", article["published_at"][:4])
    for name, most in (("nav", 9), ("footer", 6), ("share", 4)):
        filled[name] = draw(words[name], most - number(name, outlet) % 3, name, outlet)
    headlines = draw(words["headlines"], 8, "headlines", key)
    comments = draw([(c["name"], c["text"]) for c in words["comments"]], 3 + number(key) % 3, "comments", key)
    filled["related"], filled["popular"] = headlines[:4], headlines[4:]
    filled["comments"] = [{"name": name, "text": text} for name, text in comments]
    return filled


def _json_ld(article: Article, url: str, dates: dict[str, Any]) -> dict[str, Any]:
    """schema.org data of the page; one outlet in five prints the whole body there."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article["title"],
        "inLanguage": article["language"],
        "mainEntityOfPage": url,
        "datePublished": dates["iso"],
        "dateModified": dates["modified"],
        "publisher": {"@type": "NewsMediaOrganization", "name": article["outlet"]},
    }
    if article["authors"]:
        data["author"] = [{"@type": "Person", "name": name} for name in article["authors"]]
    if chance(20, "articleBody", article["domain"]):
        data["articleBody"] = body_text(article)
    return data

"""Builds the seed stream: `raw.jsonl`, what a scraper sends, and `expected.jsonl`, what a careful reader expects.

    python seeds/build.py

Two runs give the same bytes. The articles stand in `articles/*.toml`, pages that are no articles in `others/`, hostile
records in `hostile.jsonl`, which the build only reads.
"""

import base64
import json
import sys
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from pages import HERE, LAYOUTS, Article, Page, address, body_text, chance, html_page, layout_of, number, plain_text

#: Of a hundred articles, so many come as text; of a hundred HTML pages, so many as decoded `html`.
TEXT_SHARE, DECODED_SHARE, FEED_SHARE = 22, 25, 25
#: Characters of the body's start and end that an expectation names.
EDGE = 40
#: Older encodings that outlets of a language still serve, and of how many outlets in a hundred.
_LATIN = (["windows-1252", "iso-8859-1"], 12)
_LEGACY: dict[str, tuple[list[str], int]] = {
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl"), _LATIN),
    "ru": (["windows-1251"], 50),
    "uk": (["windows-1251"], 50),
    "ja": (["shift_jis"], 80),
    "zh": (["gb18030"], 80),
    "he": (["iso-8859-8"], 100),
}
_TEXT_SEED = {
    "url": "https://www.clicklancashire.example/world/putin-orders-forces-start-pulling-out-of-syria",
    "source": "Click Lancashire",
    "fetched_at": "2017-12-15T18:00:00Z",
    "meta": {"seed": "en-putin-syria"},
}
_TEXT_SEED_EXPECTED = {
    "seed": "en-putin-syria",
    "outcome": "enriched",
    "title": "Russian President Vladimir Putin orders forces to start pulling out of Syria",
    "authors": ["Elias Hubbard"],
    "published_at": "2017-12-15",
    "language": "en",
    "topics": ["16000000", "11000000"],
    "countries": ["SY", "RU"],
    "absent": [
        "Elias Hubbard",
        "December 15, 2017",
        "Other reports by",
        "Discuss This Article",
        "A Russian Su-24 bomber passes by",
    ],
}
Json = dict[str, Any]


def read_articles() -> dict[str, Article]:
    """All articles by id; a copy without a text of its own takes its original's."""
    articles: dict[str, Article] = {}
    for path in sorted((HERE / "articles").glob("*.toml")):
        for article in tomllib.loads(path.read_text("utf-8")).get("article", []):
            if article["id"] in articles:
                raise ValueError(f"{path.name}: {article['id']} is taken")
            articles[article["id"]] = article
    for article in articles.values():
        if original := articles.get(article.get("copy_of", "")):
            article.setdefault("body", original["body"])
            article.setdefault("title", original["title"])
    return articles


def fetched(article: Article, articles: dict[str, Article]) -> datetime:
    """When the scraper had the page: some hours after it appeared, a copy never before its original."""
    time = datetime.fromisoformat(article["published_at"]).astimezone(timezone.utc)
    time += timedelta(minutes=35 + number("fetched", article["id"]) % 540)
    if original := articles.get(article.get("copy_of", "")):
        time = max(time, fetched(original, articles) + timedelta(minutes=20))
    return time


def charset_of(article: Article) -> str:
    """The encoding that the outlet serves."""
    encodings, share = _LEGACY.get(article["language"], (["utf-8"], 0))
    if not chance(share, "charset", article["domain"]):
        return "utf-8"
    return encodings[number("encoding", article["domain"]) % len(encodings)]


def comes_as_text(article: Article) -> bool:
    """Whether the article is sent as text. A page that is fetched again comes in the form in which it came first."""
    return chance(TEXT_SHARE, "body form", article["copy_of"] if article.get("same_page") else article["id"])


def article_record(article: Article, articles: dict[str, Article]) -> tuple[Json, Json]:
    """The raw event of an article, and what is expected of it."""
    same_page = article.get("same_page", False)
    page_of = articles[article["copy_of"]] if same_page else article
    url = address(page_of)
    as_text = comes_as_text(article)
    charset = charset_of(article)
    page = plain_text(article) if as_text else html_page(article, url, charset)
    record: Json = {"url": url + "?utm_source=newsletter&utm_medium=email" if same_page else url}
    if as_text:
        record["text"] = page.text
    elif charset == "utf-8" and chance(DECODED_SHARE, "decoded", article["id"]):
        record["html"] = page.text
    else:
        in_header = chance(50, "header", article["domain"])
        record["content"] = base64.b64encode(page.text.encode(charset, "xmlcharrefreplace")).decode()
        record["content_type"] = f"text/html; charset={charset}" if in_header else "text/html"
    record["fetched_at"] = f"{fetched(article, articles):%Y-%m-%dT%H:%M:%SZ}"
    record["source"] = article["outlet"]
    feed = feed_fields(article)
    record |= feed
    if "home_country" in article:
        record["home_country"] = article["home_country"]
    record["meta"] = {"seed": article["id"]}
    return record, expectation(article, page, feed)


def feed_fields(article: Article) -> Json:
    """What the feed said of some of the articles."""
    key = article["id"]
    if not chance(FEED_SHARE, "feed", key):
        return {}
    time = article["published_at"]
    fields: Json = {
        "title": article["title"],
        "authors": article["authors"],
        "published_at": time if chance(60, "iso", key) else format_datetime(datetime.fromisoformat(time)),
        "language": article["language"],
    }
    return {name: value for name, value in fields.items() if value and chance(75, "field", name, key)}


def expectation(article: Article, page: Page, feed: Json) -> Json:
    """What a careful reader expects of an article, given what its feed said."""
    body = body_text(article)
    relation = article.get("relation")
    copied = {"relation": relation, "duplicate_of": article["copy_of"]} if relation else {}
    published_at = article["published_at"] if "published_at" in feed else page.published_at
    return {
        "seed": article["id"],
        "outcome": "duplicate" if relation and relation != "revision" else "enriched",
        **copied,
        "topics": article["expect"]["topics"],
        "countries": article["expect"]["countries"],
        "title": article["title"],
        "authors": article["authors"],
        **({"published_at": published_at} if published_at else {}),
        "language": article["language"],
        "body_starts": body[:EDGE].partition("\n")[0],
        "body_ends": body[-EDGE:].rpartition("\n")[2],
        "absent": page.absent,
    }


def text_seed() -> tuple[Json, Json]:
    """The project's own seed article, as it stands."""
    text = (HERE / "articles" / "putin-syria.txt").read_text("utf-8")
    lines = text.split("\n\n")
    edges = {"body_starts": lines[2][:EDGE], "body_ends": '"The greatest concern'}
    edges["body_ends"] = next(line for line in lines if line.startswith(edges["body_ends"]))[-EDGE:]
    return {"text": text, **_TEXT_SEED}, {**_TEXT_SEED_EXPECTED, **edges}


def other_records() -> Iterator[tuple[Json, Json]]:
    """Pages that are no articles, or only the free part of one."""
    for page in tomllib.loads((HERE / "others" / "others.toml").read_text("utf-8"))["page"]:
        content = (HERE / "others" / page["file"]).read_bytes()
        record: Json = {"url": page["url"]}
        if "content_type" in page:
            record |= {"content": base64.b64encode(content).decode(), "content_type": page["content_type"]}
        else:
            record["html"] = content.decode()
        record |= {"fetched_at": page["fetched_at"], "source": page["source"], "meta": {"seed": page["id"]}}
        yield record, {"seed": page["id"], **page["expect"]}


def main() -> None:
    """Write both files."""
    articles = read_articles()
    pairs = [text_seed(), *(article_record(article, articles) for article in articles.values()), *other_records()]
    pairs.sort(key=lambda pair: (pair[0]["fetched_at"], pair[0]["meta"]["seed"]))
    hostile = [json.loads(line) for line in (HERE / "hostile.jsonl").read_text("utf-8").splitlines()]
    expected = [pair[1] for pair in pairs] + [{"seed": line["id"], **line["expect"]} for line in hostile]
    for name, lines in (("raw.jsonl", [pair[0] for pair in pairs]), ("expected.jsonl", expected)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (HERE / name).write_text(text, "utf-8", newline="\n")
    unused = set(LAYOUTS) - {layout_of(article) for article in articles.values() if not comes_as_text(article)}
    if unused:
        sys.exit(f"no outlet uses {', '.join(sorted(unused))}")


if __name__ == "__main__":
    main()

"""An honest no: pages that are no articles, in many languages, each with its reason and what was seen.

All pages are invented. Hypothesis dresses each as outlets do: menus, footers, scripts, names of parts.
"""

import base64
import gzip
import io
import json
import os
import zipfile
from html import escape
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import clean
from pipeline.events import CleanArticle, RawArticle, RejectedArticle, RejectReason
from tests.unit.texts import ENGLISH

FETCHED_AT = "2026-10-06T00:00:00Z"
TITLE = "Council votes to rebuild the old ferry pier"
SENTENCES = {
    "en": ENGLISH[0],
    "de": "Der Hafenrat hat am Dienstagabend beschlossen, den alten Fähranleger vor dem Winter neu zu bauen.",
    "ru": "Совет гавани во вторник вечером решил перестроить старый паромный причал до зимних штормов.",
    "ar": "قرر مجلس الميناء مساء الثلاثاء إعادة بناء رصيف العبارات القديم قبل عواصف الشتاء المقبلة.",
    "hi": "बंदरगाह परिषद ने मंगलवार शाम को सर्दियों के तूफानों से पहले पुराने घाट को फिर से बनाने का फैसला किया।",
    "zh": "海港委员会周二晚间投票决定在冬季风暴来临之前重建旧渡轮码头。",
}


class Page(NamedTuple):
    """A page without its dress; `main` is HTML, the title text."""

    lang: str
    title: str
    main: str
    url: str = "https://one.example/a/1"


class Dress(NamedTuple):
    """What an outlet puts around a page."""

    outlet: str
    menu: int
    part: str
    script: str
    footer: bool


DRESSES = st.builds(
    Dress,
    outlet=st.sampled_from(["Harbour Post", "Küstenbote", "Гавань", "مرفأ", "海港报", "बंदरगाह"]),
    menu=st.integers(0, 12),
    part=st.sampled_from(["main", "content", "c-17 entry", "wrapper page__body", ""]),
    script=st.sampled_from(["", "var a = '<p>no text</p>';", "if (1 < 2 && 3 > 2) { run() }"]),
    footer=st.booleans(),
)
PLAIN = Dress("Harbour Post", 0, "main", "", footer=False)


def dressed(page: Page, dress: Dress = PLAIN) -> str:
    items = "".join(f'<li><a href="/s/{n}">{n}. {dress.outlet}</a></li>' for n in range(dress.menu))
    menu = f"<nav><ul>{items}</ul></nav>" if items else ""
    footer = f"<footer><p>© {dress.outlet}</p></footer>" if dress.footer else ""
    head = f'<meta charset="utf-8"><title>{escape(page.title)} | {dress.outlet}</title><script>{dress.script}</script>'
    body = f'{menu}<div class="{dress.part}">{page.main}</div>{footer}'
    return f'<!doctype html><html lang="{page.lang}"><head>{head}</head><body>{body}</body></html>'


def outcome(body: str | bytes, kind: str | None = "text/html", url: str = "u") -> CleanArticle | RejectedArticle:
    content = base64.b64encode(body if isinstance(body, bytes) else body.encode()).decode()
    return clean(RawArticle(url=url, content=content, content_type=kind, fetched_at=FETCHED_AT))


def teasers(*lines: str) -> str:
    """A list of headlines that are links, twelve at least."""
    return "".join(
        f'<div><h3><a href="/{n}">{line} ({n})</a></h3></div>' for n, line in enumerate(lines * (12 // len(lines) + 1))
    )


PAGES: dict[tuple[RejectReason, str], list[Page]] = {
    (RejectReason.LISTING_PAGE, "link"): [
        Page("en", "Local news", teasers("Ferry pier to be rebuilt", "Bakery opens on the quay", "Rain until Friday")),
        Page(
            "de", "Wirtschaft", teasers("Werft stellt hundert Leute ein", "Bank schließt Filiale", "Milch wird teurer")
        ),
        Page("ru", "Новости дня", teasers("Причал построят заново", "Открылась пекарня", "Дожди до пятницы")),
        Page("ar", "أخبار محلية", teasers("إعادة بناء الرصيف", "افتتاح مخبز جديد", "أمطار حتى الجمعة")),
        Page("zh", "本地新闻", teasers("码头即将重建的消息", "海边新开面包店一家", "周五之前持续降雨")),
    ],
    (RejectReason.LISTING_PAGE, "a tag page"): [
        Page("en", "Tag: harbour", "<h1>Tag: harbour</h1>" + teasers("Ferry pier to be rebuilt", "Rain until Friday")),
        Page("fr", "Archives", teasers("Le port sera refait", "La pluie reste"), "https://un.example/etiquette/port/"),
        Page(
            "es", "Etiqueta: puerto", "<h1>Etiqueta: puerto</h1>" + teasers("El muelle será nuevo", "Lluvia y viento")
        ),
        Page("ru", "Тег: порт", "<h1>Тег: порт</h1>" + teasers("Причал построят заново", "Дожди до пятницы")),
        Page("ja", "タグ: 港", "<h1>タグ: 港</h1>" + teasers("古い桟橋を建て直しへ", "金曜日まで雨が続く")),
    ],
    (RejectReason.NOT_AN_ARTICLE, "a video or sound page"): [
        Page(
            "en", "Watch: penguins on parade", '<h1>Watch</h1><video src="/a.mp4"></video><p>A colony on its way.</p>'
        ),
        Page(
            "de",
            "Im Video: Der Anleger",
            '<h1>Im Video</h1><iframe src="https://player.example/1"></iframe><p>Ein Gang.</p>',
        ),
        Page("ru", "Видео: причал", '<h1>Видео</h1><video><source src="/a.mp4"></video><p>Прогулка по берегу.</p>'),
        Page("hi", "वीडियो: घाट", '<h1>वीडियो</h1><amp-video src="/a.mp4"></amp-video><p>घाट की सैर।</p>'),
    ],
    (RejectReason.NOT_AN_ARTICLE, "a gallery"): [
        Page(
            "en", "In pictures: the pier", "<h1>In pictures: the pier</h1>" + '<img src="/1.jpg"><p>The pier.</p>' * 5
        ),
        Page("de", "Bilderstrecke: Der Anleger", "<h1>Der Anleger</h1>" + '<img src="/1.jpg"><p>Am Hafen.</p>' * 5),
        Page("ru", "Фоторепортаж: причал", "<h1>Фоторепортаж: причал</h1>" + '<img src="/1.jpg"><p>Причал.</p>' * 5),
        Page(
            "fr",
            "Le port",
            "<h1>Le port</h1>" + '<img src="/1.jpg"><p>Le quai.</p>' * 5,
            "https://un.example/diaporama/port",
        ),
    ],
    (RejectReason.NOT_AN_ARTICLE, "a login"): [
        Page("en", "Welcome", '<form><h1>Welcome back</h1><input type="password"><button>Sign in</button></form>'),
        Page("de", "Willkommen", "<p>Bitte mit Namen und Kennwort anmelden. Passwort vergessen?</p>"),
        Page("ru", "Вход", "<p>Войдите в личный кабинет, чтобы видеть страницу. Забыли пароль?</p>"),
        Page("ar", "مرحبا", "<p>يرجى تسجيل الدخول باسمك لرؤية صفحتك على الموقع.</p>"),
    ],
    (RejectReason.CONSENT_WALL, "it says"): [
        Page("en", "Harbour Post", "<h1>Before you continue</h1><p>We and our 814 partners store cookies on it.</p>"),
        Page("fr", "Le Port", "<p>Nous et nos 814 partenaires utilisons des cookies pour mesurer l’audience.</p>"),
        Page("de", "Küste", "<p>Mit Werbung weiterlesen oder ohne Werbung ein Konto anlegen: Sie haben die Wahl.</p>"),
        Page("ru", "Гавань", "<p>Мы используем файлы cookie, чтобы показывать рекламу. Вы согласны с этим?</p>"),
        Page("zh", "海港报", "<p>本网站使用 Cookie 来提供服务。接受所有 Cookie 即可继续。</p>"),
        Page("ar", "مرفأ", "<p>نحن نستخدم ملفات تعريف الارتباط لقياس الزيارات. هل توافق؟</p>"),
    ],
    (RejectReason.PAYWALL, "it says"): [
        Page("en", TITLE, f"<p>{SENTENCES['en']}</p><p>Subscribe to continue reading.</p>"),
        Page("de", "Anleger wird neu", f"<p>{SENTENCES['de']}</p><p>Weiterlesen mit Küstenbote Plus</p>"),
        Page("ru", "Причал построят", f"<p>{SENTENCES['ru']}</p><p>Оформите подписку, чтобы читать дальше.</p>"),
        Page("ar", "إعادة بناء الرصيف", f"<p>{SENTENCES['ar']}</p><p>هذا المقال للمشتركين فقط.</p>"),
        Page("zh", "旧码头重建", f"<p>{SENTENCES['zh']}</p><p>订阅后继续阅读</p>"),
    ],
    (RejectReason.ERROR_PAGE, "the title is"): [
        Page("en", "404 Page not found", "<h1>Oh dear</h1><p>Try the front page, or the search box above.</p>"),
        Page("es", "Página no encontrada", "<h1>Vaya</h1><p>Pruebe la portada o el buscador.</p>"),
        Page("ru", "Страница не найдена", "<h1>Ой</h1><p>Попробуйте начать с главной.</p>"),
        Page("ko", "페이지를 찾을 수 없습니다", "<h1>이런</h1><p>첫 화면으로 가 보십시오.</p>"),
        Page("hi", "पृष्ठ नहीं मिला", "<h1>ओह</h1><p>मुखपृष्ठ से शुरू करें।</p>"),
    ],
    (RejectReason.ERROR_PAGE, "it says"): [
        Page("en", "Just a moment", "<h1>Checking that you are not a robot</h1><p>It takes five seconds.</p>"),
        Page("fr", "Un instant", "<p>Cochez la case : je ne suis pas un robot.</p>"),
        Page("ja", "確認", "<p>ロボットではありませんにチェックを入れてください。</p>"),
    ],
    (RejectReason.SOFT_404, "it says"): [
        Page("en", "Harbour Post", "<h1>Sorry</h1><p>The article you requested could not be found.</p>"),
        Page("de", "Küstenbote", "<h1>Schade</h1><p>Dieser Artikel ist leider nicht mehr verfügbar.</p>"),
        Page("es", "El Puerto", "<p>La página que busca ya no existe.</p>"),
        Page("ru", "Гавань", "<p>Статья не найдена или удалена.</p>"),
        Page("ar", "مرفأ", "<p>عذرا، الصفحة غير موجودة.</p>"),
        Page("zh", "海港报", "<p>您访问的文章不存在或已被删除。</p>"),
    ],
    (RejectReason.TOO_SHORT, "characters"): [
        Page(lang, "A short one", f"<article><h1>A short one</h1><p>{sentence}</p></article>")
        for lang, sentence in SENTENCES.items()
    ],
    (RejectReason.EMPTY, "no text"): [
        Page("en", "Harbour Post", '<div id="root"></div><script>run()</script>'),
        Page("de", "Küstenbote", "<div> <span></span>&nbsp;</div>"),
        Page("ar", "مرفأ", '<img src="/a.png" alt="">'),
    ],
}
ROWS = [
    pytest.param(page, reason, seen, id=f"{reason}-{seen.replace(' ', '_')}-{page.lang}-{number}")
    for (reason, seen), pages in PAGES.items()
    for number, page in enumerate(pages)
]


@pytest.mark.parametrize(("page", "reason", "seen"), ROWS)
def test_a_page_that_is_no_article_has_one_reason_and_its_evidence(page: Page, reason: RejectReason, seen: str) -> None:
    rejected = outcome(dressed(page), url=page.url)
    assert isinstance(rejected, RejectedArticle)
    assert (rejected.reason, seen in rejected.detail) == (reason, True), rejected.detail


@settings(max_examples=60, deadline=None, derandomize=True)
@given(page=st.sampled_from([(page, kind[0]) for kind, pages in PAGES.items() for page in pages]), dress=DRESSES)
def test_its_dress_changes_nothing(page: tuple[Page, RejectReason], dress: Dress) -> None:
    dress = dress._replace(footer=dress.footer and page[1] is not RejectReason.EMPTY)
    rejected = outcome(dressed(page[0], dress), url=page[0].url)
    assert isinstance(rejected, RejectedArticle)
    assert rejected.reason == page[1], rejected.detail


@pytest.mark.parametrize("lang", SENTENCES)
def test_a_free_part_that_can_stand_alone_is_a_truncated_article(lang: str) -> None:
    free = "".join(f"<p>{SENTENCES[lang]} {n}.</p>" for n in range(8))
    gate = {
        "en": "Subscribe to continue reading.",
        "de": "Weiterlesen mit Küstenbote Plus",
        "ru": "Оформите подписку, чтобы читать дальше.",
        "ar": "هذا المقال للمشتركين فقط.",
        "hi": "पूरा लेख पढ़ने के लिए सदस्यता लें",
        "zh": "订阅后继续阅读",
    }[lang]
    article = outcome(dressed(Page(lang, "The pier", f"<article>{free}<p>{gate}</p></article>")))
    assert isinstance(article, CleanArticle)
    assert (article.truncated, gate in article.body) == (True, False)


# ------------------------------------------------------------------------------- content that is no page


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", ENGLISH[0] * 9)
    return archive.getvalue()


ITEMS = "".join(f"<item><title>{TITLE}</title><description>{line}</description></item>" for line in ENGLISH)
ENTRIES = "".join(f"<entry><title>{TITLE}</title><summary>{line}</summary></entry>" for line in ENGLISH)
TYPES = ["text/html", "text/plain", "application/octet-stream", "application/json", "application/xml", None]
NO_PAGES: list[tuple[str, bytes, RejectReason, str]] = [
    ("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Type /Catalog>>" * 20, RejectReason.UNSUPPORTED_TYPE, "PDF"),
    ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", RejectReason.UNSUPPORTED_TYPE, "PNG"),
    ("jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF", RejectReason.UNSUPPORTED_TYPE, "JPEG"),
    ("gif", b"GIF89a\x01\0\x01\0", RejectReason.UNSUPPORTED_TYPE, "GIF"),
    ("webp", b"RIFF\x24\0\0\0WEBPVP8 ", RejectReason.UNSUPPORTED_TYPE, "WebP"),
    ("mp4", b"\0\0\0\x18ftypmp42", RejectReason.UNSUPPORTED_TYPE, "MP4"),
    ("zip", zipped(), RejectReason.UNSUPPORTED_TYPE, "ZIP"),
    ("svg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', RejectReason.UNSUPPORTED_TYPE, "SVG"),
    ("sitemap", b'<?xml version="1.0"?><urlset><url/></urlset>', RejectReason.UNSUPPORTED_TYPE, "sitemap"),
    ("gzip", gzip.compress(ENGLISH[0].encode() * 9, mtime=0), RejectReason.UNDECODABLE, "gzip"),
    ("noise", bytes(range(256)) * 40, RejectReason.UNDECODABLE, ""),
    ("zeros", b"\0" * 400, RejectReason.UNDECODABLE, "NUL"),
    ("utf-32", TITLE.encode("utf-32-le"), RejectReason.UNDECODABLE, "NUL"),
    (
        "rss",
        f'<?xml version="1.0"?><rss version="2.0"><channel>{ITEMS}</channel></rss>'.encode(),
        RejectReason.FEED,
        "5",
    ),
    ("atom", f'<feed xmlns="http://www.w3.org/2005/Atom">{ENTRIES}</feed>'.encode(), RejectReason.FEED, "5"),
    ("rss 1.0", f"<!-- a --> <rdf:RDF><channel/>{ITEMS}</rdf:RDF>".encode("utf-8-sig"), RejectReason.FEED, "5"),
    ("json", json.dumps({"items": ENGLISH}).encode(), RejectReason.UNSUPPORTED_TYPE, "JSON"),
    ("json list", json.dumps([{"body": line} for line in ENGLISH]).encode(), RejectReason.UNSUPPORTED_TYPE, "JSON"),
    (
        "json of an outlet",
        json.dumps({"@type": "WebSite", "name": "P"}).encode(),
        RejectReason.UNSUPPORTED_TYPE,
        "JSON",
    ),
]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(("content", "reason", "seen"), [row[1:] for row in NO_PAGES], ids=[row[0] for row in NO_PAGES])
def test_what_is_no_page_is_known_whatever_its_type_says(
    content: bytes, reason: RejectReason, seen: str, kind: str | None
) -> None:
    rejected = outcome(content, kind)
    assert isinstance(rejected, RejectedArticle)
    assert (rejected.reason, seen in rejected.detail) == (reason, True), rejected.detail


@pytest.mark.parametrize("field", ["html", "text"])
@pytest.mark.parametrize(("content", "reason"), [(row[1], row[2]) for row in NO_PAGES[-6:]], ids=lambda _: "")
def test_feeds_and_json_are_known_in_decoded_fields(content: bytes, reason: RejectReason, field: str) -> None:
    raw = RawArticle.model_validate({"url": "u", field: content.decode("utf-8-sig"), "fetched_at": FETCHED_AT})
    rejected = clean(raw)
    assert isinstance(rejected, RejectedArticle)
    assert rejected.reason is reason


@pytest.mark.parametrize(
    "lost",
    [
        "".join(SENTENCES.values()).encode("utf-8", "replace").replace(b"\xd0", b"\xff") * 3,
        "\ufffd".join(ENGLISH[0]).encode(),
        ("\ufffd\ufffd " * 9 + SENTENCES["de"]).encode(),
    ],
    ids=["no charset", "replaced letters", "replaced words"],
)
def test_an_unreadable_charset_is_said(lost: bytes) -> None:
    rejected = outcome(lost, "text/plain; charset=utf-8")
    assert isinstance(rejected, RejectedArticle)
    assert rejected.reason is RejectReason.UNDECODABLE


ARTICLE = f"<article><h1>{TITLE}</h1>{''.join(f'<p>{line}</p>' for line in ENGLISH)}</article>"
AMP = (
    f'<!doctype html><html ⚡ lang="en"><head><meta charset="utf-8"><title>{TITLE}</title><style amp-boilerplate>'
    'body{-webkit-animation:none}</style><script async src="https://cdn.example/v0.js"></script></head><body>'
    f'<amp-img src="/a.jpg" width="1" height="1"></amp-img>{ARTICLE}<amp-ad type="x"></amp-ad></body></html>'
)
LINKED = {"@type": "NewsArticle", "headline": TITLE, "author": "Ilse Tarnow", "articleBody": "\n".join(ENGLISH)}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "body",
    [
        dressed(Page("en", TITLE, ARTICLE)),
        AMP,
        AMP.replace("⚡", "amp"),
        json.dumps(LINKED),
        json.dumps({"@graph": [{"@type": "WebSite"}, LINKED]}),
    ],
    ids=["page", "amp", "amp by name", "json-ld", "json-ld graph"],
)
def test_an_article_is_cleaned_whatever_its_type_says(body: str, kind: str | None) -> None:
    article = outcome(body, kind)
    assert isinstance(article, CleanArticle), article
    assert article.body.split("\n") == list(ENGLISH)
    assert article.title == TITLE


@pytest.mark.parametrize("start", ["[Reuters] ", "{ ", "%PDF is a format: ", "PK ", "GIF: ", "ID3 tags: ", "#404 "])
def test_a_text_that_only_begins_like_something_else_is_text(start: str) -> None:
    assert isinstance(outcome(f"{start}{TITLE}\n" + "\n".join(ENGLISH), "text/plain"), CleanArticle)


@pytest.mark.parametrize(
    "mention",
    [
        "The page you requested could not be found, the old ferry site told its readers for a week.",
        "Dieser Artikel ist nicht mehr verfügbar, hieß es am Montag auf der Seite der Reederei in Hamburg.",
        "Статья удалена, сообщил в понедельник сайт перевозчика, не объяснив причин этого решения.",
        "Visitors were asked to prove that they are not a robot before they could buy a ticket.",
    ],
)
def test_an_article_about_such_pages_is_one(mention: str) -> None:
    article = outcome(dressed(Page("en", TITLE, ARTICLE.replace("</h1>", f"</h1><p>{mention}</p>"))))
    assert isinstance(article, CleanArticle), article
    assert mention in article.body


# ------------------------------------------------------------------------------------------------ real pages

SHARED = Path(os.environ.get("DATELINE_SHARED", "../shared")) / "data/extract"
# One page in five: all of them take ten seconds, and `benchmarks/clean.py` prints their share.
EVERY = 5


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real pages: {SHARED} is absent, DATELINE_SHARED names its folder")
@pytest.mark.parametrize("name", ["fundus", "scrapinghub", "trafilatura", "wcxb"])
def test_no_real_article_is_rejected(name: str) -> None:
    for path in sorted((SHARED / name / "html").glob("*.gz"))[::EVERY]:
        article = outcome(gzip.decompress(path.read_bytes()), url="https://one.example/a")
        assert isinstance(article, CleanArticle), (path.name, article)

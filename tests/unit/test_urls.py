"""One address for all variants of a page."""

import pytest

from pipeline.urls import canonical_url

PAGE = "https://news.example/town/pier-vote"


@pytest.mark.parametrize(
    "variant",
    [
        "http://news.example/town/pier-vote",
        "HTTPS://NEWS.Example/town/pier-vote",
        "https://www.news.example/town/pier-vote",
        "https://m.news.example/town/pier-vote",
        "https://mobile.news.example/town/pier-vote",
        "https://amp.news.example/town/pier-vote",
        "https://news.example/town/pier-vote/",
        "https://news.example./town/pier-vote",
        "https://news.example:443/town/pier-vote",
        "http://news.example:80/town/pier-vote",
        f"{PAGE}#comments",
        f"{PAGE}/amp",
        f"{PAGE}/amp/",
        f"{PAGE}.amp",
        "https://news.example/amp/town/pier-vote",
        f"{PAGE}/print",
        f"{PAGE}?outputType=amp",
        f"{PAGE}?amp=1",
        f"{PAGE}?print",
        f"{PAGE}?utm_source=a&UTM_Medium=b",
        f"{PAGE}?fbclid=x&gclid=y#top",
        f"{PAGE}?",
        f"  {PAGE}\n",
        "https://user:secret@news.example/town/pier-vote",
        f"{PAGE}?ref=home&at_campaign=1&xtor=2",
        f"{PAGE}?hp=t1_3&hpt=po_t1&intcmp=hpbt1&srnd=politics&WT.nav=top-news",
    ],
)
def test_variants_of_a_page(variant: str) -> None:
    assert canonical_url(variant) == PAGE


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (f"{PAGE}.amp.html", f"{PAGE}.html"),
        (f"{PAGE}?page=2&id=1&utm_id=3", f"{PAGE}?id=1&page=2"),
        (f"{PAGE}?q=a%20b&empty=", f"{PAGE}?empty=&q=a+b"),
        ("https://news.example", "https://news.example/"),
        ("https://news.example:8443/a", "https://news.example:8443/a"),
        ("https://m.co/a", "https://m.co/a"),
        ("https://example.com/ampere", "https://example.com/ampere"),
        ("https://example.com/reprint", "https://example.com/reprint"),
        ("https://example.com/a?reference=1", "https://example.com/a?reference=1"),
        ("https://zeitung.example/münchen", "https://zeitung.example/münchen"),
        ("http://127.0.0.1:8000/a", "https://127.0.0.1:8000/a"),
        ("http://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
        ("http://[2001:db8::1]:8080/a", "https://[2001:db8::1]:8080/a"),
    ],
)
def test_what_stays(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "",
        "urn:newsml:one",
        "mailto:a@b.example",
        "ftp://a.example/b",
        "http://",
        "http://[",
        "http://a:b:c/",
        "/town",
        "http:///x",
        "https://a.example:99999/",
        "港口",
        "tag:a.example,2026:1",
        "javascript:void(0)",
    ],
)
def test_what_is_no_web_address_comes_back(url: str) -> None:
    assert canonical_url(f" {url} ") == url


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{PAGE}?id=1", f"{PAGE}?id=2"),
        (f"{PAGE}?id=1", PAGE),
        (f"{PAGE}-2", PAGE),
        ("https://a.news.example/x", "https://b.news.example/x"),
        ("https://news.example:8443/x", "https://news.example/x"),
        # A query in GBK: the title is what tells the pages apart.
        (f"{PAGE}?title=%D6%D0", f"{PAGE}?title=%C3%C0"),
    ],
)
def test_different_pages_stay_different(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    "url",
    [
        PAGE,
        f"{PAGE}?b=%20&a=%C3%A9&utm_x=1",
        f"{PAGE}/amp",
        "https://a.example/x;y=1?z",
        "http://a.example//b//",
        "x",
        f"{PAGE}?a=1;b=2",
        f"{PAGE}?x=%2526",
        "https://xn--mnchen-3ya.example/a",
        "https://a.example/%7Eb",
    ],
)
def test_canonical_is_canonical(url: str) -> None:
    assert canonical_url(canonical_url(url)) == canonical_url(url)

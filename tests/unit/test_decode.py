"""Bytes to text: who is believed, and that nothing makes it fail."""

import codecs

import pytest

from pipeline.clean.decode import decode, media_type

FRENCH = "Les pêcheurs ont salué la décision — « enfin », dit l’un d’eux."
RUSSIAN = "Рыбаки приветствовали решение совета о ремонте причала."


@pytest.mark.parametrize(
    ("content", "content_type", "text", "charset"),
    [
        (FRENCH.encode(), None, FRENCH, "utf-8"),
        (FRENCH.encode(), "text/html; charset=iso-8859-1", FRENCH, "utf-8"),
        (codecs.BOM_UTF8 + FRENCH.encode(), "text/html; charset=koi8-r", FRENCH, "utf-8-sig"),
        (FRENCH.encode("utf-16"), None, FRENCH, "utf-16"),
        (codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be"), None, FRENCH, "utf-16"),
        (FRENCH.encode("cp1252"), "text/html; charset=ISO-8859-1", FRENCH, "iso-8859-1"),
        (FRENCH.encode("cp1252"), 'text/html; charset="windows-1252"', FRENCH, "windows-1252"),
        (RUSSIAN.encode("koi8-r"), "text/html; charset=koi8-r", RUSSIAN, "koi8-r"),
        (b"", None, "", "utf-8"),
    ],
    ids=[
        "utf-8",
        "utf-8 beats the server",
        "mark beats the server",
        "utf-16",
        "utf-16-be",
        "web label",
        "quoted",
        "koi8-r",
        "empty",
    ],
)
def test_who_is_believed(content: bytes, content_type: str | None, text: str, charset: str) -> None:
    assert decode(content, content_type) == (text, charset)


@pytest.mark.parametrize(
    "meta",
    ['<meta charset="windows-1251">', "<META http-equiv=Content-Type content='text/html; CHARSET = windows-1251'>"],
)
def test_the_page_s_own_charset(meta: str) -> None:
    page = meta + RUSSIAN
    for content_type in (None, "text/html", "text/html; charset=no-such", "text/html; charset=utf-8"):
        assert decode(page.encode("cp1251"), content_type) == (page, "windows-1251")


def test_a_charset_after_the_first_kilobyte_is_not_declared() -> None:
    page = " " * 1024 + '<meta charset="koi8-r">' + RUSSIAN * 5
    assert decode(page.encode("cp1251"), None)[1] != "koi8-r"


def test_guesses_without_any_declaration() -> None:
    text = (
        RUSSIAN + " Мэр сообщил на собрании, что работы обойдутся в четыре миллиона крон и займут одиннадцать месяцев."
    )
    assert decode(text.encode("cp1251"), None) == (text, "cp1251")


@pytest.mark.parametrize(
    "label",
    [
        "undefined",
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "zlib",
        "rot13",
        "utf-7",
        "utf-32",
        "x" * 5000,
        "a\0b",
        "é",
        "''",
        "utf-8\n",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("declared_by", ["server", "page"])
def test_no_label_makes_it_fail(label: str, declared_by: str) -> None:
    page = b"caf\xe9 \\ud800 \\udfff a.b.. \xff\xfe-"
    if declared_by == "server":
        text, _ = decode(page, f"text/html; charset={label}")
    else:
        text, _ = decode(f"<meta charset={label}>".encode() + page, None)
    assert "caf" in text
    assert text.encode(), "text that can be written again"


@pytest.mark.parametrize("content", [b"\xff", b"\xc3", bytes(range(256)), b"\xff\xfe\x00", b"\xfe\xff\xd8"], ids=repr)
def test_broken_bytes_give_text(content: bytes) -> None:
    text, _ = decode(content, None)
    assert text.encode()


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [(None, ""), ("", ""), ("Text/HTML; charset=x", "text/html"), (" application/pdf ", "application/pdf"), (";", "")],
)
def test_media_type(content_type: str | None, kind: str) -> None:
    assert media_type(content_type) == kind

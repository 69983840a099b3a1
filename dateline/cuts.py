"""What cleaning left out of a page, by comparing its text with the article's."""

from pipeline.clean.furniture import drop_scripts
from pipeline.clean.page import one_line, parse
from pipeline.clean.sniff import read_body
from pipeline.clean.text import split_lines, tidy
from pipeline.events import CleanArticle, RawArticle

#: Elements that hold a line of text each, as a page sets it.
_LINES = "p,h1,h2,h3,h4,h5,h6,li,figcaption,blockquote,td,th,dt,dd,address,pre,time,label,button,summary"


def cut_lines(raw: RawArticle, article: CleanArticle) -> list[str]:
    """Lines of the body that came which are not in title or body of the article, each once, in their order.

    Menus, footers and players are left out: nobody misses them. Raises PageRefused.
    """
    kind, text = read_body(raw)
    if kind == "html":
        page = parse(text)
        drop_scripts(page)
        lines = [tidy(one_line(node)).strip() for node in page.css(_LINES)]
    else:
        lines = split_lines(text)
    kept = f"{article.title}\n{article.body}"
    cut: dict[str, None] = dict.fromkeys(line for line in lines if line and line not in kept)
    # A quotation and the paragraph inside it are one line of the page.
    return [line for line in cut if not any(line != other and line in other for other in cut)]

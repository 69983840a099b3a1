"""One address for all variants of a page: scheme, host, tracking parameters, AMP, mobile and print forms."""

import re
from urllib.parse import quote_plus, unquote_plus, urlsplit, urlunsplit

# Parameters that tell where a reader came from, not what the page is: Google, Meta, Microsoft, Mailchimp, …, and the
# place on an outlet's own front page (Fox, CNN, Politico, Bloomberg).
_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|msclkid|yclid|mc_cid|mc_eid|igshid|_ga|cmpid?|icid|ncid|ref|ref_src|xtor|at_\w+"
    r"|smid|s_cid|ns_\w+|wt[_.]\w+|intcmp|hpt?|srnd|outputtype|amp|print)$",
    re.IGNORECASE,
)
_SUBDOMAIN = re.compile(r"^(www|m|mobile|amp)\.(?=[^.]+\.)")
_PATH_VARIANT = re.compile(r"(/amp|\.amp|/print|/amp\.html)/?$|(?<=/)amp/(?=\S)|\.amp(?=\.html$)")


def canonical_url(url: str) -> str:
    """Canonical form of a URL; what is no http(s) URL comes back stripped of white space."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url.strip()
    if parts.scheme.lower() not in ("http", "https") or not host:
        return url.strip()
    host = f"[{host}]" if ":" in host else _SUBDOMAIN.sub("", host)
    if port and port not in (80, 443):
        host = f"{host}:{port}"
    path = _PATH_VARIANT.sub("", parts.path).rstrip("/") or "/"
    kept = sorted(pair for pair in map(_parameter, parts.query.split("&")) if pair[0] and not _TRACKING.match(pair[0]))
    return urlunsplit(("https", host, path, "&".join(map("=".join, kept)), ""))


def _parameter(text: str) -> tuple[str, str]:
    """Name and value in one spelling of their bytes: a query need not be UTF-8, and different bytes stay different."""
    name, _, value = text.partition("=")
    return _respelled(name), _respelled(value)


def _respelled(text: str) -> str:
    return quote_plus(unquote_plus(text, errors="surrogateescape"), errors="surrogateescape")

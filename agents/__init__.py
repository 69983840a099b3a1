"""How the news moves: each module here is thin; it decodes, calls `pipeline`, publishes and acknowledges."""

STAGES = ("clean", "dedupe", "classify", "route", "trends")

"""Classify: what an article is about and where, each with a score and its evidence, and the right to say nothing."""

from pipeline.classify.regions import classify_regions
from pipeline.classify.topics import TOPICS_VERSION, classify_topics, judge_topics
from pipeline.events import Enrichment, Relation, UniqueArticle

__all__ = ["classify", "classify_regions", "classify_topics"]


def classify(article: UniqueArticle) -> Enrichment:
    """All that classify adds to an article: topics, regions, and where a revision belongs."""
    topics, abstained = judge_topics(article)
    revised = article.verdict.relation is Relation.REVISION
    return Enrichment(
        topics=topics,
        topics_abstained=abstained,
        topics_version=TOPICS_VERSION,
        regions=classify_regions(article),
        revision=article.verdict.revision,
        revision_of=article.verdict.duplicate_of if revised else None,
    )

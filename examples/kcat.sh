#!/bin/sh
# One text in, one article out, with kcat: sh examples/kcat.sh
# On Apache Kafka: kcat of Debian 12 (librdkafka 2.0.2) does not understand the embedded broker.
set -eu
broker=${DATELINE_BROKER:-127.0.0.1:9092} prefix=${DATELINE_TOPIC_PREFIX:-news}
kcat -b "$broker" -P -t "$prefix.raw" -K '|' -X acks=all <<'EVENT'
https://example.org/kcat|{"url": "https://example.org/kcat", "fetched_at": "2026-10-01T08:00:00Z", "text": "Harbour of Lisbon rebuilt\n\nThe council of Lisbon said in Portugal that the harbour will be rebuilt by next spring, at a cost of nine million euros, and that the ferries to the southern bank will call there again. Work on the eastern quay begins in January, the mayor told the assembly on Tuesday, and the fishing boats will move to the northern basin until it is done; nobody spoke against the plan, which had failed twice before."}
EVENT
kcat -b "$broker" -C -t "$prefix.enriched" -o beginning -c 1 -f '%k %s\n'

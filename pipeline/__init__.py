"""What the news is about: pure functions over the events of `pipeline.events`; no Kafka, no Faust, no event loop."""

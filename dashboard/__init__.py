"""A live page over the topics of Dateline. It knows the contract, `pipeline.events`, and nothing else of the house."""

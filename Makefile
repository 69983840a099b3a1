# `make` alone prints what there is.
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Changes to the lock file make a new environment.
STAMP := .venv/.set-up

.PHONY: $(shell sed -nE 's/^([a-z-]+):.*/\1/p' $(MAKEFILE_LIST))

help: ## Print this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

$(STAMP): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -c "from pipeline.dedupe import warm_up; warm_up()"  # compiled once, not at the first start
	touch $(STAMP)

setup: $(STAMP) ## Make .venv with everything

run: setup ## The pipeline on the embedded broker with the seeds; Ctrl-C ends it
	$(BIN)/dateline run

serve: setup ## The live page over the broker of DATELINE_BROKER
	$(BIN)/dateline serve

test: test-unit ## All tests; those on Kafka run where Java and Maven are
	$(BIN)/python -m pytest tests/integration tests/chaos

test-unit: setup ## Tests that need nothing running, on all cores
	$(BIN)/python -m pytest --numprocesses auto tests/unit

test-embedded: setup ## Tests on the embedded broker
	$(BIN)/python -m pytest -m embedded

test-kafka: setup ## Tests on Apache Kafka: Java 17 and Maven must be there
	DATELINE_REQUIRE_KAFKA=1 $(BIN)/python -m pytest -m kafka

kafka: setup ## Run Apache Kafka 4.1 on 127.0.0.1:9092, no Docker
	$(BIN)/dateline broker kafka

lint: setup ## ruff, format check, mypy strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## Compile the lock files from pyproject.toml
	$(BIN)/uv pip compile --quiet pyproject.toml --extra build --extra encoder --extra tracing --universal --generate-hashes --no-emit-index-url --no-header -o requirements.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --extra build --extra encoder --extra tracing --extra dev --universal --generate-hashes --no-emit-index-url --no-header -c requirements.lock -o requirements-dev.lock

contract: setup ## Write docs/contract from the models
	$(BIN)/dateline contract

seeds: setup ## Write seeds/raw.jsonl and seeds/expected.jsonl
	$(BIN)/python seeds/build.py

train-topic: setup ## Train the topic model from DATELINE_SHARED
	$(BIN)/python -m pipeline.classify.train_topics --shared $${DATELINE_SHARED:-../shared}

places: setup ## Build the table of places
	$(BIN)/python -m pipeline.classify.build_places --shared $${DATELINE_SHARED:-../shared}

train-region: setup ## Train the ranker of countries from DATELINE_SHARED
	$(BIN)/python -m pipeline.classify.region_train --shared $${DATELINE_SHARED:-../shared}

bench: setup ## End to end beside a bare trafilatura loop, in one run
	$(BIN)/python benchmarks/end_to_end.py

bench-clean: setup ## Cleaning beside default trafilatura, on the pages of DATELINE_SHARED
	$(BIN)/python benchmarks/clean.py

bench-topic: setup ## Topics beside tf-idf, trained and asked in one run
	$(BIN)/python benchmarks/topic.py

bench-dedupe: setup ## De-duplication beside rensa and datasketch, on the stream of DATELINE_SHARED; MILLION=1
	$(BIN)/python benchmarks/dedupe.py $(if $(MILLION),--million)

bench-dedupe-shards: setup ## De-duplication over 2, 4 and 8 partitions, simulated
	$(BIN)/python benchmarks/dedupe_shards.py

bench-dedupe-back: setup ## A million articles back after a restart: from the changelog, from the local copy
	$(BIN)/python benchmarks/dedupe_back.py

chaos: setup ## Kills, broker restarts, pauses and poison on Kafka for 20 minutes, then the audit
	$(BIN)/python -m tests.chaos.storm

bench-region: setup ## Regions beside a plain dictionary, and on outlets that were not trained on
	$(BIN)/python benchmarks/region.py

bench-backpressure: setup ## Memory of clean with four children at full feed of 2 MB pages, on Kafka
	$(BIN)/python benchmarks/backpressure.py

bench-feed: setup ## Feeding from WARC into Kafka beside a bare read of the archive
	$(BIN)/python benchmarks/feed.py

bench-dashboard: setup ## Filtering ten thousand stories on the live page
	$(BIN)/python benchmarks/page.py

screenshots: setup ## Write docs/screenshots from the seeds; Chromium must be there
	$(BIN)/python docs/screenshots/take.py

chaos-down: setup ## A stage that is down for five minutes at full feed, its neighbours' memory and times
	$(BIN)/python -m tests.chaos.down

soak: setup ## An hour at full feed on Kafka: the memory of every process
	$(BIN)/python -m tests.chaos.soak

compose-check: ## docker compose: up, feed the seeds, audit, down
	bash deploy/compose_check.sh

# `make` alone prints what there is.
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Changes to the lock file make a new environment.
STAMP := .venv/.set-up

bench-dedupe-shards: setup ## De-duplication over 2, 4 and 8 partitions, simulated
	$(BIN)/python benchmarks/dedupe_shards.py

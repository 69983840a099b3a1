#!/usr/bin/env bash
# The compose stack for real: build, start, feed the seeds, audit; the same with three cleaners; remove everything.
#
#   deploy/compose_check.sh
#
# It has a project name, volumes and a host port of its own, and leaves a stack that is running alone.
set -euo pipefail
cd "$(dirname "$0")/.."
export COMPOSE_PROJECT_NAME=dateline-check KAFKA_PORT="${KAFKA_PORT:-29092}"
seeds=seeds/raw.jsonl

say() { printf 'compose-check: %4d s  %s\n' "$SECONDS" "$*"; }
tools() { docker compose run --rm --no-TTY tools "$@"; }

end() {
  status=$?
  trap - EXIT INT TERM
  if [ "$status" -ne 0 ]; then
    docker compose --profile '*' ps --all || true
    docker compose --profile '*' logs --no-color --tail 40 || true
    say "failed with status $status; the log lines above are the last of each service"
  fi
  docker compose --profile '*' down --volumes --remove-orphans >/dev/null 2>&1 || status=$((status ? status : 1))
  exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# An audit of nothing balances, and so does one of dead letters only: these records are all there, and no stage fails.
audit() {
  local counts
  tools audit --wait 300
  counts=$(tools audit --json | tr -d ' \n')
  for count in "\"raw\":$1" '"dead_letters":0'; do
    grep -qF "$count," <<<"$counts" || { say "not $count: $counts"; return 1; }
  done
}

records=$(grep -c . "$seeds")
docker compose --profile '*' down --volumes --remove-orphans >/dev/null 2>&1
say "building and starting"
docker compose up --detach --build --wait --wait-timeout 300
say "up and healthy; feeding $records records"
tools feed "$seeds"
say "fed; auditing"
audit "$records"

say "three cleaners, and the same records again"
docker compose up --detach --scale clean=3 --wait --wait-timeout 300
tools feed "$seeds"
audit $((2 * records))
say "balanced"

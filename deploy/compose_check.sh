#!/usr/bin/env bash
# The compose stack for real: build, start, feed the seeds, audit; the same with three cleaners; remove everything.
#
#   deploy/compose_check.sh
#
# It has a project name, volumes and a host port of its own, and leaves a stack that is running alone.
set -euo pipefail
cd "$(dirname "$0")/.."
export COMPOSE_PROJECT_NAME=dateline-check KAFKA_PORT="${KAFKA_PORT:-29092}"
# Three cleaners share what may be two cores: more children than cores can push a good page past its deadline.
export DATELINE_CLEAN_CHILDREN="${DATELINE_CLEAN_CHILDREN:-1}"
seeds=seeds/raw.jsonl

say() { printf 'compose-check: %4d s  %s\n' "$SECONDS" "$*"; }
begin() { step=$*; say "$step"; }
tools() { docker compose run --rm --no-TTY tools "$@"; }

end() {
  status=$?
  trap - EXIT INT TERM
  if [ "$status" -ne 0 ]; then
    for service in $(docker compose config --services); do
      printf -- '-- last lines of %s\n' "$service"
      docker compose logs --no-color --no-log-prefix --tail 40 "$service" || true
    done
    docker compose ps --all || true
    say "failed with status $status at: $step"
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

step=beginning
records=$(grep -c . "$seeds")
docker compose --profile '*' down --volumes --remove-orphans >/dev/null 2>&1
begin "building and starting"
docker compose up --detach --build --wait --wait-timeout 300
begin "up and healthy; feeding $records records"
tools feed "$seeds"
begin "fed; auditing"
audit "$records"

begin "three cleaners, and the same records again"
docker compose up --detach --scale clean=3 --wait --wait-timeout 300
tools feed "$seeds"
audit $((2 * records))
say "balanced"

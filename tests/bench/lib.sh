# What the benchmarks share: a private PostgreSQL server that waits for its disk, daemons, figures.
# A benchmark sets `bench` (its name) and `options` (a case of its own options), and sources this file.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C.UTF-8
bin=${BENCH_BIN:?run scripts/bench $bench}
rounds=3
json=
while [ $# -gt 0 ]; do
  case $1 in
    --json) json=${2:?--json FILE}; shift 2 ;;
    --rounds) rounds=${2:?--rounds N}; shift 2 ;;
    *) own_option "$@" || { echo "$bench: unknown option $1" >&2; exit 2; }; shift "$taken" ;;
  esac
done

work=$(mktemp -d "${TMPDIR:-/tmp}/certfleet-bench.XXXXXX")
chmod 711 "$work"
running=()
exec {tick}<> <(:)
pause() { read -rt "$1" -u "$tick" || true; }
say() { printf '%s\n' "$*" >&2; }
fail() { say "$bench: $*"; exit 1; }

stop() {   # stop PID…: ends what was started here, and waits
  local pid
  for pid in "$@"; do kill "$pid" 2>/dev/null || true; done
  for pid in "$@"; do wait "$pid" 2>/dev/null || true; done
}
end() {
  trap '' INT TERM
  local at
  for ((at = ${#running[@]} - 1; at >= 0; at--)); do stop "${running[at]}"; done
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

until_true() {   # until_true SECONDS WHAT COMMAND…
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ $SECONDS -lt $until ] || fail "$what: not within its time"
    pause "${poll:-0.05}"
  done
}

start_postgres() {   # start_postgres NAME [SETTINGS]: PG_DSN and the like of tests/parts/postgres
  local line
  exec {fd}< <(PARTS_POSTGRES="${2:-}" exec tests/parts/postgres "$work/$1" 2>"$work/$1.log")
  running+=($!)
  read -r line <&"$fd" && [ "$line" = ready ] || fail "$(tail -n 3 "$work/$1.log")"
  # shellcheck disable=SC1090
  . "$work/$1/env"
}
sql() { PGOPTIONS='-c search_path=certfleet,public' psql -XAtq "$PG_DSN dbname=$database" -v ON_ERROR_STOP=1 -c "$1"; }

# ---- Figures: samples are gathered by name, the median is the figure. ----

declare -A samples units betters againsts
names=()
sample() {   # sample FIGURE VALUE UNIT higher|lower [AGAINST]: what it is to be held against
  [[ ${2:-} =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "$1: no figure (${2:-nothing})"
  [ -n "${samples[$1]:-}" ] || names+=("$1")
  samples[$1]+="$2 " units[$1]=$3 betters[$1]=$4 againsts[$1]=${5:-}
  say "  $1: $2 $3"
}
middle() { tr ' ' '\n' <<<"${samples[$1]}" | grep . | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
spread() {
  tr ' ' '\n' <<<"${samples[$1]}" | grep . | sort -g |
    awk '{ v[NR] = $1 } END { if (NR > 1) { f = v[NR] < 1000 ? "%.4g" : "%.0f"; printf f "-" f, v[1], v[NR] } }'
}
# ratio FIGURE OF TO higher|lower GOAL: round by round, so that both sides have seen the same machine.
ratio() {
  local of to at against=$3
  read -ra of <<<"${samples[$2]}"
  read -ra to <<<"${samples[$3]}"
  [ -z "$5" ] || against+="; goal: $5"
  for at in "${!of[@]}"; do
    sample "$1" "$(awk -v a="${of[at]}" -v b="${to[at]}" 'BEGIN { printf "%.3f", (b > 0 ? a / b : 0) }')" ratio "$4" "$against"
  done
}

report() {
  local name
  printf '\n%-58s %12s %-12s %s\n' figure median unit spread
  [ -z "$json" ] || : >"$json"
  for name in "${names[@]}"; do
    printf '%-58s %12s %-12s %s\n' "$name" "$(middle "$name")" "${units[$name]}" "$(spread "$name")"
    [ -z "$json" ] || jq -cn --arg bench "$bench" --arg figure "$name" --argjson value "$(middle "$name")" \
      --arg unit "${units[$name]}" --arg better "${betters[$name]}" --arg against "${againsts[$name]}" \
      '{bench: $bench, figure: $figure, value: $value, unit: $unit, better: $better, against: $against}' >>"$json"
  done
}

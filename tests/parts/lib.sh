# What the parts share. A part is a program `tests/parts/NAME DIR`: it makes a private server in DIR on free
# loopback ports, writes what it offers to DIR/env (lines KEY='value'), prints one line `ready` when the
# server answers, and stays in the foreground. It ends with all that it started on SIGTERM, when the process
# that started it is gone (or the one of PARTS_WATCH, for a part started through sudo), and with exit 1 when one
# of its servers ends by itself. Exit 77: needs root. PART_PID in DIR/env is the process to signal.
# shellcheck shell=bash
set -euo pipefail
umask 022
export LC_ALL=C.UTF-8 PATH="$PATH:/usr/sbin:/sbin"

part_name=${0##*/}
part_parent=$PPID
part_servers=()   # process ids, in the order of their start
part_leftovers=() # folders outside DIR to remove at the end
part_used_ports=()
part_may_end=      # set if a server may end without ending the part
part_idle() { :; } # what the part does now and then while it serves
part_cleanup() { :; } # what it does at its end, after its servers
exec {part_tick}<> <(:)   # a pipe that never brings anything: waiting on it costs no process

say() { printf '%s: %s\n' "$part_name" "$*" >&2; }
die() { say "$*"; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }
needs_root() { is_root || { say "needs root: $*"; exit 77; }; }
need() { command -v "$1" >/dev/null || die "$1 is not installed (scripts/bootstrap installs it)"; }
pause() { read -rt "$1" -u "$part_tick" || true; }

begin() {   # begin "$@"
  [ $# = 1 ] || { echo "usage: tests/parts/$part_name DIR" >&2; exit 2; }
  mkdir -p "$1"
  DIR=$(cd "$1" && pwd -P)
  case $DIR in *[\'\"\ ]*) die "a folder without spaces and quotes is needed: $DIR" ;; esac
  rm -f "$DIR/env"
  trap 'exit 0' TERM INT HUP
  trap end EXIT
}

end() {
  trap '' TERM INT HUP
  local at
  for ((at = ${#part_servers[@]} - 1; at >= 0; at--)); do stop_server "${part_servers[at]}"; done
  part_cleanup
  [ ${#part_leftovers[@]} = 0 ] || rm -rf "${part_leftovers[@]}"
}

# False also for one that has ended and was not waited for yet.
running() {
  local state
  { read -r _ _ state _ <"/proc/$1/stat"; } 2>/dev/null && [ "$state" != Z ]
}

# Each server leads a session of its own, so that its children are found by its group.
stop_server() {
  local tries
  kill -"${part_stop_signal:-TERM}" "$1" 2>/dev/null || true
  for ((tries = 0; tries < 200; tries++)); do
    running "$1" || break
    pause 0.05
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}

# launch LOG COMMAND...: a server of this part; it dies with this program, however that dies.
launch() {
  local log=$1
  shift
  # A process leads its own group after setsid; the switch of user comes before the death signal, since it
  # would clear it.
  setsid setpriv ${launch_as:-} --pdeathsig "${part_stop_signal:-TERM}" -- "$@" </dev/null >>"$log" 2>&1 &
  part_servers+=($!)
  part_log=$log
}

alive() {
  local pid
  for pid in "${part_servers[@]}"; do
    running "$pid" || return 1
  done
}

show_log() { tail -n 15 "$part_log" 2>/dev/null | sed 's/^/  /' >&2 || true; }

# wait_until WHAT COMMAND...: until the command succeeds, for 45 s at most.
wait_until() {
  local what=$1 until=$((SECONDS + 45))
  shift
  until "$@" >/dev/null 2>&1; do
    alive || { show_log; die "ended before $what"; }
    [ $SECONDS -lt $until ] || { show_log; die "no $what after 45 s"; }
    pause 0.05
  done
}

offer() {
  case $2 in *\'*) die "a quote in the value of $1" ;; esac
  printf "%s='%s'\n" "$1" "$2" >>"$DIR/env"
}

# Says that the part is ready and holds it until its end.
serve() {
  local parent
  offer PART_PID $$
  echo ready
  while :; do
    pause 0.3
    part_idle
    [ -n "$part_may_end" ] || alive || { show_log; die "a server of this part has ended"; }
    read -r _ _ _ parent _ <"/proc/$$/stat"
    [ "$parent" = "$part_parent" ] || exit 0
    [ -z "${PARTS_WATCH:-}" ] || [ -e "/proc/$PARTS_WATCH" ] || exit 0
  done
}

# free_port NAME: puts a port of the loopback that nobody uses (TCP or UDP) into the variable NAME.
# Outside the range from which the kernel takes ports for clients.
free_port() {
  local found
  while :; do
    found=$((10240 + RANDOM % 20000))
    case " ${part_used_ports[*]-} " in *" $found "*) continue ;; esac
    [ -z "$(ss -Hlntu "sport = :$found")" ] && break
  done
  part_used_ports+=("$found")
  printf -v "$1" %s "$found"
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# place_for USER LENGTH: puts into PLACE a folder that USER can reach and whose name has LENGTH characters at
# most (sockets): DIR, or one under /var/tmp that goes with this program, for a checkout below /root.
place_for() {
  PLACE=$DIR
  ! is_root || chmod a+x "$DIR"
  if [ ${#DIR} -le "$2" ] && { ! is_root || runuser -u "$1" -- test -x "$DIR"; }; then return; fi
  PLACE=$(mktemp -d "/var/tmp/certfleet-$part_name.XXXXXX")
  part_leftovers+=("$PLACE")
  chmod 711 "$PLACE"
}

# Writes a new secret without a line end into a file that only its owner reads: who called sudo, if someone did.
make_secret() {
  (umask 077 && openssl rand -hex 16 | tr -d '\n' >"$1")
  ! is_root || chown "${SUDO_UID:-0}" "$1"
}

# make_ca BASE NAME: BASE.pem and BASE.key.
make_ca() {
  (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key")
  openssl req -x509 -new -key "$1.key" -days 3650 -subj "/CN=$2" -out "$1.pem" \
    -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign
}

# issue_cert CA-BASE BASE SUBJECT-ALT-NAMES: BASE.pem and BASE.key, signed by the CA.
issue_cert() {
  local name=${3%%,*}
  (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$2.key")
  openssl req -new -key "$2.key" -subj "/CN=${name#*:}" |
    openssl x509 -req -CA "$1.pem" -CAkey "$1.key" -days 398 -out "$2.pem" -extfile <(
      printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:false\n' "$3"
    ) 2>/dev/null
}

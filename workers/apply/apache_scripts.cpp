#include "workers/apply/apache_scripts.h"

namespace certfleet::apply::scripts {
namespace {

// POSIX shell with GNU coreutils or busybox, and flock. $0 says which script of them runs.
constexpr std::string_view text = R"sh(
# Who comes in waits for the script that is still at work, so many seconds at most.
lock() {
  exec 9>>"$base/lock"
  flock -w 20 9 || exit 91
}

do_open() {
  base=$1
  mkdir -p "$base"
  [ ! -L "$base" ] && [ "$(stat -c %u "$base")" = "$(id -u)" ] || exit 96
  chmod 700 "$base"
  lock
  printf '%s\n' "$2" >"$base/owner.new"
  mv -f "$base/owner.new" "$base/owner"
}

enter() {
  lock
  [ "$(cat "$base/owner")" = "$token" ] || exit 92
}

same() { [ "$(sha256sum <"$1")" = "$(sha256sum <"$2")" ]; }

# in_place FOLDER: whether the files are those of the folder old or new. Else `differs` is one that is not.
in_place() {
  differs=
  while read -r name state real; do
    if [ "$1" = old ] && [ "$state" = absent ]; then
      [ -e "$real" ] || continue
    elif [ -f "$real" ] && same "$real" "$apply/$1/$name"; then
      continue
    fi
    differs=$real
    return 1
  done <"$apply/manifest"
}

do_look() {
  if [ ! -f "$apply/manifest" ]; then
    echo ready no
    return 0
  fi
  echo ready yes
  if in_place old; then echo before yes; else echo before no; fi
  if in_place new; then echo wanted yes; else echo wanted no; fi
}

# put_back FOLDER: the old files of an apply's folder, first all of them beside their places, then into them.
put_back() {
  while read -r name state real; do
    rm -f "$real.certfleet"
    [ "$state" = present ] || continue
    cp -p "$1/old/$name" "$real.certfleet"
    sync "$real.certfleet"
  done <"$1/manifest"
  while read -r name state real; do
    if [ "$state" = present ]; then mv -f "$real.certfleet" "$real"; else rm -f "$real"; fi
    sync "${real%/*}"
  done <"$1/manifest"
  rm -f "$1/changing"
  sync "$1"
}

do_begin() {
  for marker in "$base"/apply-*/changing; do
    [ -e "$marker" ] && [ "${marker%/changing}" != "$apply" ] || continue
    put_back "${marker%/changing}"
    echo "${marker%/changing}"
  done
  rm -rf "$apply"
  mkdir "$apply" "$apply/new" "$apply/old"
  sync "$base"
}

do_transfer() {
  cat >"$apply/new/$1.part"
  sync "$apply/new/$1.part"
  mv -f "$apply/new/$1.part" "$apply/new/$1"
  sync "$apply/new"
}

# The new files beside their places, with owner and mode of those they replace. A new file is for its owner alone if
# it is the key, else for all to read. The content is there before the mode is: until then the umask lets nobody else
# read it.
stage() {
  while read -r name state real; do
    rm -f "$real.certfleet"
    cat "$apply/new/$name" >"$real.certfleet"
    if [ "$state" = present ]; then
      { chown "$(stat -c %u:%g "$apply/old/$name")" "$real.certfleet" &&
        chmod "$(stat -c %a "$apply/old/$name")" "$real.certfleet"; } || { echo "$real" >&2; exit 94; }
    elif [ "$name" != key ]; then
      chmod 644 "$real.certfleet"
    fi
    sync "$real.certfleet"
  done <"$apply/manifest"
}

refuse() {
  echo "$1: $2" >&2
  exit 93
}

unstage() { while read -r name state real; do rm -f "$real.certfleet"; done <"$apply/manifest"; }

# Ends with staging for a trial, to find out what does not go before anything is replaced.
do_back_up() {
  seen=
  : >"$apply/manifest.new"
  while [ $# -gt 0 ]; do
    name=$1 path=$2
    shift 2
    real=$(readlink -f "$path") || refuse "$path" 'its folder is not there'
    case $real in *[!A-Za-z0-9/._+@:,=~%-]*) refuse "$path" 'leads to a name with other characters' ;; esac
    case " $seen " in *" $real "*) refuse "$path" 'is the same file as another' ;; esac
    seen="$seen $real"
    if [ -f "$real" ]; then
      cp -p "$real" "$apply/old/$name"
      sync "$apply/old/$name"
      echo "$name present $real" >>"$apply/manifest.new"
    else
      [ ! -e "$real" ] || refuse "$path" 'is no regular file'
      echo "$name absent $real" >>"$apply/manifest.new"
    fi
  done
  sync "$apply/old" "$apply/manifest.new"
  mv -f "$apply/manifest.new" "$apply/manifest"
  sync "$apply"
  stage
  unstage
}

do_install() {
  : >"$apply/changing"
  sync "$apply/changing" "$apply"
  stage
  while read -r name state real; do mv -f "$real.certfleet" "$real"; done <"$apply/manifest"
  while read -r name state real; do sync "${real%/*}"; done <"$apply/manifest"
}

do_restore() { put_back "$apply"; }

# The control program may start a server that lives on, so it gets neither our lock nor our channel nor our umask.
run_control() {
  status=0
  (umask 022; exec "$1" "$2" >"$apply/output" 2>&1 </dev/null 9>&-) || status=$?
  tail -c 2000 "$apply/output"
  [ "$status" -eq 0 ] || exit 97
}

do_configtest() { run_control "$1" configtest; }

do_graceful() {
  in_place "$1" || { echo "$differs" >&2; exit 95; }
  run_control "$2" graceful
}

do_previous() { if [ -f "$apply/old/cert" ]; then cat "$apply/old/cert"; fi; }

do_keep() {
  rm -f "$apply/changing"
  sync "$apply"
}

do_drop_older() {
  for folder in "$base"/apply-*; do
    [ -d "$folder" ] && [ "$folder" != "$apply" ] || continue
    rm -rf "$folder"
    echo "$folder"
  done
}

do_discard() {
  if [ -f "$apply/manifest" ]; then unstage; fi
  rm -rf "$apply"
}

if [ "$0" != open ]; then
  base=$1 apply=$1/$2 token=$3
  shift 3
  enter
fi
"do_$0" "$@"
)sh";

}  // namespace

const Script open = {"open", text};
const Script look = {"look", text};
const Script begin = {"begin", text};
const Script transfer = {"transfer", text};
const Script back_up = {"back_up", text};
const Script install = {"install", text};
const Script restore = {"restore", text};
const Script test = {"configtest", text};
const Script reload = {"graceful", text};
const Script previous = {"previous", text};
const Script keep = {"keep", text};
const Script drop_older = {"drop_older", text};
const Script discard = {"discard", text};

}  // namespace certfleet::apply::scripts

# The rules of tests/tidy/tidy; see there. One pass over all files.

function breach(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; breaches++ }

# Rooms import only from rooms below; no executable imports another (DESIGN section 5).
function rank(path) {
  if (path ~ /^lib\/base\//) return 1
  if (path ~ /^lib\/(pki|net)\//) return path ~ /pki/ ? 2 : 3
  if (path ~ /^lib\/domain\//) return 4
  if (path ~ /^lib\/trace\//) return 5
  if (path ~ /^lib\/store\//) return 6
  if (path ~ /^lib\/bus\//) return 7
  if (path ~ /^lib\/pipeline\//) return 8
  if (path ~ /^(producers|broker|workers|admin-cli)\//) return 9
  return 0
}
function program(path) { return path ~ /^workers\// ? first_folders(path, 2) : first_folders(path, 1) }
function first_folders(path, depth,   parts, n, i, out) {
  n = split(path, parts, "/")
  for (i = 1; i <= depth && i < n; i++) out = out parts[i] "/"
  return out
}

function end_of_file() {
  if (last_file == "") return
  if (lines > 600) { printf "%s: %d lines, 600 at most: does it hold one thing?\n", last_file, lines; breaches++ }
  else if (lines > 450) printf "note: %s has %d lines\n", last_file, lines
}

# Code without comments and without what stands in quotes.
function bare(text) {
  gsub(/\\./, "", text)
  gsub(/"[^"]*"/, "\"\"", text)
  sub(/(^|[ ;])\/\/.*/, "", text)
  return text
}

# A function starts at the last line with its indentation and ends at the closing brace with the same.
function measure(indent, text) {
  if (text ~ /^\}$/) {
    if (opened[indent] && FNR - start[indent] + 1 > 70)
      breach(sprintf("a function of %d lines, 70 at most (from line %d)", FNR - start[indent] + 1, start[indent]))
    opened[indent] = 0
  } else if (text !~ /^(\}|#|\/\/|\)|public:|private:|protected:|:)/) {
    start[indent] = FNR
    opened[indent] = text !~ /^(namespace|struct|class|enum|union|extern|template <[^>]*> *$)/ && text !~ /= *\{?$/
  }
}

FNR == 1 {
  end_of_file()
  last_file = FILENAME
  header = FILENAME ~ /\.h$/
  in_tests = FILENAME ~ /^tests\//
  here = rank(FILENAME)
  raw = 0
  delete start
  delete opened
}
{
  lines = FNR
  if (FNR == 1) before = ""
  wide = $0
  gsub(/[\200-\277]/, "", wide)   # counts characters, not bytes
  # The catalogue keeps a message on a line.
  if (length(wide) > 120 && FILENAME !~ /^lib\/trace\/messages_/) breach(length(wide) " columns, 120 at most")
  if (match($0, /R"[a-z]*\(/)) raw = 1
  if (raw) {   # SQL and shell in the code have rules of their own
    if ($0 ~ /\)[a-z]*"/) raw = 0
    next
  }
  code = bare($0)
}
/^[^ ]/ { measure(0, $0) }
/^  [^ ]/ { measure(2, substr($0, 3)) }

/(^|[^A-Za-z_])(TODO|FIXME|XXX)([^A-Za-z_]|$)/ { breach("says it is not finished") }

code ~ /(^|[^A-Za-z_.>:])(sleep|usleep|nanosleep) *\(/ || code ~ /(::usleep|::sleep|::nanosleep|sleep_for|sleep_until) *\(/ {
  if (FILENAME !~ /^tests\/(support|bench)\//) breach("sleeps: wait for what is meant, with a deadline")
}
code ~ /(^|[^A-Za-z_.>])(std::)?s?rand *\(/ { breach("rand(): randomness enters by an interface") }
code ~ /(^|[^A-Za-z_.>])(std::|::)?(system|popen) *\(/ {
  if (!in_tests) breach("starts a shell")
}
code ~ /(^|[^A-Za-z_.>])(std::|::)?(gets|strcpy|strcat|sprintf|vsprintf) *\(/ { breach("writes without a bound") }
# What a person can mend is told in his language: Text{"…", "…"}, where the rule lives.
FILENAME ~ /^(lib\/(domain|pki|store)|admin-cli)\// && !header {
  if ((before " " code) ~ /Failure\( *Fault::(usage|conflict|not_found|denied), *([a-z_0-9:]+, *)?("|fmt::format|std::string)/ &&
      before !~ /Failure\( *Fault::(usage|conflict|not_found|denied), *([a-z_0-9:]+, *)?("|fmt::format|std::string)/)
    breach("a text for people in one language")
}
{ before = code }

code ~ /SSL_VERIFY(PEER|HOST), *0/ || code ~ /VERIFY_NONE/ && FILENAME !~ /^lib\/net\/tls_probe|^tests\// {
  breach("trusts any certificate")
}

/^#include "/ {
  split($0, quoted, "\"")
  there = rank(quoted[2])
  if (here && there) {
    if (there > here) breach("includes upwards: " quoted[2])
    if (here == 9 && there == 9 && program(FILENAME) != program(quoted[2]))
      breach("one program includes another: " quoted[2])
  }
  if (here && quoted[2] ~ /^tests\//) breach("the product includes a test: " quoted[2])
  if (header && quoted[2] ~ /\.pb\.h$/) heavy[FILENAME] = quoted[2]
  included[++includes] = quoted[2]
  by[includes] = FILENAME
}
# A header that helps with a heavy library is for source files, so that the library stays in them.
header && /^#include <(pqxx|google\/protobuf|Poco|zmq|curl|openssl|libssh|libpq)/ { heavy[FILENAME] = $2 }

END {
  end_of_file()
  for (i = 1; i <= includes; i++) {
    if (!(included[i] in heavy)) continue
    if (by[i] ~ /\.h$/) {
      printf "%s: brings in the heavy %s by %s\n", by[i], heavy[included[i]], included[i]
      breaches++
    }
  }
  if (breaches) { printf "%d breaches\n", breaches; exit 1 }
}

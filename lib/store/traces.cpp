#include "lib/store/traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <pqxx/pqxx>

#include "lib/store/arrays.h"
#include "lib/store/sql.h"
#include "lib/store/times.h"
#include "lib/store/words.h"

namespace certfleet::store::traces {
namespace {

constexpr std::size_t statement_max = 1000;  // rows of one statement: some hundred kB

char letter(trace::Level level) {
  switch (level) {
    case trace::Level::info: return 'I';
    case trace::Level::warning: return 'W';
    case trace::Level::error: return 'E';
  }
  return 'E';
}

trace::Level level_of(char letter) {
  return letter == 'I' ? trace::Level::info : letter == 'W' ? trace::Level::warning : trace::Level::error;
}

// The levels from `least` on, as the database's letters.
std::string levels_from(trace::Level least) {
  if (least == trace::Level::info) return "{I,W,E}";
  return least == trace::Level::warning ? "{W,E}" : "{E}";
}

Stored stored_of(const pqxx::row& row) {
  Stored stored;
  stored.id = row["id"].as<std::int64_t>();
  stored.line.at = wall_time(row["at"].as<double>());
  stored.line.level = level_of(row["level"].c_str()[0]);
  stored.line.module = row["module"].c_str();
  stored.line.id = row["code"].as<int>();
  stored.line.request_no = row["request_no"].as<int>();
  stored.line.args = array_items(row["args"].c_str());
  stored.service = ServiceId(row["service_id"].as<std::int64_t>(0));
  stored.node = NodeId(row["node_id"].as<std::int64_t>(0));
  stored.job = JobId(row["job_id"].as<std::int64_t>(0));
  return stored;
}

}  // namespace

void add(Tx& tx, std::span<const Stored> traces) {
  auto name = tx.prepared("add_traces", sql::query("add_traces"));
  for (; !traces.empty(); traces = traces.subspan(std::min(traces.size(), statement_max))) {
    std::array<ArrayLiteral, 9> c;
    for (const auto& stored : traces.first(std::min(traces.size(), statement_max))) {
      c[0].add(timestamp(stored.line.at));
      c[1].add(std::string(1, letter(stored.line.level)));
      c[2].add(stored.line.module);
      c[3].add(std::int64_t{stored.line.id});
      c[4].add(std::int64_t{stored.line.request_no});
      c[5].add(array_literal(words(stored.line.args)));
      c[6].add(stored.service.value());
      c[7].add(stored.node.value());
      c[8].add(stored.job.value());
    }
    tx.raw().exec_prepared(name, c[0].take(), c[1].take(), c[2].take(), c[3].take(), c[4].take(), c[5].take(),
                           c[6].take(), c[7].take(), c[8].take());
  }
}

std::vector<Stored> newest(Tx& tx, const Filter& filter, int lines_max) {
  // Conditions are put together so that the planner sees only those that are asked for.
  std::string where = "true";
  auto limit = [&](bool wanted, const std::string& condition) {
    if (wanted) where += " AND " + condition;
  };
  limit(bool(filter.service), fmt::format("service_id = {}", filter.service.value()));
  limit(bool(filter.node), fmt::format("node_id = {}", filter.node.value()));
  limit(bool(filter.job), fmt::format("job_id = {}", filter.job.value()));
  limit(filter.request_no != 0, fmt::format("request_no = {}", filter.request_no));
  limit(filter.least.has_value(),
        fmt::format("level = ANY ('{}'::\"char\"[])", levels_from(filter.least.value_or(trace::Level::info))));
  limit(filter.code.has_value(), fmt::format("code = {}", filter.code.value_or(0)));
  limit(filter.since.has_value(), fmt::format("at >= '{}'", timestamp(filter.since.value_or(WallTime()))));
  limit(filter.until.has_value(), fmt::format("at < '{}'", timestamp(filter.until.value_or(WallTime()))));
  limit(filter.before_id != 0,
        filter.by_time() ? fmt::format("(at, id) < (SELECT at, id FROM trace WHERE id = {} LIMIT 1)", filter.before_id)
                         : fmt::format("id < {}", filter.before_id));
  limit(filter.after_id != 0, fmt::format("id > {}", filter.after_id));
  std::vector<Stored> lines;
  for (const auto& row : tx.raw().exec_params(
           "SELECT id, extract(epoch FROM at) AS at, level, module, code, request_no, args, service_id, node_id, job_id"
           " FROM trace WHERE " + where + " ORDER BY " + (filter.by_time() ? "trace.at DESC, " : "") +
               "id DESC LIMIT $1",
           lines_max))
    lines.push_back(stored_of(row));
  // Workers store their lines side by side: what happened first is shown first.
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return std::pair(a.line.at, a.id) < std::pair(b.line.at, b.id);
  });
  return lines;
}

}  // namespace certfleet::store::traces

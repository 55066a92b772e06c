#include "admin-cli/follow.h"

#include <poll.h>

#include "admin-cli/times.h"
#include "admin-cli/width.h"
#include "lib/trace/render.h"

namespace certfleet::cli {
namespace {

constexpr int look_ms = 500;       // traces of running jobs are stored as they happen
constexpr int batch_lines = 1000;  // of one look

Tone tone_of(trace::Level level) {
  if (level == trace::Level::error) return Tone::error;
  return level == trace::Level::warning ? Tone::warning : Tone::plain;
}

const char* word_of(trace::Level level) {
  return level == trace::Level::error ? "error" : level == trace::Level::warning ? "warning" : "info";
}

}  // namespace

void print_trace(Context& context, const store::traces::Stored& stored) {
  const auto& line = stored.line;
  auto text = trace::render(line, context.language());
  if (context.options().json) {
    context.out().raw(json_line({{{"id", {}, stored.id},
                                  {"at", {}, line.at},
                                  {"level", {}, word_of(line.level)},
                                  {"module", {}, line.module},
                                  {"code", {}, line.id},
                                  {"request_no", {}, line.request_no},
                                  {"args", {}, line.args},
                                  {"text", {}, text}},
                                 {}}));
    return;
  }
  context.out().line(local_time(line.at) + " " + printable(text), tone_of(line.level));
}

void follow(Context& context, store::traces::Filter filter, const std::function<bool(store::Tx&)>& ended) {
  auto& database = context.database_for_looks();
  for (;;) {
    bool last = false;
    std::vector<store::traces::Stored> lines;
    database.read([&](store::Tx& tx) {
      last = ended(tx);
      lines = store::traces::newest(tx, filter, batch_lines);
    });
    for (const auto& line : lines) {
      print_trace(context, line);
      filter.after_id = std::max(filter.after_id, line.id);
    }
    context.out().flush();
    if (last) return;
    ::poll(nullptr, 0, look_ms);
  }
}

}  // namespace certfleet::cli

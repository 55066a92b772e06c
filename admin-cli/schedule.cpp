#include "admin-cli/schedule.h"

#include "admin-cli/times.h"

namespace certfleet::cli {

void declare_when(Verb& verb, When& when) {
  verb.flag(when.now, "--now", {"今すぐ実行する", "At once"})
      .option(when.at, "--at", "TIME",
              {"日時を指定する。例 \"2026-12-01 03:00\"", "At this time, such as \"2026-12-01 03:00\""})
      .not_with("--now")
      .flag(when.wait, "--wait", {"終わるまで経過を表示する", "Show its progress until it has ended"});
}

void check_when(const Context& context, const When& when, const char* help) {
  if (when.now == when.at.has_value())
    context.fail(Fault::usage, {"--now か --at のどちらかが必要です ({})", "--now or --at is needed ({})"},
                 help);
  if (when.wait && !when.now)
    context.fail(Fault::usage, {"--wait には --now が必要です", "--wait needs --now"});
}

WallTime time_of(const Context& context, const When& when) {
  auto at = parse_time(*when.at);
  if (at <= SystemClock().wall())
    context.fail(Fault::usage, {"{} は過去の日時です", "{} has passed already"}, *when.at);
  return at;
}

}  // namespace certfleet::cli

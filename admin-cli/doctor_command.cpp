// certfleet doctor: is the installation well, and what is to be done if not.
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/doctor_probes.h"
#include "admin-cli/nouns.h"
#include "admin-cli/width.h"
#include "admin-cli/words.h"

namespace certfleet::cli {
namespace {

const char* word(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}
const char* word(Checked::State state) {
  switch (state) {
    case Checked::State::answered:
      return "answered";
    case Checked::State::unanswered:
      return "unanswered";
    case Checked::State::skipped:
      return "skipped";
  }
  return "unknown";
}

int count(const Report& report, Severity severity) {
  return static_cast<int>(std::count_if(report.findings.begin(), report.findings.end(),
                                        [&](const auto& finding) { return finding.severity == severity; }));
}

Record record_of(const Report& report, Language language) {
  Table checks{{{"name", words::name}, {"state", words::state}, {"took_ms", {"ミリ秒", "ms"}}}, {}, {}};
  for (const auto& check : report.checks)
    checks.add({check.name, word(check.state), static_cast<int>(check.took.count())});
  Table findings{{{"severity", {"重大度", "severity"}},
                  {"check", {"検査", "check"}},
                  {"subject", {"対象", "subject"}},
                  {"found", {"件数", "found"}},
                  {"seconds", {"秒", "seconds"}},
                  {"meaning", {"意味", "meaning"}},
                  {"advice", {"対処", "advice"}}},
                 {},
                 {}};
  for (const auto& finding : report.findings) {
    Cell seconds;
    if (finding.seconds) seconds = Cell(static_cast<std::int64_t>(*finding.seconds));
    findings.add({word(finding.severity), finding.check, finding.subject, finding.found, std::move(seconds),
                  meaning_of(finding, language), advice_of(finding, language)});
  }
  auto errors = count(report, Severity::error);
  return {{{"healthy", {"正常", "healthy"}, errors == 0},
           {"errors", {"エラー", "errors"}, errors},
           {"warnings", {"警告", "warnings"}, count(report, Severity::warning)}},
          {{"checks", {"検査", "Checks"}, std::move(checks)},
           {"findings", {"所見", "Findings"}, std::move(findings)}}};
}

void print(Context& context, const Report& report) {
  auto language = context.language();
  for (const auto& finding : report.findings) {
    bool error = finding.severity == Severity::error;
    auto title = context.say(error ? Text{"エラー", "error"} : Text{"警告", "warning"});
    context.out().line(
        fmt::format("{} {}: {}", title, finding.check, printable(meaning_of(finding, language))),
        error ? Tone::error : Tone::warning);
    context.out().line("  → " + printable(advice_of(finding, language)));
  }
  int unasked = 0;
  for (const auto& check : report.checks) unasked += check.state == Checked::State::answered ? 0 : 1;
  Text text = report.findings.empty() ? Text{"{} 件を検査し、問題はありません", "{} checks, all is well"}
              : unasked == 0 ? Text{"{} 件を検査: エラー {}、警告 {}", "{} checks: errors {}, warnings {}"}
                             : Text{"{0} 件中 {3} 件は検査できず: エラー {1}、警告 {2}",
                                    "{0} checks, {3} without an answer: errors {1}, warnings {2}"};
  context.out().line(context.say(text, report.checks.size(), count(report, Severity::error),
                                 count(report, Severity::warning), unasked));
}

void doctor(Context& context, const NoArguments&) {
  auto configuration = find_configuration(context.options().config);
  auto report = examine(configuration, SystemClock(), context.language());
  if (context.options().json)
    context.out().show(record_of(report, context.language()));
  else
    print(context, report);
  context.out().flush();
  if (auto errors = count(report, Severity::error); errors > 0)
    context.fail(Fault::permanent, {"エラーが {} 件あります", "errors found: {}"}, errors);
}

}  // namespace

void add_doctor_command(Commands& commands) {
  commands.verb<NoArguments>(nullptr, "doctor",
                             {"健康診断: 動いていない部分、詰まった仕事、破れた不変条件と対処",
                              "What is wrong, and what to do: parts, stuck work, broken invariants"},
                             "certfleet doctor --json", nullptr, doctor);
}

}  // namespace certfleet::cli

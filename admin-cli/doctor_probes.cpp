#include "admin-cli/doctor_probes.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/store/schema.h"

namespace certfleet::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

class Examination {
 public:
  Examination(const Configuration& configuration, const Clock& clock, Language language,
              const ProbeLimits& limits)
      : configuration_(configuration),
        clock_(clock),
        language_(language),
        limits_(limits),
        database_({configuration.dsn, "certfleet doctor", static_cast<int>(limits.statement.count())}),
        over_(clock.now() + limits.all) {}

  Report run() {
    if (!configuration_.brokers.empty())
      ask("broker", [&] { return judge_brokers(bus::probe(configuration_.brokers, limits_.broker)); });
    ask("database", [&]() -> std::vector<Finding> {
      database_.connect();
      reached_ = true;
      return {};
    });
    ask("schema", [&] { return schema(); });
    ask("clock", [&] { return clock(); });
    for (const auto& name : store::checks::names())
      ask(name, [&] {
        return judge(name, database_.reading([&](store::Tx& tx) { return store::checks::run(tx, name); }));
      });
    std::stable_sort(report_.findings.begin(), report_.findings.end(),
                     [](const auto& a, const auto& b) { return a.severity > b.severity; });
    return std::move(report_);
  }

 private:
  // A check that needs what is not there is skipped: without a database there is one finding, not twenty.
  bool possible(std::string_view name) const {
    if (name == "broker" || name == "database") return true;
    return reached_ && (fitting_ || name == "schema");
  }

  template <class F>
  void ask(const std::string& name, F&& question) {
    Checked checked{name, Checked::State::skipped, milliseconds(0)};
    auto begin = clock_.now();
    if (possible(name) && begin >= over_) {
      checked.state = Checked::State::unanswered;
      add({unchecked(name, std::string(Text{"時間切れ", "the time was up"}.in(language_)))});
    } else if (possible(name)) {
      checked.state = answer(name, question);
    }
    checked.took = duration_cast<milliseconds>(clock_.now() - begin);
    report_.checks.push_back(checked);
  }

  template <class F>
  Checked::State answer(const std::string& name, F&& question) {
    try {
      add(question());
      return Checked::State::answered;
    } catch (const Failure& failure) {
      bool gone = failure.fault() == Fault::unreachable || failure.fault() == Fault::in_doubt;
      if (name == "database" || gone) {
        reached_ = false;
        add({unreachable_database(failure.text().in(language_))});
      } else {
        add({unchecked(name, failure.text().in(language_))});
      }
      return Checked::State::unanswered;
    }
  }

  void add(std::vector<Finding> findings) {
    for (auto& finding : findings) report_.findings.push_back(std::move(finding));
  }

  std::vector<Finding> schema() {
    auto found = database_.reading([](store::Tx& tx) { return store::found_schema(tx); });
    auto findings = judge_schema(found.version, store::schema_version(), found.code == store::schema_code());
    fitting_ = findings.empty();
    return findings;
  }

  // The answer was made somewhere between the two looks at our own clock.
  std::vector<Finding> clock() {
    return database_.reading([&](store::Tx& tx) {
      auto before = clock_.wall();
      auto theirs = store::checks::clock(tx);
      auto after = clock_.wall();
      auto unsure = (after - before) / 2;
      return judge_clock(before + unsure - theirs, unsure);
    });
  }

  const Configuration& configuration_;
  const Clock& clock_;
  Language language_;
  ProbeLimits limits_;
  store::Database database_;
  Instant over_;
  bool reached_ = false;
  bool fitting_ = false;
  Report report_;
};

}  // namespace

Report examine(const Configuration& configuration, const Clock& clock, Language language,
               const ProbeLimits& limits) {
  return Examination(configuration, clock, language, limits).run();
}

}  // namespace certfleet::cli

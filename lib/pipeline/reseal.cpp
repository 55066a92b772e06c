#include "lib/pipeline/reseal.h"

#include <fmt/format.h>

#include "lib/store/sealed_columns.h"
#include "lib/store/sealing_keys.h"

namespace certfleet::pipeline {
namespace {

namespace sealed = store::sealed_columns;

constexpr int trace_done = 31;
constexpr int trace_unopened = 32;
constexpr std::chrono::seconds reserve{20};  // of the attempt's time: a batch and its commit are far below
constexpr std::size_t unopened_max = 100;    // of a column; then something is wrong with more than a few boxes

// One attempt: column by column, batch by batch.
class Round {
 public:
  Round(std::string_view kind, Context& context, pki::KeyRing& keys, int batch)
      : module_(kind.substr(0, kind.find('.'))), context_(context), keys_(keys), batch_(batch) {}

  enum class End { finished, out_of_time, stopped };

  End column(const sealed::Column& column) {
    std::vector<std::string> unopened;  // their rows
    int done = 0;
    auto end = End::finished;
    while (unopened.size() < unopened_max) {
      if (context_.stop().stop_requested()) end = End::stopped;
      if (context_.deadline().left() < reserve) end = End::out_of_time;
      if (end != End::finished) break;
      auto work = context_.reading([&](store::Tx& tx) {
        return Work{pki::SealingPublicKey::from_bytes(store::sealing_keys::active(tx).public_key),
                    sealed::outdated(tx, column, unopened, batch_)};
      });
      if (work.boxes.empty()) break;
      done += put(column, work, unopened);
      to_ = work.to.id;
    }
    if (done > 0) trace(trace::Level::info, trace_done, {to_, sealed::field_of(column), std::to_string(done)});
    unopened_ += unopened.size();
    return end;
  }

  std::size_t unopened() const { return unopened_; }

 private:
  struct Work {
    pki::SealingPublicKey to;
    std::vector<sealed::Box> boxes;
  };

  // How many of the batch are sealed anew and committed.
  int put(const sealed::Column& column, const Work& work, std::vector<std::string>& unopened) {
    std::vector<std::pair<const sealed::Box*, domain::Sealed>> fresh;
    for (const auto& box : work.boxes) {
      try {
        fresh.emplace_back(&box, keys_.reseal(work.to, box.sealed));
      } catch (const Failure& failure) {
        unopened.push_back(box.row);
        trace(trace::Level::error, trace_unopened, {sealed::field_of(column), failure.what()});
      }
    }
    int done = 0;
    if (fresh.empty()) return done;
    context_.commit([&](store::Tx& tx) {
      done = 0;
      for (const auto& [box, anew] : fresh)
        if (sealed::replace(tx, column, *box, anew)) ++done;
    });
    return done;
  }

  void trace(trace::Level level, int id, std::vector<std::string> args) {
    context_.trace({std::chrono::system_clock::now(), level, module_, id, 0, std::move(args)});
  }

  std::string module_;
  Context& context_;
  pki::KeyRing& keys_;
  int batch_;
  std::string to_;
  std::size_t unopened_ = 0;
};

}  // namespace

Reseal::Reseal(std::string_view kind, std::shared_ptr<pki::KeyRing> keys, int batch)
    : kind_(domain::job_kind(kind).name), keys_(std::move(keys)), batch_(batch) {}

Outcome Reseal::run(const domain::Job&, Context& context) {
  Round round(kind_, context, *keys_, batch_);
  for (const auto& column : context.reading([](store::Tx& tx) { return sealed::own(tx); })) {
    switch (round.column(column)) {
      case Round::End::finished: break;
      case Round::End::out_of_time: return Outcome::wait_for(std::chrono::seconds(0));
      case Round::End::stopped: return Outcome::cancelled();
    }
  }
  if (round.unopened() > 0)
    return Outcome::failed(Failure(Fault::permanent, trace_unopened,
                                   fmt::format("{} secrets can't be opened and stay as they are", round.unopened())));
  return Outcome::done();
}

std::vector<Write> Reseal::gave_up(const domain::Job&, const Failure&) { return {}; }

}  // namespace certfleet::pipeline

#include "admin-cli/job_explanation.h"

#include "admin-cli/span.h"
#include "admin-cli/times.h"

namespace certfleet::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;
using store::job_views::Standing;

class Teller {
 public:
  Teller(const Standing& job, Language language) : job_(job), language_(language) {}

  Explanation tell() {
    const auto& state = job_.row.state;
    if (state == "waiting") return waiting();
    if (state == "ready") return ready();
    if (state == "running") return running();
    if (state == "dead") return dead();
    return ended();
  }

 private:
  template <class... Arguments>
  void say(const Text& text, const Arguments&... arguments) {
    out_.sentences.push_back(text.with(language_, arguments...));
  }
  Explanation because(const char* reason) {
    out_.reason = reason;
    return std::move(out_);
  }
  std::string span(WallTime from, WallTime to) const {
    return span_text(duration_cast<seconds>(to - from), language_);
  }
  std::string until(WallTime time) const { return span(job_.now, time); }
  std::string since(WallTime time) const { return span(time, job_.now); }

  // What the attempts so far have brought.
  void say_failures() {
    const auto& row = job_.row;
    if (row.attempts_failed > 0)
      say({"{} 回中 {} 回の試行が失敗しました。最後のエラー: {}",
           "Of {} attempts {} failed, the last one with: {}"},
          job_.attempts_max, row.attempts_failed, error());
    if (row.crashes > 0)
      say({"実行中にワーカーが {} 回消えました", "Its worker vanished {} times while it ran"}, row.crashes);
  }
  std::string error() const {
    return job_.row.error.empty() ? std::string(Text{"(記録なし)", "(none recorded)"}.in(language_))
                                  : job_.row.error;
  }
  void say_cancel() {
    if (job_.row.cancel)
      say({"取り消しが要求されています。ワーカーが受け取ると実行せずに終わります",
           "Its cancellation is asked for: a worker that gets it ends it without running it"});
  }
  // Who makes it go on, if nobody does.
  void say_scheduler() {
    if (!job_.scheduler_leads)
      say({"しかし主のスケジューラーがいません。certfleet doctor を参照してください",
           "But no scheduler leads, so nothing makes it ready: see certfleet doctor"});
  }

  Explanation waiting() {
    if (job_.parked && job_.workers.knowing == 0) return unknown_kind();
    if (job_.row.run_at && *job_.row.run_at > job_.now) return for_its_time();
    if (job_.holder) return for_its_key();
    if (job_.limit && limit_full()) return for_its_limit();
    say({"時刻は来ており、排他キーも空いています。スケジューラーが数秒以内に実行可にします",
         "Its time has come and no key holds it up: the scheduler makes it ready within seconds"});
    if (job_.before_it > 0)
      say({"同じキーを待つジョブが {} 件先にあります", "Jobs that wait for the same key and go first: {}"},
          job_.before_it);
    say_failures();
    say_cancel();
    say_scheduler();
    return because("due");
  }

  Explanation for_its_time() {
    auto at = *job_.row.run_at;
    if (job_.row.attempts_failed > 0)
      say({"{} の次の試行まで待っています (あと {})", "It waits for its next attempt at {}, in {}"},
          local_time(at), until(at));
    else
      say({"{} まで待っています (あと {})", "It waits until {}, for {} more"}, local_time(at), until(at));
    say_failures();
    say({"時刻が来ると、スケジューラーが実行可にします", "Then the scheduler makes it ready"});
    say_cancel();
    say_scheduler();
    return because("time");
  }

  Explanation for_its_key() {
    const auto& holder = *job_.holder;
    if (holder.since)
      say({"排他キー {} を待っています。ジョブ {} ({}) が {} で {} から ({} 前から) 実行中です",
           "It waits for the key {}, which job {} ({}) holds: it runs on {} since {}, for {}"},
          job_.concurrency_key, holder.id.value(), holder.kind, holder.worker, local_time(*holder.since),
          since(*holder.since));
    else
      say({"排他キー {} を待っています。ジョブ {} ({}) が持ち、ワーカーを待っています",
           "It waits for the key {}, which job {} ({}) holds, and that one waits for a worker"},
          job_.concurrency_key, holder.id.value(), holder.kind);
    say({"そのジョブが終わると実行可になります。同じキーの先のジョブ: {}",
         "It becomes ready when that one ends. Jobs that wait for the same key and go first: {}"},
        job_.before_it);
    say_failures();
    say_cancel();
    return because("key");
  }

  bool limit_full() const {
    const auto& limit = *job_.limit;
    return limit.per_minute.has_value() || (limit.parallel && limit.held >= *limit.parallel);
  }

  Explanation for_its_limit() {
    const auto& limit = *job_.limit;
    if (limit.parallel && limit.held >= *limit.parallel)
      say({"{} の同時実行数の上限 {} に達しています (現在 {})",
           "It waits for the limit of {}: {} jobs at once, and {} hold it now"},
          limit.name, *limit.parallel, limit.held);
    else
      say({"{} の毎分 {} 件の上限を待っています (現在 {})",
           "It waits for the limit of {}: {} jobs a minute, and {} hold it now"},
          limit.name, limit.per_minute.value_or(0), limit.held);
    say({"空きができ次第、優先度と古さの順に実行可になります。上限は certfleet limit で変えられます",
         "It becomes ready as room is freed, by urgency and age; certfleet limit changes the limit"});
    say_failures();
    say_cancel();
    say_scheduler();
    return because("limit");
  }

  Explanation unknown_kind() {
    say({"種別 {} を知る稼働中のワーカーがいません。新しい版のワーカーを待っています",
         "No living worker knows jobs of kind {}: it waits for one of a newer version"},
        job_.row.kind);
    say({"キュー {} のワーカーを更新して起動すると、数秒で実行されます。失われることはありません",
         "Start an updated worker of the queue {}: it takes the job within seconds; nothing is lost until "
         "then"},
        job_.row.queue);
    say_cancel();
    return because("unknown_kind");
  }

  Explanation ready() {
    const auto& workers = job_.workers;
    if (workers.all == 0) {
      say({"キュー {} の稼働中のワーカーがいません", "No worker of the queue {} is alive"}, job_.row.queue);
      say({"certfleet-worker-{} を起動してください", "Start certfleet-worker-{}"}, job_.row.queue);
      say_cancel();
      return because("no_worker");
    }
    if (workers.of_site == 0) {
      say({"拠点 {} の仕事を取る稼働中のワーカーがいません (ほかの拠点には {})",
           "No living worker takes jobs of the site {}; of other sites there are {}"},
          job_.row.site, workers.all);
      say({"その拠点のワーカーか、拠点を限らないワーカーを起動してください",
           "Start a worker of that site, or one for all sites"});
      return because("no_worker_of_site");
    }
    if (workers.knowing == 0) return unknown_kind();
    say({"実行可です。取れるワーカー: {}", "It is ready; workers that may take it: {}"}, workers.knowing);
    if (job_.row.run_at && job_.now - *job_.row.run_at > seconds(60))
      say({"{} 前から順番を待っています。ワーカーは急ぐ仕事と、ほかのサービスの仕事に交代で取り組みます",
           "It has been due for {}: workers are busy with what is more urgent, and with others in turn"},
          since(*job_.row.run_at));
    else
      say({"手の空いたワーカーが次に取ります", "One with a free slot takes it next"});
    say_failures();
    say_cancel();
    return because("ready");
  }

  Explanation running() {
    const auto& row = job_.row;
    if (!job_.worker_lives) {
      say({"実行していたワーカーが消えました", "The worker that ran it has vanished"});
      say({"スケジューラーが数秒以内に取り戻し、別のワーカーが実行します。消失 {} 回目です",
           "The scheduler takes it back within seconds and another worker runs it; so far vanished: {}"},
          row.crashes);
      say_scheduler();
      return because("lost_worker");
    }
    auto started = row.started_at.value_or(job_.now);
    say({"{} で {} から ({} 前から) 実行中です", "It runs on {} since {}, for {}"}, row.worker,
        local_time(started), since(started));
    if (job_.run_deadline && *job_.run_deadline > job_.now)
      say({"{} までに終わらなければ中断されます (あと {})", "It is told to stop at {}, in {}"},
          local_time(*job_.run_deadline), until(*job_.run_deadline));
    else if (job_.run_deadline)
      say({"期限を {} 過ぎています。1 分でスケジューラーが取り戻します",
           "It is {} past its deadline; after a minute the scheduler takes it back"},
          since(*job_.run_deadline));
    if (row.cancel)
      say({"取り消しが要求されています。ワーカーは数秒以内に知り、きりのよい所で止めます",
           "Its cancellation is asked for: its worker hears of it within seconds and stops where it can"});
    say_failures();
    return because(row.cancel ? "cancelling" : "running");
  }

  Explanation dead() {
    const auto& row = job_.row;
    if (row.ended_at)
      say({"{} に停止しました ({} 前)", "It died at {}, {} ago"}, local_time(*row.ended_at),
          since(*row.ended_at));
    say({"失敗した試行 {}、消えたワーカー {}。最後のエラー: {}",
         "Failed attempts {}, vanished workers {}, the last error: {}"},
        row.attempts_failed, row.crashes, error());
    say({"自動では再開しません。原因を直したら certfleet job retry {} で再投入してください",
         "It is not tried again by itself. Once the cause is mended: certfleet job retry {}"},
        row.id.value());
    return because("dead");
  }

  Explanation ended() {
    const auto& row = job_.row;
    Text text = row.state == "done"        ? Text{"{} に完了しました", "It was done at {}"}
                : row.state == "cancelled" ? Text{"{} に取り消されました", "It was cancelled at {}"}
                                           : Text{"{} に失敗として終わりました", "It ended at {} as failed"};
    say(text, row.ended_at ? local_time(*row.ended_at) : std::string("-"));
    if (row.state == "failed")
      say({"やり直しても同じ失敗になるため再試行されません。エラー: {}",
           "It is not tried again, for it would fail again. The error: {}"},
          error());
    return because(row.state.c_str());
  }

  const Standing& job_;
  Language language_;
  Explanation out_;
};

}  // namespace

Explanation explain(const Standing& job, Language language) {
  return Teller(job, language).tell();
}

}  // namespace certfleet::cli

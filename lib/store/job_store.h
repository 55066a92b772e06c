// What the pipeline does to jobs and sessions. The simulation has a store of its own behind this interface,
// held to the same rules by one conformance suite.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/domain/job.h"
#include "lib/store/transaction.h"

namespace certfleet::store {

// A worker process as it presents itself.
struct SessionInfo {
  domain::Queue queue = domain::Queue::csr;
  SiteId site;  // 0: takes jobs of any site
  std::string host;
  int pid = 0;
  int slots = 1;
  std::vector<std::string> kinds{};  // that it has handlers for
  // Ids of the sealing keys with which it opens boxes; empty: it opens no boxes.
  std::vector<std::string> sealing_keys{};
};

struct Heartbeat {
  bool alive = false;                 // false: the session has lapsed; it never lives again
  std::vector<JobId> cancelled;       // running jobs of the session that a person asked to cancel
};

// How a claimed job ends, or goes back.
struct Finished {
  enum class How { done, failed, cancelled, dead, retry, release, park };
  JobId id;
  Fence fence;
  std::string kind;
  std::string concurrency_key;
  How how = How::done;
  std::string error;
  int error_id = 0;
  std::chrono::seconds wait{0};  // of retry, release and park
  bool begun = true;             // or handed back before its handler was called
  // Run in the transaction of the end, if the fence holds. One that throws a permanent Failure fails its own
  // job and no other.
  std::vector<std::function<void(Tx&)>> writes;
  std::vector<domain::NewJob> follow_ups;
};

struct Completed {
  std::vector<JobId> accepted;
  std::vector<JobId> stale;            // their fences were old: nothing of theirs was written
  std::vector<JobId> refused;          // a write of theirs failed for good: ended as failed without results
  std::vector<domain::JobRef> ready;   // jobs that became ready: to be offered
};

struct Swept {
  std::vector<domain::JobRef> back;  // ready again
  std::vector<JobId> later;          // not for the first time: they wait for some seconds
  int dead = 0;
  int sessions = 0;  // lapsed sessions that were removed
};

// One object, one connection, one thread. Failure(unreachable | in_doubt | retry) when the database is away:
// the caller tries again with the same arguments.
class JobStore {
 public:
  virtual ~JobStore() = default;

  // Jobs that were parked because nobody knew their kind become due if this worker does.
  // Failure(denied) if it opens boxes and lacks a key to which something may be sealed.
  virtual SessionId open_session(const SessionInfo& info, std::chrono::seconds life) = 0;
  // Prolongs the session's life from now, if it has not lapsed.
  virtual Heartbeat renew(SessionId session, std::chrono::seconds life, bool draining) = 0;
  // The session's process holds other sealing keys than before. A store without secrets has no use for it.
  virtual void report_sealing_keys(SessionId /*session*/, const std::vector<std::string>& /*ids*/) {}
  virtual void close_session(SessionId session) = 0;

  // What can't be claimed does not come back: it was taken.
  virtual std::vector<domain::Job> claim_offered(SessionId session, domain::Queue queue,
                                                 std::vector<JobId> ids) = 0;
  // Without an offer: the most urgent first, sites and services in turn (turns.h).
  virtual std::vector<domain::Job> claim_ready(SessionId session, domain::Queue queue, SiteId site,
                                               int jobs_max) = 0;

  // After a claim whose outcome is not known: makes those running jobs of the session ready again that its
  // worker does not know of. `known` are all that it holds.
  virtual std::vector<domain::JobRef> release_unknown(SessionId session, const std::vector<JobId>& known) = 0;

  // Persons' jobs as the database itself tells of them (jobs::enqueue_by_person), without scheduler and broker in
  // between. A hint as any offer: it may be lost, doubled, late or forged. Of the stores that ask for the same queue
  // and site one listens, on its connection, as long as that lasts; a store without a database never does.
  // Tries to become that one, or still is it: to be asked now and then, always for the same queue and site.
  virtual bool listen(domain::Queue /*queue*/, SiteId /*site*/) { return false; }
  // Readable when there may be something to hear; -1 while it does not listen. To be asked anew before each wait.
  virtual int socket() const { return -1; }
  // What was told since the last call and a worker of the queue and site may take. Never blocks; nothing while it does
  // not listen. To be asked also if the socket was not readable: answers to other questions bring some along.
  // Failure(unreachable) if the connection was lost: from then on it does not listen.
  virtual std::vector<domain::JobRef> heard() { return {}; }

  virtual Completed complete(const std::vector<Finished>& batch) = 0;

  // Runs `body` in a transaction of its own if the job is still held under this fence; else Failure(stale).
  // Returns the jobs that it made ready.
  virtual std::vector<domain::JobRef> commit_guarded(JobId job, Fence fence,
                                                     const std::function<void(Tx&)>& body) = 0;

  // One consistent look at the database, on this store's connection.
  virtual void read(const std::function<void(Tx&)>& body) = 0;

  // Takes back the jobs of lapsed sessions. Counts a crash for each, unless the session was draining. Any number of
  // sweepers may run.
  virtual Swept sweep(int jobs_max) = 0;
  // Makes due waiting jobs ready.
  virtual std::vector<domain::JobRef> promote_due(int jobs_max) = 0;
  // Ready jobs of a queue, what to offer (again): the most urgent of every site and service, of one priority as
  // many of each as fit. An eighth is left for the less urgent, so more are waiting if 7/8 of jobs_max come.
  virtual std::vector<domain::JobRef> ready_jobs(domain::Queue queue, int jobs_max) = 0;
};

std::unique_ptr<JobStore> postgres_job_store(DatabaseSettings settings);

// A job that took this many workers with it is dead, though it never returned an error.
inline constexpr int crashes_max = 5;
// A job so long past its deadline is taken back although its worker's session lives: the handler hangs.
inline constexpr std::chrono::seconds deadline_grace{60};
// A job whose kind a worker does not know is parked: it waits so long, unless a worker that knows it comes first or
// lives already. Nothing is counted for it.
inline constexpr std::chrono::seconds park_time{300};

}  // namespace certfleet::store

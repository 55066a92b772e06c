// Jobs as the pipeline sees them: what is to be done about which subject, and under which limits.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/id.h"
#include "lib/domain/queue.h"

namespace certfleet::domain {

// 0 is the most urgent. Between them lies room.
enum class Priority : std::int16_t { person = 0, machine = 4, bulk = 8 };

// Of one priority so many go in a row while less urgent ones wait; then goes one of these, so that none starves.
inline constexpr int urgent_in_row = 7;

// What a kind of job is, in one line of the table in job.cpp. A new kind of job is a handler and a line there.
struct JobKind {
  std::string_view name;  // "apply.run": the queue's word and what is done
  Queue queue;
  std::chrono::seconds time_limit;  // one attempt's; past it the handler is told to stop
  int attempts_max;                 // failed attempts, then the job is dead
  std::chrono::seconds backoff_base;
  std::chrono::seconds backoff_max;
  bool by_timer = false;  // the completion timer of its queue counts instead of time_limit (manual 6.2.2)
};

// Every kind there is. An unknown name is a broken invariant.
const JobKind& job_kind(std::string_view name);
const JobKind* find_job_kind(std::string_view name);

// A job to be enqueued. References, no content: the row that `subject` names is the truth.
struct NewJob {
  std::string_view kind;       // a name of the table
  std::int64_t subject = 0;    // order, apply, mail or node, as the kind says
  ServiceId service{};         // 0: none
  NodeId node{};               // 0: none
  SiteId site{};               // 0: any worker may take it
  Priority priority = Priority::machine;
  std::chrono::seconds wait{0};  // not before this long from now
  int request_no = 0;            // for the traces
  std::string concurrency_key{};  // at most one job of a key runs at a time; empty: no limit
  std::string dedupe_key{};       // at most one live job; empty: no limit
};

// A reference as brokers pass it: a hint that the row is ready.
struct JobRef {
  JobId id;
  Queue queue = Queue::csr;
  SiteId site;
  ServiceId service;
  std::int16_t priority = 0;
  bool operator==(const JobRef&) const = default;
};

// A claimed job.
struct Job {
  JobId id;
  Fence fence;
  SessionId session;  // under which it was claimed
  std::string kind;
  std::int64_t subject = 0;
  ServiceId service;
  NodeId node;
  SiteId site;
  std::int16_t priority = 0;
  int request_no = 0;
  int attempts_failed = 0;
  int attempts_max = 1;
  std::chrono::seconds time_limit{0};
  std::string concurrency_key;
  bool cancel = false;  // a person asked to cancel it before it was claimed
};

// How long to wait before attempt `attempts_failed` + 1: full jitter between 0 and base·2^n, at most the kind's
// longest; `dice` in [0, 1). What the other side asked for is the least.
std::chrono::seconds backoff(const JobKind& kind, int attempts_failed,
                             std::optional<std::chrono::seconds> asked, double dice);

// Concurrency keys, one spelling each.
std::string key_of(AccessId access);   // a node's access: one job at a time logs in there
std::string key_of(OrderId order);

}  // namespace certfleet::domain

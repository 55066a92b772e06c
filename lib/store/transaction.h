// Connections and transactions. The only place where exceptions of the database library become ours:
//   connection lost, refused or silent, a server that shuts down or only reads → unreachable; commit's outcome
//   unknown → in_doubt; deadlock, serialization, lock or statement timeout → retry; privilege → denied; duplicate or
//   missing reference → conflict; check or value → usage; anything else → permanent.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/domain/job.h"

namespace pqxx {
class transaction_base;
}

namespace certfleet::store {

// One transaction in progress. Functions of this room take it; nobody else looks inside.
class Tx {
 public:
  explicit Tx(pqxx::transaction_base& raw, class Database& database) : raw_(&raw), database_(database) {}
  Tx(const Tx&) = delete;
  Tx& operator=(const Tx&) = delete;

  // For the .cpp files of lib/store only, anew for each question: its answer is waited for from this call on, for as
  // long as the server may take for so many statements, and some seconds more.
  pqxx::transaction_base& raw(int statements = 1);
  // Prepares `text` under `name` at its first use on this connection; returns the name.
  std::string prepared(std::string_view name, std::string_view text);

  // False once the server has refused a statement: then nothing more can be done in it.
  bool usable();

  // Runs `body`. If it throws, what it did is undone and the transaction goes on: unless the connection is lost.
  void part(const std::function<void()>& body);

  // Forgets the plans that are kept for what triggers and keys look up for each row. For work that adds many rows: a
  // plan made while the table is empty reads all of it, and must not be followed when it no longer is.
  void plan_anew();

  // Jobs that this transaction made ready: to be offered to a broker once it has committed.
  std::vector<domain::JobRef>& ready_jobs() { return ready_jobs_; }

 private:
  std::vector<domain::JobRef> ready_jobs_;
  pqxx::transaction_base* raw_;  // of the part that is under way
  Database& database_;
};

struct DatabaseSettings {
  // libpq's, keywords or a URI, also with several hosts ("host=a,b port=5432
  // target_session_attrs=read-write"): after a lost connection the next one goes to the one that writes. The
  // password comes from its passfile.
  std::string dsn;
  std::string application;  // shown in pg_stat_activity: "certfleet-worker-apply 4711"
  // The server ends a statement that takes longer. Long enough for a full batch on a busy disk.
  int statement_timeout_ms = 10'000;
  // The plans of prepared statements are kept; one made while a table was nearly empty must not read all of
  // it when it has a million rows. And planning each claim of one job takes longer than the claim.
  bool always_by_index = false;
  // For the way of question and answer. What has not been answered so long after the server's own limit has lost its
  // connection (answer_watch.h).
  int answer_grace_ms = 5'000;
};

// One connection, owned by one thread at a time. It connects at the first use and again after a loss.
class Database {
 public:
  explicit Database(DatabaseSettings settings);
  Database(Database&&) noexcept;
  ~Database();

  // Runs `body` in a read-write transaction and commits. What `body` throws is rolled back and passed on,
  // library exceptions as ours. Nothing is retried here: the caller knows what may be.
  void write(const std::function<void(Tx&)>& body);
  // Same, for a body of one statement: that is its own transaction, in one round trip instead of three. After
  // Failure(unreachable) its outcome is unknown, too.
  void write_at_once(const std::function<void(Tx&)>& body);
  // Same as write, read only, one snapshot.
  void read(const std::function<void(Tx&)>& body);

  template <class F>
  auto reading(F&& body) {
    std::optional<std::invoke_result_t<F, Tx&>> result;
    read([&](Tx& tx) { result.emplace(body(tx)); });
    return std::move(*result);
  }
  template <class F>
  auto writing(F&& body) {
    std::optional<std::invoke_result_t<F, Tx&>> result;
    write([&](Tx& tx) { result.emplace(body(tx)); });
    return std::move(*result);
  }

  // Drops the connection; the next use makes a new one.
  void disconnect();
  // Failure(unreachable) in one line if the server does not answer.
  void connect();

  // The raw socket of a connected database, for LISTEN; -1 while disconnected.
  int socket() const;
  // Names of the channels that were notified since the last call, and each one's payload. Never blocks.
  // After a lost connection: Failure(unreachable).
  std::vector<std::pair<std::string, std::string>> notifications();
  // LISTEN on this connection; holds until it is lost.
  void listen(const std::string& channel);
  // True as long as it holds.
  bool listens() const;
  // Takes a session-level advisory lock if it is free. Held until the connection ends.
  bool try_advisory_lock(std::int64_t key);
  // The same for a pair of numbers, which no single number ever meets.
  bool try_advisory_lock(std::int32_t space, std::int32_t key);

 private:
  friend class Tx;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::store

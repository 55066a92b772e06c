#include "lib/store/transaction.h"

#include <fmt/format.h>

#include <pqxx/pqxx>
#include <set>

#include "lib/base/error.h"
#include "lib/store/answer_watch.h"
#include "lib/store/dsn.h"
#include "lib/store/failures.h"

namespace certfleet::store {

namespace {

// Collects what the server notifies on one connection.
class Receiver final : public pqxx::notification_receiver {
 public:
  Receiver(pqxx::connection_base& connection, const std::string& channel,
           std::vector<std::pair<std::string, std::string>>& out)
      : notification_receiver(connection, channel), out_(out) {}
  void operator()(const std::string& payload, int) override { out_.emplace_back(channel(), payload); }

 private:
  std::vector<std::pair<std::string, std::string>>& out_;
};

}  // namespace

struct Database::Impl {
  DatabaseSettings settings;
  std::unique_ptr<AnswerWatch::Line> line;
  std::unique_ptr<pqxx::connection> connection;
  std::set<std::string, std::less<>> prepared;
  std::vector<std::pair<std::string, std::string>> notified;
  std::vector<std::unique_ptr<Receiver>> receivers;
  std::size_t first_host = 0;  // of several, with which the next attempt to connect begins

  ~Impl() { drop(); }

  void drop() noexcept {
    Asking asking(*this);  // a receiver says that it goes
    receivers.clear();
    prepared.clear();
    connection.reset();
    line.reset();
  }

  void ask(int statements = 1) {
    if (line && settings.statement_timeout_ms > 0) line->expect_within(answer_limit(statements));
  }
  std::chrono::milliseconds answer_limit(int statements = 1) const {
    return std::int64_t{statements} * std::chrono::milliseconds(settings.statement_timeout_ms) +
           std::chrono::milliseconds(settings.answer_grace_ms);
  }
  // Whatever the library asks in this one's life, or in its end, has a limit.
  class Asking {
   public:
    explicit Asking(Impl& impl) : impl_(impl) { impl_.ask(); }
    ~Asking() {
      if (impl_.line) impl_.line->at_rest();
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

   private:
    Impl& impl_;
  };

  // What the library took for the server's doing.
  Failure silent(Fault fault) const {
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(answer_limit()).count();
    if (fault == Fault::in_doubt)
      return Failure(fault,
                     Text{"データベース: コミットの結果が分かりません: {} 秒以内に応答がありません",
                          "database: outcome of a commit unknown: no answer within {} s"},
                     seconds);
    return Failure(Fault::unreachable, 11,
                   Text{"データベース: {} 秒以内に応答がありません", "database: no answer within {} s"}, seconds);
  }

  pqxx::connection& live() {
    if (connection != nullptr && connection->is_open()) return *connection;
    drop();
    try {
      return connect();
    } catch (...) {
      ++first_host;
      throw;
    }
  }

  pqxx::connection& connect() {
    // Half-open links are found by the kernel: keepalives when idle, the user timeout when sending. Those that take
    // everything and are silent: by connect_timeout, which holds for the login too, and then by the watch.
    connection = std::make_unique<pqxx::connection>(
        dsn::keywords(settings.dsn, first_host) +
        fmt::format(" application_name='{}' connect_timeout=5 keepalives_idle=5 keepalives_interval=2"
                    " keepalives_count=3 tcp_user_timeout=10000",
                    settings.application));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    // Else the library reconnects behind our back and the session's settings and locks are gone. The
    // replacement exists from its version 7 on.
    connection->inhibit_reactivation(true);
#pragma GCC diagnostic pop
    line = std::make_unique<AnswerWatch::Line>(AnswerWatch::of_process(), connection->sock());
    Asking asking(*this);
    pqxx::nontransaction setup(*connection);
    setup.exec(fmt::format(
        "SET search_path TO certfleet, pg_temp; SET statement_timeout TO {}; SET lock_timeout TO 5000;"
        " SET idle_in_transaction_session_timeout TO 30000; SET client_min_messages TO warning;"
        // Compiling a plan takes longer than any statement here.
        " SET jit TO off;"
        " SET enable_seqscan TO {}; SET plan_cache_mode TO {}",
        settings.statement_timeout_ms, settings.always_by_index ? "off" : "on",
        settings.always_by_index ? "force_generic_plan" : "auto"));
    return *connection;
  }

  // Runs `body`, turns the library's exceptions into ours and drops a connection that is no good any more.
  template <class F>
  auto guarded(F&& body) {
    try {
      return body();
    } catch (const std::exception&) {
      auto failure = current_failure();
      bool lost = failure.fault() == Fault::unreachable || failure.fault() == Fault::in_doubt;
      if (lost && line && line->cut()) failure = silent(failure.fault());
      if (lost || (connection != nullptr && !connection->is_open())) drop();
      throw failure;
    }
  }
};

pqxx::transaction_base& Tx::raw(int statements) {
  database_.impl_->ask(statements);
  return *raw_;
}

std::string Tx::prepared(std::string_view name, std::string_view text) {
  std::string key(name);
  database_.impl_->ask();
  if (database_.impl_->prepared.insert(key).second) raw_->conn().prepare(key, std::string(text));
  return key;
}

bool Tx::usable() {
  try {
    raw().exec("SELECT 1");
    return true;
  } catch (const pqxx::pqxx_exception&) {  // the server's, or that of the library which it has told already
    return false;
  }
}

void Tx::part(const std::function<void()>& body) {
  pqxx::subtransaction part(dynamic_cast<pqxx::dbtransaction&>(*raw_), "part");
  part.exec("");  // the library sets the savepoint with the first statement, but not with one that has parameters
  auto* whole = std::exchange(raw_, &part);
  try {
    body();
    part.commit();
  } catch (...) {
    raw_ = whole;
    throw;
  }
  raw_ = whole;
}

void Tx::plan_anew() { raw_->exec("DISCARD PLANS"); }

Database::Database(DatabaseSettings settings) : impl_(std::make_unique<Impl>()) {
  impl_->settings = std::move(settings);
}
Database::Database(Database&&) noexcept = default;
Database::~Database() = default;

void Database::write(const std::function<void(Tx&)>& body) {
  impl_->guarded([&] {
    auto& connection = impl_->live();
    Impl::Asking asking(*impl_);  // also the way back, if `body` throws
    pqxx::work raw(connection);
    Tx tx(raw, *this);
    body(tx);
    tx.raw().commit();
  });
}

void Database::write_at_once(const std::function<void(Tx&)>& body) {
  impl_->guarded([&] {
    auto& connection = impl_->live();
    Impl::Asking asking(*impl_);
    pqxx::nontransaction raw(connection);
    Tx tx(raw, *this);
    body(tx);
  });
}

void Database::read(const std::function<void(Tx&)>& body) {
  impl_->guarded([&] {
    auto& connection = impl_->live();
    Impl::Asking asking(*impl_);
    pqxx::read_transaction raw(connection);
    Tx tx(raw, *this);
    body(tx);
  });
}

void Database::disconnect() {
  impl_->drop();
}

void Database::connect() {
  impl_->guarded([&] { impl_->live(); });
}

int Database::socket() const {
  return impl_->connection != nullptr && impl_->connection->is_open() ? impl_->connection->sock() : -1;
}

std::vector<std::pair<std::string, std::string>> Database::notifications() {
  return impl_->guarded([&] {
    if (impl_->connection == nullptr) throw pqxx::broken_connection("connection lost");
    impl_->connection->get_notifs();
    return std::exchange(impl_->notified, {});
  });
}

void Database::listen(const std::string& channel) {
  impl_->guarded([&] {
    auto& connection = impl_->live();
    Impl::Asking asking(*impl_);
    impl_->receivers.push_back(std::make_unique<Receiver>(connection, channel, impl_->notified));
  });
}

bool Database::listens() const { return socket() >= 0 && !impl_->receivers.empty(); }

bool Database::try_advisory_lock(std::int64_t key) {
  return impl_->guarded([&] {
    auto& connection = impl_->live();
    Impl::Asking asking(*impl_);
    pqxx::nontransaction raw(connection);
    return raw.exec_params1("SELECT pg_try_advisory_lock($1)", key)[0].as<bool>();
  });
}

bool Database::try_advisory_lock(std::int32_t space, std::int32_t key) {
  return impl_->guarded([&] {
    auto& connection = impl_->live();
    Impl::Asking asking(*impl_);
    pqxx::nontransaction raw(connection);
    return raw.exec_params1("SELECT pg_try_advisory_lock($1::int, $2::int)", space, key)[0].as<bool>();
  });
}

}  // namespace certfleet::store

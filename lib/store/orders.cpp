#include "lib/store/orders.h"

#include "lib/domain/job.h"
#include "lib/pki/csr.h"
#include "lib/store/csrs.h"
#include "lib/store/jobs.h"
#include "lib/store/jobs_by_hand.h"
#include "lib/store/list_conditions.h"
#include "lib/store/mails.h"
#include "lib/store/rows.h"
#include "lib/store/services.h"
#include "lib/store/times.h"
#include "lib/store/traces.h"
#include "lib/store/words.h"

namespace certfleet::store::orders {
namespace {

constexpr int trace_missing = 2111;         // what an order needs is missing
constexpr std::chrono::hours due_again{1};  // manual 8.6.2: tried again after a fixed time

constexpr const char* columns =
    "SELECT o.id, o.service_id, o.ca_account_id, s.name AS service_name, o.state, o.request_no,"
    " extract(epoch FROM o.scheduled_at) AS scheduled_at, o.requested_by, o.csr_id, o.order_url, o.error, "
    "o.cancel,"
    " extract(epoch FROM o.created_at) AS created_at, extract(epoch FROM o.ended_at) AS ended_at"
    " FROM ca_order o JOIN service s ON s.id = o.service_id ";

Order order_of(const pqxx::row& row) {
  Order order;
  order.id = id_of<OrderId>(row["id"]);
  order.service = id_of<ServiceId>(row["service_id"]);
  order.ca_account = id_of<CaAccountId>(row["ca_account_id"]);
  order.service_name = row["service_name"].as<std::string>();
  order.state = row["state"].as<std::string>();
  order.request_no = row["request_no"].as<int>();
  order.scheduled_at = wall_time(row["scheduled_at"].as<double>());
  order.requested_by = row["requested_by"].as<std::string>();
  order.csr = id_of<CsrId>(row["csr_id"]);
  order.order_url = text_of(row["order_url"]);
  order.error = text_of(row["error"]);
  order.cancel = row["cancel"].as<bool>();
  order.created_at = wall_time(row["created_at"].as<double>());
  if (!row["ended_at"].is_null()) order.ended_at = wall_time(row["ended_at"].as<double>());
  return order;
}

std::vector<Order> orders_of(const pqxx::result& rows) {
  std::vector<Order> orders;
  for (const auto& row : rows) orders.push_back(order_of(row));
  return orders;
}

void mail(Tx& tx, const Order& order, domain::MailEvent event, std::string_view error = {},
          const std::string& key = {}) {
  mails::Event what;
  what.event = event;
  what.service = order.service;
  what.request_no = order.request_no;
  what.error = error;
  what.key = key;
  mails::emit(tx, what);
}

// Of this order: the error that a mail told of last.
std::optional<std::string> last_mailed_error(Tx& tx, const Order& order) {
  auto rows = tx.raw().exec_params(
      "SELECT m.error FROM mail m JOIN ca_order o ON o.id = $1 WHERE m.service_id = o.service_id"
      " AND m.request_no = o.request_no AND m.created_at >= o.created_at AND m.event = $2 AND m.error IS NOT NULL"
      " ORDER BY m.id DESC LIMIT 1",
      order.id.value(), std::string(to_string(domain::MailEvent::order_progress)));
  if (rows.empty()) return std::nullopt;
  return rows[0][0].as<std::string>();
}

// What an order needs of its service. `csr` is the stored one, if the service orders with that.
struct Orderable {
  domain::Service service;
  CsrId csr;
};

// The newest CSR that the service holds, if it is for the service's name.
CsrId require_stored_csr(Tx& tx, const domain::Service& service) {
  auto newest = csrs::newest(tx, service.id);
  if (!newest)
    throw Failure(Fault::usage, trace_missing,
                  Text{"サービス {} には申請に使う CSR がありません", "the service {} has no stored CSR to order with"},
                  service.name);
  auto name = pki::Csr::from_pem(newest->pem).common_name();
  if (name != service.common_name)
    throw Failure(Fault::usage, trace_missing,
                  Text{"サービス {0} の CSR は {2} ではなく {1} のものです",
                       "the stored CSR of the service {} is for {} and not for {}"},
                  service.name, name, service.common_name);
  return newest->id;
}

// Failure in a person's words: (conflict) if the service is disabled, else (usage).
Orderable require_orderable(Tx& tx, ServiceId id) {
  auto service = services::get(tx, id);
  if (!service.enabled)
    throw Failure(Fault::conflict, Text{"サービス {} は無効です", "the service {} is disabled"}, service.name);
  if (!service.order.ca_account)
    throw Failure(Fault::usage, trace_missing,
                  Text{"サービス {} には認証局アカウントがありません", "the service {} has no CA account"}, service.name);
  if (!service.order.automatic)
    throw Failure(Fault::usage, trace_missing,
                  Text{"サービス {} は自動申請をしない設定です", "the service {} is set to make no orders"}, service.name);
  if (service.order.csr_source == domain::CsrSource::stored) {
    auto csr = require_stored_csr(tx, service);
    return {std::move(service), csr};
  }
  if (!service.key_spec)
    throw Failure(Fault::usage, trace_missing,
                  Text{"サービス {} には公開鍵情報がありません", "the service {} has no key spec"}, service.name);
  return {std::move(service), {}};
}

void require_not_under_way(const std::optional<Order>& live) {
  if (live && live->state != "scheduled")
    throw Failure(Fault::conflict,
                  Text{"サービス {} は申請中です (要求 {:05})",
                       "the service {} has an order under way (request {:05})"},
                  live->service_name, live->request_no);
}

OrderId insert(Tx& tx, const Orderable& what, const char* state, const std::string& at) {
  const auto& service = what.service;
  try {
    return id_of<OrderId>(tx.raw().exec_params1(
        "INSERT INTO ca_order (service_id, ca_account_id, state, scheduled_at, csr_id)"
        " VALUES ($1, $2, $3, coalesce(nullif($4, '')::timestamptz, now()), nullif($5::bigint, 0)) RETURNING id",
        service.id.value(), service.order.ca_account.value(), std::string(state), at, what.csr.value())[0]);
  } catch (const pqxx::unique_violation&) {
    throw Failure(Fault::conflict,
                  Text{"サービス {} は他の利用者が申請したところです",
                       "somebody else has just ordered for the service {}"},
                  service.name);
  }
}

// From scheduled to started. False if somebody else was faster.
bool mark_started(Tx& tx, OrderId id, const Orderable& what) {
  return tx.raw()
             .exec_params(
                 "UPDATE ca_order SET state = 'started', ca_account_id = $2, csr_id = nullif($3::bigint, 0),"
                 " error = NULL WHERE id = $1 AND state = 'scheduled'",
                 id.value(), what.service.order.ca_account.value(), what.csr.value())
             .affected_rows() > 0;
}

// What goes with the row of a started order. One that has its CSR already only passes through csr.make.
Order launch(Tx& tx, OrderId id, bool by_person) {
  auto order = get(tx, id);
  mail(tx, order, domain::MailEvent::order_started);
  domain::NewJob job;
  job.kind = "csr.make";
  job.subject = order.id.value();
  job.service = order.service;
  job.priority = by_person ? domain::Priority::person : domain::Priority::machine;
  job.request_no = order.request_no;
  job.concurrency_key = domain::key_of(order.id);
  by_person ? jobs::enqueue_by_person(tx, job) : jobs::enqueue(tx, job);
  return order;
}

// Stays scheduled, for later.
void postpone(Tx& tx, const Order& order, const Failure& why) {
  traces::Stored trace;
  trace.line = {std::chrono::system_clock::now(),
                trace::Level::warning,
                "orders",
                trace_missing,
                order.request_no,
                {why.what()}};
  trace.service = order.service;
  traces::add(tx, std::span(&trace, 1));
  tx.raw().exec_params("UPDATE ca_order SET scheduled_at = now() + make_interval(hours => $2) WHERE id = $1",
                       order.id.value(), static_cast<int>(due_again.count()));
  bool disabled = why.fault() == Fault::conflict;  // nobody looks after it: no error, and no mail
  if (!disabled) record_error(tx, order.id, why.what());
}

const char* word(End how) {
  switch (how) {
    case End::issued:
      return "issued";
    case End::failed:
      return "failed";
    case End::cancelled:
      return "cancelled";
  }
  return "failed";
}

}  // namespace

Order get(Tx& tx, OrderId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE o.id = $1", id.value());
  require_row(rows, nouns::order, id.value());
  return order_of(rows[0]);
}

std::optional<Order> live_of(Tx& tx, ServiceId service) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE o.service_id = $1 AND o.ended_at IS NULL",
                                   service.value());
  if (rows.empty()) return std::nullopt;
  return order_of(rows[0]);
}

std::vector<Order> list(Tx& tx, const Filter& filter, int rows_max) {
  std::string where = "WHERE true";
  if (filter.service) where += fmt::format(" AND o.service_id = {}", filter.service.value());
  if (!filter.states.empty()) where += " AND o.state" + one_of(tx, filter.states);
  return orders_of(tx.raw().exec_params(std::string(columns) + where + " ORDER BY o.id DESC LIMIT $1", rows_max));
}

Order start_now(Tx& tx, ServiceId id, bool by_person) {
  auto what = require_orderable(tx, id);
  auto live = live_of(tx, id);
  require_not_under_way(live);
  if (!live) return launch(tx, insert(tx, what, "started", ""), by_person);
  if (!mark_started(tx, live->id, what)) require_not_under_way(live_of(tx, id));
  return launch(tx, live->id, by_person);
}

Order schedule(Tx& tx, ServiceId id, WallTime at) {
  auto what = require_orderable(tx, id);
  auto live = live_of(tx, id);
  require_not_under_way(live);
  if (!live) return get(tx, insert(tx, what, "scheduled", timestamp(at)));
  tx.raw().exec_params("UPDATE ca_order SET scheduled_at = $2 WHERE id = $1 AND state = 'scheduled'",
                       live->id.value(), timestamp(at));
  auto changed = get(tx, live->id);
  require_not_under_way(changed);
  return changed;
}

int start_due(Tx& tx, int rows_max) {
  auto rows = tx.raw().exec_params(std::string(columns) +
                                       "WHERE o.state = 'scheduled' AND o.scheduled_at <= now()"
                                       " ORDER BY o.scheduled_at LIMIT $1 FOR UPDATE OF o SKIP LOCKED",
                                   rows_max);
  for (const auto& order : orders_of(rows)) {
    try {
      mark_started(tx, order.id, require_orderable(tx, order.service));
      launch(tx, order.id, false);
    } catch (const Failure& failure) {
      // Only what the rules refuse, and before anything was written.
      if (failure.fault() != Fault::conflict && failure.fault() != Fault::usage) throw;
      postpone(tx, order, failure);
    }
  }
  return static_cast<int>(rows.size());
}

void cancel(Tx& tx, ServiceId service) {
  auto order = live_of(tx, service);
  if (!order)
    throw Failure(Fault::not_found,
                  Text{"取り消せる申請がありません", "the service has no order that could be cancelled"});
  if (order->state != "scheduled") {
    // On the order too: the next job of its line must know, if this one ends in the same moment.
    tx.raw().exec_params("UPDATE ca_order SET cancel = true WHERE id = $1 AND ended_at IS NULL",
                         order->id.value());
    auto jobs = tx.raw().exec_params(
        "SELECT id FROM job WHERE kind IN ('csr.make', 'order.place') AND subject_id = $1",
        order->id.value());
    for (const auto& job : jobs) jobs::cancel(tx, id_of<JobId>(job[0]));
    if (!jobs.empty()) return;
  }
  // Scheduled, or its job is dead: nobody else would end it.
  end(tx, order->id, End::cancelled, "cancelled");
}

void record_csr(Tx& tx, OrderId id, CsrId csr) {
  auto rows = tx.raw().exec_params(
      "UPDATE ca_order SET csr_id = $2 WHERE id = $1 AND csr_id IS NULL AND ended_at IS NULL", id.value(),
      csr.value());
  if (rows.affected_rows() == 0)
    throw Failure(Fault::conflict,
                  Text{"申請 {} には CSR があるか、申請が終わっています",
                       "the order {} has a CSR already or has ended"},
                  id.value());
}

void record_url(Tx& tx, OrderId id, std::string_view order_url) {
  auto order = get(tx, id);
  if (order.live() && order.order_url == order_url) return;
  auto rows = tx.raw().exec_params(
      "UPDATE ca_order SET order_url = $2, state = 'placed', error = NULL"
      " WHERE id = $1 AND order_url IS NULL AND ended_at IS NULL",
      id.value(), std::string(order_url));
  if (rows.affected_rows() == 0)
    throw Failure(Fault::conflict,
                  Text{"申請 {} は受理済みか、終わっています", "the order {} is placed already or has ended"},
                  id.value());
  mail(tx, order, domain::MailEvent::order_progress, {}, fmt::format("order_accepted:{}", id.value()));
}

void forget_url(Tx& tx, OrderId id, std::string_view order_url) {
  tx.raw().exec_params(
      "UPDATE ca_order SET order_url = NULL, state = 'started' WHERE id = $1 AND order_url = $2 AND ended_at "
      "IS NULL",
      id.value(), std::string(order_url));
}

void record_error(Tx& tx, OrderId id, std::string_view error) {
  auto changed = tx.raw().exec_params(
      "UPDATE ca_order SET error = $2 WHERE id = $1 AND ended_at IS NULL AND error IS DISTINCT FROM $2",
      id.value(), words(error));
  if (changed.affected_rows() == 0) return;
  auto order = get(tx, id);
  if (last_mailed_error(tx, order) != words(error)) mail(tx, order, domain::MailEvent::order_progress, error);
}

void forget_error(Tx& tx, OrderId id) {
  tx.raw().exec_params("UPDATE ca_order SET error = NULL WHERE id = $1 AND ended_at IS NULL AND error IS NOT NULL",
                       id.value());
}

End how_given_up(const Order& order, const Failure& why) {
  // The pipeline ends a job that was itself cancelled with this word.
  bool cancelled = order.cancel || std::string_view(why.what()) == "cancelled";
  return cancelled ? End::cancelled : End::failed;
}

bool end(Tx& tx, OrderId id, End how, std::string_view error) {
  auto ended = tx.raw().exec_params(
      "UPDATE ca_order SET state = $2, error = nullif($3, ''), ended_at = now() WHERE id = $1 AND ended_at "
      "IS NULL",
      id.value(), std::string(word(how)), words(error));
  if (ended.affected_rows() == 0) return false;
  if (how == End::issued) mail(tx, get(tx, id), domain::MailEvent::order_succeeded);
  if (how == End::failed) mail(tx, get(tx, id), domain::MailEvent::order_failed, error);
  return true;
}

}  // namespace certfleet::store::orders

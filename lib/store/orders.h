// Orders at a CA: one request for one certificate, from scheduled to issued or ended (manual 8.6.2). A
// service has one live order at most; the database itself sees to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/id.h"
#include "lib/store/transaction.h"

namespace certfleet::store::orders {

struct Order {
  OrderId id;
  ServiceId service;
  CaAccountId ca_account;
  std::string service_name;
  std::string state;  // scheduled, started, placed, issued, failed or cancelled
  int request_no = 0;
  WallTime scheduled_at;
  std::string requested_by;
  CsrId csr;                             // 0 before it is made, and when it has been deleted
  std::optional<std::string> order_url;  // the CA's own reference, known from placed on
  std::optional<std::string> error;      // the last one met
  bool cancel = false;                   // a person asked to cancel it while it was under way
  WallTime created_at;
  std::optional<WallTime> ended_at;

  bool live() const { return !ended_at.has_value(); }
};

Order get(Tx& tx, OrderId id);  // Failure(not_found)
std::optional<Order> live_of(Tx& tx, ServiceId service);

struct Filter {
  ServiceId service;                // 0: of all
  std::vector<std::string> states;  // one of these; empty: any
};
std::vector<Order> list(Tx& tx, const Filter& filter, int rows_max);  // newest first

// Starts an order: the row, its first job (csr.make) and the mail. One that is scheduled is started instead
// of a new one. Failure(conflict) if the service is disabled or has an order under way; (usage, 2111) if it
// has no CA account, is set to make no orders, or lacks the key spec or the stored CSR that it is set to use.
// `by_person`: before the machine's work, and the leading scheduler is told to offer the job.
Order start_now(Tx& tx, ServiceId service, bool by_person);

// Failures as of start_now. One that is scheduled already gets the new time.
Order schedule(Tx& tx, ServiceId service, WallTime at);

// Starts what is due. What can't start stays scheduled and is tried again after an hour, with a trace and, if
// the reason is new and the service is not disabled, a mail (manual 7.2.2, 8.6.2). Returns how many were looked
// at. Any number of schedulers may call it.
int start_due(Tx& tx, int rows_max);

// The service's live order: one that is scheduled ends at once, one that is under way when its worker hears
// of it. Failure(not_found) if there is none.
void cancel(Tx& tx, ServiceId service);

// For the workers ----------------------------------------------------------------------------------------

// Failure(conflict) if the order has a CSR already or has ended.
void record_csr(Tx& tx, OrderId id, CsrId csr);

// The CA has accepted the order: placed and in no error any more, with a mail the first time. Failure(conflict) if
// another reference is recorded or the order has ended; the same one again changes nothing.
void record_url(Tx& tx, OrderId id, std::string_view order_url);

// What the reference names is dead at the CA, and nothing can come of it any more: back to started, so that
// the next attempt places another one. Does nothing if another reference is recorded.
void forget_url(Tx& tx, OrderId id, std::string_view order_url);

// What went wrong, though the order goes on. One that differs from the last that was mailed makes a mail (manual
// 6.7.3).
void record_error(Tx& tx, OrderId id, std::string_view error);
// It goes on without an error: what was recorded before is over.
void forget_error(Tx& tx, OrderId id);

enum class End { issued, failed, cancelled };

// How an order ends whose job ends with this failure: cancelled if a person asked for it.
End how_given_up(const Order& order, const Failure& why);

// Ends the order and emits the mail; a cancelled one makes none. Does nothing and returns false if it has
// ended.
bool end(Tx& tx, OrderId id, End how, std::string_view error = {});

}  // namespace certfleet::store::orders

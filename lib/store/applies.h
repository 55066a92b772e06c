// Applies: installing a certificate on a node, from scheduled to its outcome (manual 9.1.7, 9.1.8).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::applies {

struct Apply {
  ApplyId id;
  NodeId node;
  ServiceId service;
  SiteId site;
  AccessId access;
  CertificateId certificate;  // chosen when it starts; 0 before, and if the certificate has been deleted
  std::string node_name;
  std::string service_name;
  std::string state;  // scheduled, started, applied, rolled_back, failed or cancelled
  std::string step;   // of a started one: workers/apply/steps.h
  int request_no = 0;
  WallTime scheduled_at;
  std::optional<WallTime> changing_since;  // since then its node may be half changed
  std::string requested_by;
  std::optional<std::string> error;
  WallTime created_at;
  std::optional<WallTime> ended_at;

  bool live() const { return !ended_at.has_value(); }
};

Apply get(Tx& tx, ApplyId id);                                  // Failure(not_found)
std::optional<Apply> live_of(Tx& tx, NodeId node);              // the one that is scheduled or under way
std::vector<Apply> of_node(Tx& tx, NodeId node, int rows_max);  // newest first
std::vector<Apply> newest(Tx& tx, int rows_max);

// Starts an apply of the service's current certificate: the row, the node's status, the job and the mail. One
// that is scheduled is started instead of a new one. Failure(conflict, 2611) if the node is disabled;
// (conflict, 1615) if its service is; (conflict, 1830) if nothing is applied to nodes of its kind;
// (conflict, 2404) if the service has no certificate with a key of ours; (conflict) if one is under way.
// `by_person`: the leading scheduler is told to offer the job.
Apply start_now(Tx& tx, NodeId node, bool by_person);

// Failures as of start_now. One that is scheduled already gets the new time.
Apply schedule(Tx& tx, NodeId node, WallTime at);

// Starts what is due; what can't start ends as failed, with a trace and a mail, and that of a disabled node or service
// as cancelled, with a trace only. Returns how many were looked at. Any number of schedulers may call it.
int start_due(Tx& tx, int rows_max);

// One that is scheduled is cancelled at once; one that is under way when its worker hears of it, after
// putting the node right. One whose job is dead ends at once: as failed if its node is half changed, which the next
// apply on the node puts right. Failure(conflict) if it has ended.
void cancel(Tx& tx, ApplyId id);

// The rest is for the apply worker.

// What is to be installed.
struct Material {
  domain::StoredCertificate certificate;
  domain::Sealed key;  // purpose: domain::purpose::key_pair(spki_sha256)
  std::string spki_sha256;
};
// Failure(not_found, 2404) if the certificate or its key is gone.
Material material(Tx& tx, const Apply& apply);

// The step is durable once the transaction is. `error`: why the apply goes back, kept until the end.
// Failure(stale) if the apply has ended.
void record_step(Tx& tx, ApplyId id, std::string_view step, std::string_view error);

enum class End { applied, rolled_back, failed, cancelled };

// Ends the apply, sets the node's status and emits the mail. Does nothing and returns false if it has ended
// already.
bool end(Tx& tx, ApplyId id, End how, std::string_view error);

// What a handshake with a node showed. `state`: match, previous, other or unreachable (then what was seen
// before stays, and the certificate is none). `seen` is the node as it was when it was asked: if it has another
// service or is verified in another way by now, it showed nothing of that, and nothing is written (manual 9.1.4).
void record_served(Tx& tx, const domain::Node& seen, std::string_view serial, std::string_view sha256,
                   std::string_view state);

}  // namespace certfleet::store::applies

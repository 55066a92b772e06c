#include "lib/store/applies.h"

#include "lib/domain/job.h"
#include "lib/store/certificates.h"
#include "lib/store/jobs.h"
#include "lib/store/jobs_by_hand.h"
#include "lib/store/mails.h"
#include "lib/store/nodes.h"
#include "lib/store/rows.h"
#include "lib/store/times.h"
#include "lib/store/traces.h"
#include "lib/store/words.h"

namespace certfleet::store::applies {
namespace {

constexpr int trace_node_disabled = 2611;
constexpr int trace_service_disabled = 1615;

constexpr const char* columns =
    "SELECT a.id, a.node_id, n.service_id, n.site_id, n.access_id, a.certificate_id, n.name AS node_name,"
    " s.name AS service_name, a.state, a.step, a.request_no, extract(epoch FROM a.scheduled_at) AS "
    "scheduled_at, extract(epoch FROM a.changing_since) AS changing_since,"
    " a.requested_by, a.error, extract(epoch FROM a.created_at) AS created_at,"
    " extract(epoch FROM a.ended_at) AS ended_at"
    " FROM apply a JOIN node n ON n.id = a.node_id JOIN service s ON s.id = n.service_id ";

Apply apply_of(const pqxx::row& row) {
  Apply apply;
  apply.id = id_of<ApplyId>(row["id"]);
  apply.node = id_of<NodeId>(row["node_id"]);
  apply.service = id_of<ServiceId>(row["service_id"]);
  apply.site = id_of<SiteId>(row["site_id"]);
  apply.access = id_of<AccessId>(row["access_id"]);
  apply.certificate = id_of<CertificateId>(row["certificate_id"]);
  apply.node_name = row["node_name"].as<std::string>();
  apply.service_name = row["service_name"].as<std::string>();
  apply.state = row["state"].as<std::string>();
  apply.step = row["step"].as<std::string>();
  apply.request_no = row["request_no"].as<int>();
  apply.scheduled_at = wall_time(row["scheduled_at"].as<double>());
  if (!row["changing_since"].is_null()) apply.changing_since = wall_time(row["changing_since"].as<double>());
  apply.requested_by = row["requested_by"].as<std::string>();
  apply.error = text_of(row["error"]);
  apply.created_at = wall_time(row["created_at"].as<double>());
  if (!row["ended_at"].is_null()) apply.ended_at = wall_time(row["ended_at"].as<double>());
  return apply;
}

std::vector<Apply> applies_of(const pqxx::result& rows) {
  std::vector<Apply> applies;
  for (const auto& row : rows) applies.push_back(apply_of(row));
  return applies;
}

// The certificate to be installed: of the service's those whose key is ours, the one that expires last.
// Failure(conflict) if nothing may or can be installed on the node.
CertificateId certificate_for(Tx& tx, NodeId node) {
  auto rows = tx.raw().exec_params(
      "SELECT n.name, n.kind, n.enabled, s.name AS service_name, s.enabled AS service_enabled,"
      " (SELECT c.id FROM certificate c WHERE c.service_id = s.id AND c.key_pair_id IS NOT NULL"
      "  ORDER BY c.not_after DESC, c.id DESC LIMIT 1) AS certificate_id"
      " FROM node n JOIN service s ON s.id = n.service_id WHERE n.id = $1",
      node.value());
  require_row(rows, nouns::node, node.value());
  auto row = rows[0];
  if (!row["enabled"].as<bool>())
    throw Failure(Fault::conflict, trace_node_disabled, Text{"ノード {} は無効です", "the node {} is disabled"},
                  row["name"].c_str());
  if (!row["service_enabled"].as<bool>())
    throw Failure(Fault::conflict, trace_service_disabled, Text{"サービス {} は無効です", "the service {} is disabled"},
                  row["service_name"].c_str());
  domain::require_target(row["kind"].c_str(), row["name"].c_str());
  if (row["certificate_id"].is_null())
    throw Failure(Fault::conflict, 2404,
                  Text{"サービス {} には鍵のある証明書がありません",
                       "the service {} has no certificate with a key of ours"},
                  row["service_name"].c_str());
  return id_of<CertificateId>(row["certificate_id"]);
}

void set_status(Tx& tx, NodeId node, const char* status) {
  tx.raw().exec_params("UPDATE node SET apply_status = $2 WHERE id = $1", node.value(), std::string(status));
}

// Inserts or moves the node's live apply. Failure(conflict) if one is under way.
ApplyId put(Tx& tx, NodeId node, CertificateId certificate, const char* state, const std::string& at) {
  auto rows = tx.raw().exec_params(
      "INSERT INTO apply (node_id, certificate_id, state, scheduled_at)"
      " VALUES ($1, nullif($2::bigint, 0), $3, coalesce(nullif($4, '')::timestamptz, now()))"
      " ON CONFLICT (node_id) WHERE ended_at IS NULL DO UPDATE"
      " SET certificate_id = EXCLUDED.certificate_id, state = EXCLUDED.state, scheduled_at = "
      "EXCLUDED.scheduled_at"
      " WHERE apply.state = 'scheduled' RETURNING id",
      node.value(), certificate.value(), std::string(state), at);
  if (rows.empty())
    throw Failure(Fault::conflict,
                  Text{"このノードは適用中です", "an apply is already under way on this node"});
  set_status(tx, node, state);
  return id_of<ApplyId>(rows[0]["id"]);
}

domain::NewJob job_of(const Apply& apply, bool by_person) {
  domain::NewJob job;
  job.kind = "apply.run";
  job.subject = apply.id.value();
  job.service = apply.service;
  job.node = apply.node;
  job.site = apply.site;
  job.priority = by_person ? domain::Priority::person : domain::Priority::machine;
  job.request_no = apply.request_no;
  job.concurrency_key = domain::key_of(apply.access);
  return job;
}

void mail(Tx& tx, const Apply& apply, domain::MailEvent event, std::string_view error = {}) {
  mails::Event what;
  what.event = event;
  what.service = apply.service;
  what.node = apply.node;
  what.request_no = apply.request_no;
  what.error = error;
  mails::emit(tx, what);
}

// What goes with the row of a started apply.
void launch(Tx& tx, const Apply& apply, bool by_person) {
  mail(tx, apply, domain::MailEvent::apply_started);
  auto job = job_of(apply, by_person);
  by_person ? jobs::enqueue_by_person(tx, job) : jobs::enqueue(tx, job);
}

// What the node's status is when an apply ends without an outcome: the last outcome there was.
void restore_status(Tx& tx, NodeId node) {
  tx.raw().exec_params(
      "UPDATE node SET apply_status = coalesce((SELECT state FROM apply WHERE node_id = $1 AND"
      " state IN ('applied', 'rolled_back', 'failed') ORDER BY id DESC LIMIT 1), 'none') WHERE id = $1",
      node.value());
}

const char* word(End how) {
  switch (how) {
    case End::applied:
      return "applied";
    case End::rolled_back:
      return "rolled_back";
    case End::failed:
      return "failed";
    case End::cancelled:
      return "cancelled";
  }
  return "failed";
}

// Nobody looks after what is disabled (7.2.2, 9.1.3): its apply ends without a mail, and the node stays as it was.
void refuse(Tx& tx, const Apply& apply, const Failure& why) {
  bool disabled = why.trace_id() == trace_node_disabled || why.trace_id() == trace_service_disabled;
  traces::Stored trace;
  trace.line = {std::chrono::system_clock::now(), trace::Level::warning, "apply",
                why.trace_id().value_or(1802),    apply.request_no,      {apply.node_name}};
  trace.service = apply.service;
  trace.node = apply.node;
  traces::add(tx, std::span(&trace, 1));
  end(tx, apply.id, disabled ? End::cancelled : End::failed, why.what());
}

}  // namespace

Apply get(Tx& tx, ApplyId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE a.id = $1", id.value());
  require_row(rows, nouns::apply, id.value());
  return apply_of(rows[0]);
}

std::optional<Apply> live_of(Tx& tx, NodeId node) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE a.node_id = $1 AND a.ended_at IS NULL",
                                   node.value());
  if (rows.empty()) return std::nullopt;
  return apply_of(rows[0]);
}

std::vector<Apply> of_node(Tx& tx, NodeId node, int rows_max) {
  return applies_of(tx.raw().exec_params(
      std::string(columns) + "WHERE a.node_id = $1 ORDER BY a.id DESC LIMIT $2", node.value(), rows_max));
}

std::vector<Apply> newest(Tx& tx, int rows_max) {
  return applies_of(tx.raw().exec_params(std::string(columns) + "ORDER BY a.id DESC LIMIT $1", rows_max));
}

Apply start_now(Tx& tx, NodeId node, bool by_person) {
  auto certificate = certificate_for(tx, node);
  auto apply = get(tx, put(tx, node, certificate, "started", ""));
  launch(tx, apply, by_person);
  return apply;
}

Apply schedule(Tx& tx, NodeId node, WallTime at) {
  certificate_for(tx, node);
  return get(tx, put(tx, node, CertificateId(), "scheduled", timestamp(at)));
}

int start_due(Tx& tx, int rows_max) {
  auto rows = tx.raw().exec_params(std::string(columns) +
                                       "WHERE a.state = 'scheduled' AND a.scheduled_at <= now()"
                                       " ORDER BY a.scheduled_at LIMIT $1 FOR UPDATE OF a SKIP LOCKED",
                                   rows_max);
  for (const auto& apply : applies_of(rows)) {
    try {
      auto certificate = certificate_for(tx, apply.node);
      tx.raw().exec_params("UPDATE apply SET state = 'started', certificate_id = $2 WHERE id = $1",
                           apply.id.value(), certificate.value());
      set_status(tx, apply.node, "started");
      launch(tx, apply, false);
    } catch (const Failure& failure) {
      // What the rules refuse; a failure of the database ends the whole transaction.
      if (failure.fault() != Fault::conflict || !failure.trace_id()) throw;
      refuse(tx, apply, failure);
    }
  }
  return static_cast<int>(rows.size());
}

void cancel(Tx& tx, ApplyId id) {
  auto apply = get(tx, id);
  if (!apply.live())
    throw Failure(Fault::conflict, Text{"適用 {} は終わっています ({})", "the apply {} has ended as {}"},
                  id.value(), apply.state);
  if (apply.state == "started") {
    auto jobs = tx.raw().exec_params("SELECT id FROM job WHERE kind = 'apply.run' AND subject_id = $1", id.value());
    for (const auto& job : jobs) jobs::cancel(tx, id_of<JobId>(job[0]));
    if (!jobs.empty()) return;
  }
  // Scheduled, or its job is dead: nobody else would end it. A node in the middle of its change stays so until the
  // next apply: that must be seen.
  bool changed = apply.step == "changing" || apply.step == "restoring";
  changed ? end(tx, id, End::failed, "cancelled; its job died in the middle of the change")
          : end(tx, id, End::cancelled, "cancelled");
}

Material material(Tx& tx, const Apply& apply) {
  auto rows = tx.raw().exec_params(
      "SELECT k.key_sealed, k.spki_sha256 FROM certificate c JOIN key_pair k ON k.id = c.key_pair_id WHERE "
      "c.id = $1",
      apply.certificate.value());
  if (rows.empty())
    throw Failure(Fault::not_found, 2404,
                  Text{"ノード {} に適用する証明書がなくなりました",
                       "the certificate to be applied to node {} is gone"},
                  apply.node_name);
  return {certificates::get(tx, apply.certificate), bytes_of(rows[0]["key_sealed"]).value(),
          rows[0]["spki_sha256"].as<std::string>()};
}

void record_step(Tx& tx, ApplyId id, std::string_view step, std::string_view error) {
  auto rows = tx.raw().exec_params(
      "UPDATE apply SET step = $2, error = coalesce(nullif($3, ''), error),"
      " changing_since = CASE WHEN $2 IN ('changing', 'restoring') THEN coalesce(changing_since, now()) END"
      " WHERE id = $1 AND ended_at IS NULL",
      id.value(), std::string(step), words(error));
  if (rows.affected_rows() == 0)
    throw Failure(Fault::stale, fmt::format("the apply {} has ended", id.value()));
}

bool end(Tx& tx, ApplyId id, End how, std::string_view error) {
  auto rows = tx.raw().exec_params(
      "UPDATE apply SET state = $2, error = nullif($3, ''), ended_at = now() WHERE id = $1 AND ended_at IS "
      "NULL",
      id.value(), std::string(word(how)), words(error));
  if (rows.affected_rows() == 0) return false;
  auto apply = get(tx, id);
  if (how == End::cancelled) {
    restore_status(tx, apply.node);
    return true;
  }
  set_status(tx, apply.node, word(how));
  mail(tx, apply, how == End::applied ? domain::MailEvent::apply_succeeded : domain::MailEvent::apply_failed,
       error);
  return true;
}

void record_served(Tx& tx, const domain::Node& seen, std::string_view serial, std::string_view sha256,
                   std::string_view state) {
  const auto& way = seen.verify;
  tx.raw().exec_params(
      "UPDATE node SET served_serial = coalesce(nullif($2, ''), served_serial),"
      " served_sha256 = coalesce(nullif($3, ''), served_sha256), served_state = $4, served_at = now()"
      " WHERE id = $1 AND service_id = $5 AND (verify_mode, verify_host, verify_port) = ($6, $7, $8::integer)"
      " AND verify_name IS NOT DISTINCT FROM $9",
      seen.id.value(), std::string(serial), std::string(sha256), std::string(state), seen.service.value(),
      std::string(to_string(way.mode)), way.host, way.port, or_null(way.name));
}

}  // namespace certfleet::store::applies

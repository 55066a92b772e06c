#include "lib/store/sealing_keys.h"

#include <algorithm>

#include "lib/pki/sealed_box.h"
#include "lib/store/arrays.h"
#include "lib/store/jobs.h"
#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::sealing_keys {
namespace {

std::optional<WallTime> time_or_none(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return wall_time(field.as<double>());
}

SealingKey key_of(const pqxx::row& row) {
  return {row["id"].as<std::string>(), bytes_of(row["public_key"]).value_or(""), row["active"].as<bool>()};
}

}  // namespace

SealingKey active(Tx& tx) {
  auto rows = tx.raw().exec("SELECT id, public_key, active FROM sealing_key WHERE active");
  if (rows.empty()) throw Failure(Fault::not_found,
                  Text{"封印鍵がありません。certfleet init を実行してください", "there is no sealing key: run certfleet init"});
  return key_of(rows[0]);
}

std::vector<SealingKey> list(Tx& tx) {
  std::vector<SealingKey> keys;
  for (const auto& row :
       tx.raw().exec("SELECT id, public_key, active FROM sealing_key ORDER BY created_at DESC, id"))
    keys.push_back(key_of(row));
  return keys;
}

void add(Tx& tx, const SealingKey& key) {
  tx.raw().exec("UPDATE sealing_key SET active = false WHERE active");
  auto public_key = bytea_text(key.public_key);
  naming(nouns::sealing_key, key.id, [&] {
    tx.raw().exec_params("INSERT INTO sealing_key (id, public_key) VALUES ($1, $2::bytea)", key.id,
                         or_null(public_key));
  });
}

std::vector<std::string> in_use(Tx& tx) {
  std::vector<std::string> ids;
  for (const auto& row : tx.raw().exec(
           "SELECT id FROM sealing_key WHERE activated_at IS NOT NULL AND retired_at IS NULL ORDER BY active DESC, id"))
    ids.push_back(row[0].as<std::string>());
  return ids;
}

std::string_view to_string(State state) {
  switch (state) {
    case State::offered: return "offered";
    case State::active: return "active";
    case State::old: return "old";
    case State::retired: return "retired";
  }
  return "unknown";
}

std::vector<KeyRow> rows(Tx& tx) {
  std::vector<KeyRow> rows;
  for (const auto& row : tx.raw().exec(
           "SELECT id, active, extract(epoch FROM created_at) AS created_at,"
           " extract(epoch FROM activated_at) AS activated_at, extract(epoch FROM retired_at) AS retired_at"
           " FROM sealing_key ORDER BY created_at DESC, id")) {
    KeyRow key{row["id"].as<std::string>(), State::old, wall_time(row["created_at"].as<double>()),
               time_or_none(row["activated_at"]), time_or_none(row["retired_at"])};
    if (key.retired_at)
      key.state = State::retired;
    else if (row["active"].as<bool>())
      key.state = State::active;
    else if (!key.activated_at)
      key.state = State::offered;
    rows.push_back(std::move(key));
  }
  return rows;
}

bool Holder::holds(std::string_view id) const { return std::find(keys.begin(), keys.end(), id) != keys.end(); }

std::vector<Holder> holders(Tx& tx) {
  std::vector<Holder> holders;
  for (const auto& row : tx.raw().exec(
           "SELECT queue, host, pid, sealing_keys FROM session WHERE expires_at > clock_timestamp()"
           " AND sealing_keys <> '{}' ORDER BY host, queue, pid"))
    holders.push_back({row["queue"].as<std::string>(), row["host"].as<std::string>(), row["pid"].as<int>(),
                       array_items(row["sealing_keys"].c_str())});
  return holders;
}

std::vector<Boxes> boxes(Tx& tx) {
  std::vector<Boxes> all;
  for (const auto& row : tx.raw().exec(
           "SELECT table_name || '.' || regexp_replace(column_name, '_sealed$', '') AS field, key_id, boxes"
           " FROM sealed_boxes() ORDER BY 1, 2"))
    all.push_back({row["field"].as<std::string>(), row["key_id"].as<std::string>(""),
                   row["boxes"].as<std::int64_t>()});
  return all;
}

// The rules are the database's (sql/functions/sealing.sql), which keeps them whoever asks and whatever happens at the
// same time. What they refuse is said here first, in the person's language.

void offer(Tx& tx, std::string_view public_key) {
  auto key = pki::SealingPublicKey::from_bytes(public_key);
  for (const auto& row : rows(tx))
    if (row.state == State::offered && row.id != key.id)
      throw Failure(Fault::conflict,
                    Text{"封印鍵 {} が配布中です。先に使用開始か廃止をしてください",
                         "sealing key {} is offered already: activate or retire it first"},
                    row.id);
  auto bytes = bytea_text(key.bytes);
  tx.raw().exec_params("SELECT offer_sealing_key($1::bytea)", or_null(bytes));
}

void activate(Tx& tx, const std::string& id) {
  auto all = rows(tx);
  if (std::none_of(all.begin(), all.end(), [&](const auto& row) { return row.id == id && !row.retired_at; }))
    throw Failure(Fault::conflict, Text{"使用を開始できる封印鍵 {} はありません", "there is no sealing key {} to activate"},
                  id);
  bool held = false;
  for (const auto& each : holders(tx)) {
    held = held || each.holds(id);
    if (!each.holds(id))
      throw Failure(Fault::conflict, Text{"封印鍵 {} はまだ {} にありません", "sealing key {} is not yet on {}"}, id,
                    each.host);
  }
  if (!held)
    throw Failure(Fault::conflict,
                  Text{"封印鍵 {} を保持する稼働中のワーカーがありません", "no running worker holds sealing key {}"}, id);
  tx.raw().exec_params("SELECT activate_sealing_key($1)", id);
  start_reseal(tx);
}

void start_reseal(Tx& tx) {
  for (std::string_view kind : {"apply.reseal", "order.reseal", "mail.reseal"}) {
    domain::NewJob job;
    job.kind = kind;
    job.priority = domain::Priority::bulk;
    job.dedupe_key = kind;
    jobs::enqueue_by_person(tx, job);
  }
}

void retire(Tx& tx, const std::string& id) {
  auto all = rows(tx);
  auto row = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.id == id; });
  if (row == all.end())
    throw Failure(Fault::not_found, Text{"封印鍵 {} はありません", "there is no sealing key {}"}, id);
  if (row->state == State::active)
    throw Failure(Fault::conflict, Text{"封印鍵 {} は使用中です", "sealing key {} is the active one"}, id);
  std::int64_t left = 0;
  for (const auto& each : boxes(tx))
    if (each.key == id) left += each.number;
  if (left > 0)
    throw Failure(Fault::conflict,
                  Text{"{} 件の秘密情報がまだ封印鍵 {} で封じられています (certfleet sealing-key status)",
                       "{} secrets are still sealed to key {} (certfleet sealing-key status)"},
                  left, id);
  tx.raw().exec_params("SELECT retire_sealing_key($1)", id);
}

}  // namespace certfleet::store::sealing_keys

#include "lib/store/daemons.h"

#include <fmt/format.h>
#include <unistd.h>

#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/store/times.h"

namespace certfleet::store::daemons {
namespace {

constexpr std::chrono::seconds beat{5};  // two may be lost

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

Presence::Presence(Info info, const Clock& clock)
    : info_(std::move(info)), clock_(clock), host_(host_name()), started_at_(clock.wall()) {}

void Presence::show(Database& database, bool leads) {
  auto now = clock_.now();
  if (shown_ && now - *shown_ < beat && leads == leads_) return;
  shown_ = now;
  leads_ = leads;
  try {
    database.write([&](Tx& tx) { write(tx, leads); });
    hidden_ = false;
  } catch (const Failure& failure) {
    if (!hidden_) log::warn("the sign of life can't be written: {}", failure.what());
    hidden_ = true;
  }
}

void Presence::write(Tx& tx, bool leads) {
  auto renewed = tx.raw().exec_params(
      "UPDATE daemon SET leads = $2, seen_at = now(), expires_at = now() + make_interval(secs => $3) WHERE id = $1",
      id_, leads, life.count());
  if (renewed.affected_rows() > 0) return;
  // Who listened there before is gone.
  tx.raw().exec_params("DELETE FROM daemon WHERE expires_at < now() OR program = $1 AND host = $2 AND endpoint = $3",
                  info_.program, host_, info_.endpoint ? info_.endpoint->c_str() : nullptr);
  id_ = tx.raw().exec_params1(
               "INSERT INTO daemon (program, host, pid, endpoint, leads, started_at, expires_at)"
               " VALUES ($1, $2, $3, $4, $5, $6::timestamptz, now() + make_interval(secs => $7)) RETURNING id",
               info_.program, host_, ::getpid(), info_.endpoint ? info_.endpoint->c_str() : nullptr, leads,
               timestamp(started_at_), life.count())[0]
            .as<std::int64_t>();
}

void Presence::leave(Database& database) noexcept {
  if (id_ == 0) return;
  try {
    database.write([&](Tx& tx) { tx.raw().exec_params("DELETE FROM daemon WHERE id = $1", id_); });
  } catch (const std::exception& failure) {
    log::warn("the sign of life stays until it lapses: {}", failure.what());
  }
}

std::vector<Row> living(Tx& tx) {
  std::vector<Row> rows;
  for (const auto& row : tx.raw().exec(
           "SELECT program, host, pid, endpoint, leads, extract(epoch FROM started_at) AS started_at,"
           " extract(epoch FROM seen_at) AS seen_at FROM daemon WHERE expires_at > now()"
           " ORDER BY program DESC, host, pid"))
    rows.push_back({row["program"].as<std::string>(), row["host"].as<std::string>(), row["pid"].as<int>(),
                    row["endpoint"].as<std::string>(""), row["leads"].as<bool>(),
                    wall_time(row["started_at"].as<double>()), wall_time(row["seen_at"].as<double>())});
  return rows;
}

}  // namespace certfleet::store::daemons

#include "lib/store/notifications.h"

#include "lib/store/rows.h"

namespace certfleet::store::notifications {
namespace {

using domain::NotificationTable;

// The boxes, in the order of the columns and parameters.
constexpr std::array boxes = {
    std::pair{"expiry_90", &NotificationTable::expiry_90},
    std::pair{"expiry_60", &NotificationTable::expiry_60},
    std::pair{"expiry_30", &NotificationTable::expiry_30},
    std::pair{"expiry_15", &NotificationTable::expiry_15},
    std::pair{"expired", &NotificationTable::expired},
    std::pair{"order_started", &NotificationTable::order_started},
    std::pair{"order_progress", &NotificationTable::order_progress},
    std::pair{"order_ended", &NotificationTable::order_ended},
    std::pair{"apply_started", &NotificationTable::apply_started},
    std::pair{"apply_ended", &NotificationTable::apply_ended},
};

constexpr const char* columns =
    "SELECT n.id, n.name, n.title, n.body, n.expiry_90, n.expiry_60, n.expiry_30, n.expiry_15, n.expired,"
    " n.order_started, n.order_progress, n.order_ended, n.apply_started, n.apply_ended, n.order_interval_min"
    " FROM notification_table n ";

NotificationTable table_of(Tx& tx, const pqxx::row& row) {
  NotificationTable table;
  table.id = id_of<NotificationId>(row["id"]);
  table.name = row["name"].as<std::string>();
  table.title = row["title"].as<std::string>();
  table.body = row["body"].as<std::string>();
  for (auto [name, box] : boxes) table.*box = row[name].as<bool>();
  table.order_interval_min = int_of(row["order_interval_min"]);
  for (const auto& recipient : tx.raw().exec_params("SELECT field, address FROM notification_recipient WHERE "
                                                    "notification_id = $1 ORDER BY field, position",
                                                    table.id.value()))
    (std::string_view(recipient["field"].c_str()) == "to" ? table.to : table.cc)
        .push_back(recipient["address"].as<std::string>());
  return table;
}

std::optional<NotificationTable> first_of(Tx& tx, const pqxx::result& rows) {
  if (rows.empty()) return std::nullopt;
  return table_of(tx, rows[0]);
}

void write_recipients(Tx& tx, NotificationId id, const NotificationTable& table) {
  tx.raw().exec_params("DELETE FROM notification_recipient WHERE notification_id = $1", id.value());
  for (const auto* field : {"to", "cc"}) {
    int position = 0;
    for (const auto& address : field == std::string_view("to") ? table.to : table.cc)
      tx.raw().exec_params(
          "INSERT INTO notification_recipient (notification_id, field, position, address) VALUES ($1, $2, "
          "$3, $4)",
          id.value(), field, ++position, address);
  }
}

// Runs `sql` with the boxes as $5 to $14, the interval as $15; $1 is the id (0 for a new table).
pqxx::result run(Tx& tx, const char* sql, const NotificationTable& t) {
  auto interval = number_text(t.order_interval_min);
  return tx.raw().exec_params(sql, t.id.value(), t.name, t.title, t.body, t.expiry_90, t.expiry_60,
                              t.expiry_30, t.expiry_15, t.expired, t.order_started, t.order_progress,
                              t.order_ended, t.apply_started, t.apply_ended, or_null(interval));
}

}  // namespace

NotificationTable get(Tx& tx, NotificationId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE n.id = $1", id.value());
  require_row(rows, nouns::notification, id.value());
  return table_of(tx, rows[0]);
}

std::optional<NotificationTable> find(Tx& tx, std::string_view name) {
  return first_of(tx, tx.raw().exec_params(std::string(columns) + "WHERE n.name = $1", std::string(name)));
}

std::vector<NotificationTable> list(Tx& tx) {
  std::vector<NotificationTable> tables;
  for (const auto& row : tx.raw().exec(std::string(columns) + "ORDER BY n.name"))
    tables.push_back(table_of(tx, row));
  return tables;
}

std::optional<NotificationTable> of_service(Tx& tx, ServiceId service) {
  return first_of(
      tx, tx.raw().exec_params(std::string(columns) + "JOIN user_group g ON g.notification_id = n.id"
                                                      " JOIN service s ON s.group_id = g.id WHERE s.id = $1",
                               service.value()));
}

NotificationId add(Tx& tx, const NotificationTable& table) {
  auto id = naming(nouns::notification, table.name, [&] {
    // $1 only keeps the numbers of both statements the same: the id is made by the database.
    auto rows =
        run(tx,
            "INSERT INTO notification_table (name, title, body, expiry_90, expiry_60, expiry_30, expiry_15,"
            " expired, order_started, order_progress, order_ended, apply_started, apply_ended,"
            " order_interval_min)"
            " VALUES ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::integer) RETURNING id, $1::bigint",
            table);
    return id_of<NotificationId>(rows[0][0]);
  });
  write_recipients(tx, id, table);
  return id;
}

void update(Tx& tx, const NotificationTable& table) {
  naming(nouns::notification, table.name, [&] {
    require_row(
        run(tx,
            "UPDATE notification_table SET name = $2, title = $3, body = $4, expiry_90 = $5, expiry_60 = $6,"
            " expiry_30 = $7, expiry_15 = $8, expired = $9, order_started = $10, order_progress = $11,"
            " order_ended = $12, apply_started = $13, apply_ended = $14, order_interval_min = $15::integer"
            " WHERE id = $1",
            table),
        nouns::notification, table.id.value());
  });
  write_recipients(tx, table.id, table);
}

void remove(Tx& tx, NotificationId id) {
  require_row(tx.raw().exec_params("DELETE FROM notification_table WHERE id = $1", id.value()),
              nouns::notification, id.value());
}

}  // namespace certfleet::store::notifications

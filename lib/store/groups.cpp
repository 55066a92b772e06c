#include "lib/store/groups.h"

#include "lib/store/rows.h"

namespace certfleet::store::groups {
namespace {

domain::Group group_of(const pqxx::row& row) {
  return {id_of<GroupId>(row["id"]), row["name"].as<std::string>(),
          id_of<NotificationId>(row["notification_id"])};
}

}  // namespace

domain::Group get(Tx& tx, GroupId id) {
  auto rows =
      tx.raw().exec_params("SELECT id, name, notification_id FROM user_group WHERE id = $1", id.value());
  require_row(rows, nouns::group, id.value());
  return group_of(rows[0]);
}

std::optional<domain::Group> find(Tx& tx, std::string_view name) {
  auto rows = tx.raw().exec_params("SELECT id, name, notification_id FROM user_group WHERE name = $1",
                                   std::string(name));
  if (rows.empty()) return std::nullopt;
  return group_of(rows[0]);
}

std::vector<domain::Group> list(Tx& tx) {
  std::vector<domain::Group> groups;
  for (const auto& row : tx.raw().exec("SELECT id, name, notification_id FROM user_group ORDER BY name"))
    groups.push_back(group_of(row));
  return groups;
}

GroupId add(Tx& tx, const domain::Group& group) {
  return naming(nouns::group, group.name, [&] {
    return id_of<GroupId>(tx.raw().exec_params1(
        "INSERT INTO user_group (name, notification_id) VALUES ($1, nullif($2::bigint, 0)) RETURNING id",
        group.name, group.notification.value())[0]);
  });
}

void update(Tx& tx, const domain::Group& group) {
  naming(nouns::group, group.name, [&] {
    require_row(tx.raw().exec_params(
                    "UPDATE user_group SET name = $2, notification_id = nullif($3::bigint, 0) WHERE id = $1",
                    group.id.value(), group.name, group.notification.value()), nouns::group, group.id.value());
  });
}

void remove(Tx& tx, GroupId id) {
  auto group = get(tx, id);
  naming(nouns::group, group.name,
         [&] { tx.raw().exec_params("DELETE FROM user_group WHERE id = $1", id.value()); });
}

void add_member(Tx& tx, GroupId group, UserId user) {
  tx.raw().exec_params("INSERT INTO group_member (group_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                       group.value(), user.value());
}

void remove_member(Tx& tx, GroupId group, UserId user) {
  tx.raw().exec_params("DELETE FROM group_member WHERE group_id = $1 AND user_id = $2", group.value(),
                       user.value());
}

std::vector<domain::User> members(Tx& tx, GroupId group) {
  std::vector<domain::User> users;
  for (const auto& row : tx.raw().exec_params(
           "SELECT u.id, u.name, u.role, u.contact, u.password_set_at IS NOT NULL AS password_set"
           " FROM app_user u JOIN group_member m ON m.user_id = u.id WHERE m.group_id = $1 ORDER BY u.name",
           group.value()))
    users.push_back({id_of<UserId>(row["id"]), row["name"].as<std::string>(), row["role"].as<std::string>(),
                     row["contact"].as<std::string>(), row["password_set"].as<bool>(), std::nullopt});
  return users;
}

}  // namespace certfleet::store::groups

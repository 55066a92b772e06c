#include "lib/store/nodes.h"

#include <array>

#include "lib/store/many_rows.h"
#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::nodes {
namespace {

constexpr const char* configured =
    "service_id, site_id, access_id, name, kind, enabled, verify_mode, verify_host, verify_port, verify_name,"
    " cert_file, key_file, chain_file, work_dir, control, ssl_profile, import_name, partition, iis_site, iis_binding,"
    " windows_version, windows_key";
const std::string columns = fmt::format("SELECT id, {} FROM node ", configured);

// The fields that the kind has; those of the others stay as they are made.
void take_kind(domain::Node& node, const pqxx::row& row) {
  auto text = [&](const char* column) { return row[column].as<std::string>(); };
  if (node.kind == domain::node_kind::apache)
    node.apache = {text("cert_file"), text("key_file"), text_of(row["chain_file"]), text("work_dir"),
                   text("control")};
  if (node.kind == domain::node_kind::bigip)
    node.bigip = {text("ssl_profile"), text("import_name"), text("partition")};
  if (node.kind == domain::node_kind::iis)
    node.iis = {text("iis_site"), text("iis_binding"), text("windows_version"),
                row["windows_key"].as<bool>()};
}

domain::Node node_of(const pqxx::row& row) {
  domain::Node node;
  node.id = id_of<NodeId>(row["id"]);
  node.service = id_of<ServiceId>(row["service_id"]);
  node.site = id_of<SiteId>(row["site_id"]);
  node.access = id_of<AccessId>(row["access_id"]);
  node.name = row["name"].as<std::string>();
  node.kind = row["kind"].as<std::string>();
  node.enabled = row["enabled"].as<bool>();
  auto mode = domain::verify_mode_from(row["verify_mode"].c_str());
  CERTFLEET_INVARIANT(mode.has_value(), row["verify_mode"].c_str());
  node.verify.mode = *mode;
  node.verify.host = row["verify_host"].as<std::string>("");
  node.verify.port = row["verify_port"].as<int>(443);
  node.verify.name = text_of(row["verify_name"]);
  take_kind(node, row);
  return node;
}

std::vector<domain::Node> nodes_of(const pqxx::result& rows) {
  std::vector<domain::Node> nodes;
  for (const auto& row : rows) nodes.push_back(node_of(row));
  return nodes;
}

// The id (0: new) and what is `configured`, as texts; none is NULL.
std::array<std::optional<std::string>, 23> fields_of(const domain::Node& node) {
  bool verified = node.verify.mode != domain::VerifyMode::none;
  auto only = [&](std::string_view kind, const std::optional<std::string>& text) {
    return node.kind == kind ? text : std::nullopt;
  };
  using namespace domain::node_kind;
  const auto& files = node.apache;
  return {std::to_string(node.id.value()),
          std::to_string(node.service.value()),
          std::to_string(node.site.value()),
          std::to_string(node.access.value()),
          node.name,
          node.kind,
          std::string(flag(node.enabled)),
          std::string(to_string(node.verify.mode)),
          verified ? std::optional(node.verify.host) : std::nullopt,
          verified ? std::optional(std::to_string(node.verify.port)) : std::nullopt,
          node.verify.name,
          only(apache, files.cert_file),
          only(apache, files.key_file),
          only(apache, files.chain_file),
          only(apache, files.work_dir),
          only(apache, files.control),
          only(bigip, node.bigip.profile),
          only(bigip, node.bigip.import_name),
          only(bigip, node.bigip.partition),
          only(iis, node.iis.site),
          only(iis, node.iis.binding),
          only(iis, node.iis.windows_version),
          std::string(flag(node.kind == iis && node.iis.windows_key))};
}

// Runs `sql` with the rows of `nodes`: {0} stands for what is `configured`, {1} for a table t of them.
pqxx::result run(Tx& tx, std::string_view sql, std::span<const domain::Node> nodes) {
  return run_with_rows(tx, sql, nodes, fields_of, configured,
                       "unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],"
                       " $7::boolean[], $8::text[], $9::text[], $10::integer[], $11::text[], $12::text[], $13::text[],"
                       " $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[],"
                       " $21::text[], $22::text[], $23::boolean[]) AS t (id, {0})");
}

// The database keeps a key that lives on Windows alone in its service (sql/functions/inventory_rules.sql).
template <class F>
auto keeping_windows_key_alone(const domain::Node& node, F&& body) {
  try {
    return naming(nouns::node, node.name, body);
  } catch (const pqxx::sql_error& error) {
    std::string_view text = error.what();
    if (text.find("key was made on Windows") == std::string_view::npos) throw;
    constexpr std::string_view before = "and it has ";
    auto at = text.find(before) + before.size();
    auto other = text.substr(at, text.find(" already", at) - at);
    throw Failure(Fault::conflict,
                  Text{"ノード {}: Windows にある鍵を使うサービスのノードは 1 つだけです ({} があります)",
                       "node {}: a service whose key was made on Windows has one node, and it has {} already"},
                  node.name, other);
  }
}

}  // namespace

domain::Node get(Tx& tx, NodeId id) {
  auto rows = tx.raw().exec_params(columns + "WHERE id = $1", id.value());
  require_row(rows, nouns::node, id.value());
  return node_of(rows[0]);
}

std::optional<domain::Node> find(Tx& tx, std::string_view name) {
  auto rows = tx.raw().exec_params(columns + "WHERE name = $1", std::string(name));
  if (rows.empty()) return std::nullopt;
  return node_of(rows[0]);
}

std::vector<domain::Node> list(Tx& tx) {
  return nodes_of(tx.raw().exec(columns + "ORDER BY name"));
}

std::vector<domain::Node> get_all(Tx& tx, const std::vector<std::int64_t>& ids) {
  return nodes_of(tx.raw().exec_params(columns + "WHERE id = ANY ($1::bigint[])", array_literal(ids)));
}

std::vector<domain::Node> of_service(Tx& tx, ServiceId service) {
  return nodes_of(
      tx.raw().exec_params(columns + "WHERE service_id = $1 ORDER BY name", service.value()));
}

NodeId add(Tx& tx, const domain::Node& node) {
  return keeping_windows_key_alone(node, [&] { return add_all(tx, {&node, 1}).front(); });
}

std::vector<NodeId> add_all(Tx& tx, std::span<const domain::Node> nodes) {
  return in_order_of<NodeId>(run(tx, "INSERT INTO node ({0}) SELECT {0} FROM {1} RETURNING name, id", nodes), nodes);
}

void update(Tx& tx, const domain::Node& node) {
  keeping_windows_key_alone(node, [&] { update_all(tx, {&node, 1}); });
}

void update_all(Tx& tx, std::span<const domain::Node> nodes) {
  auto changed = run(
      tx, "UPDATE node n SET ({0}) = (SELECT {0} FROM (SELECT t.*) AS wanted) FROM {1} WHERE n.id = t.id", nodes);
  if (changed.affected_rows() != nodes.size()) no_row(nouns::node, nodes.front().id.value());
}

void remove(Tx& tx, NodeId id) {
  require_row(tx.raw().exec_params("DELETE FROM node WHERE id = $1", id.value()), nouns::node, id.value());
}

Seen seen(Tx& tx, NodeId id) {
  auto rows = tx.raw().exec_params(
      "SELECT apply_status, served_serial, served_sha256, served_state,"
      " extract(epoch FROM served_at) AS served_at FROM node WHERE id = $1",
      id.value());
  require_row(rows, nouns::node, id.value());
  auto row = rows[0];
  Seen seen{row["apply_status"].as<std::string>(), text_of(row["served_serial"]),
            text_of(row["served_sha256"]), text_of(row["served_state"]), std::nullopt};
  if (!row["served_at"].is_null()) seen.served_at = wall_time(row["served_at"].as<double>());
  return seen;
}

}  // namespace certfleet::store::nodes

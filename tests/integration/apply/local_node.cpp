#include "tests/integration/apply/local_node.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "lib/base/file.h"
#include "lib/pki/certificate.h"

namespace certfleet::apply {

using testing::Issuer;

namespace {

// Without waiting for the disk: a test makes many nodes.
void put(const std::filesystem::path& file, std::string_view content, unsigned mode) {
  std::ofstream(file, std::ios::binary) << content;
  std::filesystem::permissions(file, std::filesystem::perms(mode));
}

}  // namespace

TestPair TestPair::make(const Issuer& ca) {
  auto key = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  auto leaf = ca.issue_for("www.example.com", key);
  return {
      leaf.pem(), ca.certificate().pem(), std::string(key.to_pem().view()), {leaf.serial(), leaf.sha256()}};
}

LocalNode::LocalNode(bool separate_chain) {
  auto at = [&](const char* name) { return (dir_.path() / name).string(); };
  std::filesystem::create_directory(dir_ / "ssl");
  node_.id = NodeId(7);
  node_.name = "web1";
  node_.apache = {at("ssl/www.crt"), at("ssl/www.key"), std::nullopt, at("work"), at("control")};
  if (separate_chain) node_.apache.chain_file = at("ssl/chain.crt");
  write_control();
  write_killers();
}

void LocalNode::start_with(const TestPair& pair) {
  bool separate = node_.apache.chain_file.has_value();
  put(node_.apache.cert_file, pair.leaf_pem + (separate ? "" : pair.chain_pem), 0644);
  if (separate) put(*node_.apache.chain_file, pair.chain_pem, 0644);
  put(node_.apache.key_file, pair.key_pem, 0600);
  put(dir_ / "loaded", pair.leaf_pem, 0644);
}

// Plays Apache: the test reads the configuration, not the pair; a reload with a pair that does not fit ends
// the server, though the control program says 0.
void LocalNode::write_control() const {
  put(dir_ / "control",
      fmt::format(R"sh(#!/bin/sh
cd '{}' || exit 9
case $1 in
configtest)
  [ ! -f planted ] || cat planted >ssl/www.key
  if [ -f refused ] && grep -qxF "$(sed -n 2p ssl/www.crt)" refused; then echo 'Syntax error'; exit 1; fi
  echo 'Syntax OK' ;;
graceful)
  if [ "$(openssl x509 -in ssl/www.crt -noout -pubkey)" = "$(openssl pkey -in ssl/www.key -pubout)" ]; then
    openssl x509 -in ssl/www.crt >loaded.new && mv loaded.new loaded
  else
    rm -f loaded
  fi ;;
esac
)sh",
                  dir_.path().string()),
      0755);
}

void LocalNode::write_killers() const {
  std::filesystem::create_directory(dir_ / "bin");
  for (const char* name : {"mv", "cp", "rm", "mkdir", "cat", "chown", "chmod"})
    put(dir_ / "bin" / name,
        fmt::format(R"sh(#!/bin/sh
read -r n <'{0}/count'
n=$((n + 1))
echo $n >'{0}/count'
read -r at <'{0}/at'
[ "$n" -ne "$at" ] || kill -9 0
exec /bin/{1} "$@"
)sh",
                    dir_.path().string(), name),
        0755);
  // Nothing here is about the loss of power, and the disk is slow.
  std::filesystem::create_directory(dir_ / "fast");
  put(dir_ / "fast" / "sync", "#!/bin/sh\n", 0755);
  kill_at(0);
}

void LocalNode::kill_at(int n) const {
  put(dir_ / "count", "0\n", 0644);
  put(dir_ / "at", fmt::format("{}\n", n), 0644);
}

int LocalNode::commands() const {
  return std::stoi(read_file(dir_ / "count"));
}

std::unique_ptr<Remote> LocalNode::connect() const {
  testing::ProcessOptions options;
  bool killing = read_file(dir_ / "at") != "0\n";
  options.env["PATH"] = fmt::format("{}{}:/usr/bin:/bin", killing ? (dir_ / "bin").string() + ":" : "",
                                    (dir_ / "fast").string());
  return std::make_unique<LocalRemote>(options);
}

std::optional<Identity> LocalNode::loaded() const {
  auto pem = content("loaded");
  if (pem.empty()) return std::nullopt;
  auto certificate = pki::Certificate::from_pem(pem);
  return Identity{certificate.serial(), certificate.sha256()};
}

Probe LocalNode::probe() const {
  return [this](const Budget&) -> Sighting { return {loaded(), "nobody answers"}; };
}

std::string LocalNode::content(const std::string& file) const {
  return std::filesystem::exists(dir_ / file) ? read_file(dir_ / file) : std::string();
}

bool LocalNode::key_fits() const {
  auto cert = content("ssl/www.crt");
  auto leaf = cert.substr(0, cert.find("-----END CERTIFICATE-----") + 26);
  return pki::Certificate::from_pem(leaf).matches(
      pki::PrivateKey::from_pem(pki::Secret(content("ssl/www.key"))));
}

bool LocalNode::has(const TestPair& pair) const {
  bool separate = node_.apache.chain_file.has_value();
  if (separate && content("ssl/chain.crt") != pair.chain_pem) return false;
  return content("ssl/www.crt") == pair.leaf_pem + (separate ? "" : pair.chain_pem) &&
         content("ssl/www.key") == pair.key_pem;
}

void LocalNode::refuse(const TestPair& pair) const {
  put(dir_ / "refused", pair.leaf_pem, 0644);
}

void LocalNode::plant_key_at_test(const std::string& key_pem) const {
  put(dir_ / "planted", key_pem, 0600);
}

}  // namespace certfleet::apply

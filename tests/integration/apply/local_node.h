// An Apache node in a folder of this machine: its files, a control program that plays the server, and a way
// to kill any script at any of its commands.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/domain/inventory.h"
#include "tests/integration/apply/local_remote.h"
#include "tests/support/issuer/issuer.h"
#include "tests/support/temp_dir.h"
#include "workers/apply/apache.h"
#include "workers/apply/confirm.h"

namespace certfleet::apply {

// A certificate, its chain and its key, as bytes.
struct TestPair {
  std::string leaf_pem;
  std::string chain_pem;
  std::string key_pem;
  Identity identity;

  static TestPair make(const testing::Issuer& ca);
};

class LocalNode {
 public:
  explicit LocalNode(bool separate_chain = true);

  // Puts a pair into the files as if it had always been there, and lets the server load it.
  void start_with(const TestPair& pair);
  domain::Node node() const { return node_; }
  std::filesystem::path dir() const { return dir_.path(); }

  std::unique_ptr<Remote> connect() const;
  // What the server has loaded; none: it has died.
  Probe probe() const;
  std::optional<Identity> loaded() const;
  std::string content(const std::string& file) const;  // of the folder; "" if it is not there
  bool key_fits() const;                               // the key on disk and the certificate on disk
  bool has(const TestPair& pair) const;                // on disk, whole

  // The control program says no to the configuration as long as the certificate is this one.
  void refuse(const TestPair& pair) const;
  // The control program puts a foreign key in place while it tests.
  void plant_key_at_test(const std::string& key_pem) const;

  // Kills the script at its n-th command that changes something, counted over all scripts. 0: never.
  void kill_at(int n) const;
  int commands() const;  // that changed something, so far

 private:
  void write_control() const;
  void write_killers() const;

  testing::TempDir dir_{"node"};
  domain::Node node_;
};

}  // namespace certfleet::apply

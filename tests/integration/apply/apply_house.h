// An apply's whole line in one process: the real handler on a real database, a real sshd and a real Apache.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "lib/pki/sealed_box.h"
#include "lib/store/applies.h"
#include "tests/integration/apply/ssh_node.h"
#include "tests/support/bench/test_worker.h"
#include "tests/support/issuer/issuer.h"
#include "tests/support/part.h"
#include "workers/apply/apply_run.h"

namespace certfleet::apply {

class ApplyHouse : public ::testing::Test {
 protected:
  explicit ApplyHouse(const std::string& chain = "with");
  void SetUp() override;  // skips without root: Apache's files are root's, as on a node

  // How long a certificate may take to be served; 5 s at first.
  void confirm_within(std::chrono::milliseconds limit);

  // A new certificate with a key of ours, stored for the service.
  Identity issue();
  // How the worker logs in. By default as deploy-free, by key; root by sudo.
  void set_access(const std::string& column, const std::string& value);
  // As no command leaves it, and no statement but a superuser's that goes past the database's own rules.
  void forget_host_key();
  void set_secret(const std::string& column, std::string_view purpose, std::string_view secret);

  store::applies::Apply start();
  // Starts an apply and runs its jobs to their end.
  store::applies::Apply apply();
  store::applies::Apply get(ApplyId id);

  std::optional<Identity> served() const;              // by a handshake
  std::string file(const std::string& offered) const;  // of Apache: "APACHE_CERT_FILE"
  bool pair_fits() const;                              // on disk
  bool starts_again() const;                           // Apache is stopped and started, and serves
  void break_configuration(bool broken) const;
  std::string traces(const store::applies::Apply& apply);  // level and number of each, in order
  std::string sql(const std::string& statement) { return database_.sql(statement); }

  testing::TestDatabase database_;
  SshNode ssh_;
  testing::Part apache_;
  testing::TestWorker worker_{database_, domain::Queue::apply, "certfleet_apply"};
  pki::SealingKey sealing_key_ = pki::SealingKey::generate();
  testing::Issuer ca_ = testing::Issuer::root("Test CA");
  std::unique_ptr<ApplyRun> handler_;
};

// The real remote with a saboteur after each script that has run.
class WatchedRemote final : public Remote {
 public:
  WatchedRemote(std::unique_ptr<Remote> real, testing::Saboteur& saboteur)
      : real_(std::move(real)), saboteur_(saboteur) {}
  Reply run(const Script& script, const std::vector<std::string>& args, std::string_view input,
            const Budget& budget) override {
    auto reply = real_->run(script, args, input, budget);
    saboteur_.step("after " + std::string(script.name));
    return reply;
  }

 private:
  std::unique_ptr<Remote> real_;
  testing::Saboteur& saboteur_;
};

}  // namespace certfleet::apply

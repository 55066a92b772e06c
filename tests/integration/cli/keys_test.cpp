// certfleet keys against a broker that runs: enrolment and revocation act without a restart.
#include "lib/base/file.h"
#include "lib/bus/client.h"
#include "tests/integration/cli/house.h"
#include "tests/support/eventually.h"
#include "tests/support/free_port.h"

namespace certfleet::cli {
namespace {

using namespace std::chrono_literals;
using certfleet::testing::eventually;
using certfleet::testing::Process;

constexpr auto soon = 20s;

class Keys : public House {
 protected:
  Keys() {
    auto dsn = postgres_->env("PG_TCP_DSN") + " dbname=installation";
    broker_.save(*home_ / "test-broker.curve");
    write_file(*home_ / "test-broker.toml",
               "listen = \"tcp://127.0.0.1:*\"\n[health]\nlisten = \"\"\n[curve]\nsecret_key_file = "
               "\"test-broker.curve\"\n"
               "[database]\ndsn = \"" +
                   dsn + "\"\n",
               0600);
    process_ = std::make_unique<Process>(std::vector<std::string>{
        CERTFLEET_BIN "/certfleet-broker", "--config", (*home_ / "test-broker.toml").string()});
    EXPECT_TRUE(process_->wait_for_line("listening on ", soon)) << process_->err();
    std::string log = process_->err();
    auto begin = log.find("listening on ") + 13;
    endpoint_ = log.substr(begin, log.find(',', begin) - begin);
  }

  std::unique_ptr<bus::Client> client(const std::filesystem::path& key_file, bus::Role role) {
    bus::Client::Settings settings;
    settings.brokers = {{endpoint_, broker_.public_key}};
    settings.role = role;
    if (role == bus::Role::worker) settings.queue = domain::Queue::apply;
    settings.times = {.linger = 0ms, .reconnect = 10ms, .reconnect_max = 50ms};
    return std::make_unique<bus::Client>(std::move(settings), bus::KeyPair::load(key_file), clock_);
  }
  static bool becomes(bus::Client& client, std::size_t connected) {
    return eventually(soon, [&] {
      client.poll(1ms);
      return client.connected() == connected;
    });
  }

  SystemClock clock_;
  bus::KeyPair broker_ = bus::KeyPair::generate();
  std::unique_ptr<Process> process_;
  std::string endpoint_;
};

TEST_F(Keys, enrolment_and_revocation_act_on_a_running_broker_and_on_live_connections) {
  auto file = *home_ / "osaka.curve";
  good({"keys", "enroll", "worker-apply-osaka", "--queue", "apply", "--key-file", file.string()});
  auto worker = client(file, bus::Role::worker);
  ASSERT_TRUE(becomes(*worker, 1)) << process_->err();
  auto scheduler = client(file, bus::Role::scheduler);
  good({"keys", "revoke", "worker-apply-osaka", "--yes"});
  ASSERT_TRUE(becomes(*worker, 0)) << process_->err();
  EXPECT_TRUE(process_->wait_for_line("unknown or revoked key", soon)) << "it may knock again, in vain";
  EXPECT_EQ(worker->connected(), 0U);
  EXPECT_EQ(scheduler->connected(), 0U) << "a worker's key is no scheduler's";
}

}  // namespace
}  // namespace certfleet::cli

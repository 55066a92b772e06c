// The program certfleet-broker, as a person meets it.
#include "tests/support/process.h"

#include <gmock/gmock.h>
#include <signal.h>

#include "broker/peer_directory.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/bus/client.h"
#include "lib/store/peers.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

namespace certfleet::broker {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using ::testing::HasSubstr;
using testing::Process;

constexpr auto soon = 20s;

class BrokerProcess : public ::testing::Test {
 protected:
  BrokerProcess() { keys_.save(folder_ / "broker.key"); }

  // TCP port * is any free one: the log tells which.
  std::unique_ptr<Process> start(const std::string& dsn, const std::string& listen = "tcp://127.0.0.1:*") {
    write_file(folder_ / "broker.toml",
               "listen = \"" + listen +
                   "\"\n[health]\nlisten = \"\"\n[curve]\nsecret_key_file = \"broker.key\"\n" +
                   "[database]\ndsn = \"" + dsn + "\"\n",
               0600);
    return std::make_unique<Process>(std::vector<std::string>{
        std::string(CERTFLEET_BIN) + "/certfleet-broker", "--config", (folder_ / "broker.toml").string()});
  }
  // "tcp://127.0.0.1:4711", once it listens.
  std::string endpoint(const Process& process) {
    EXPECT_TRUE(process.wait_for_line("listening on ", soon)) << process.err();
    std::string log = process.err();
    auto begin = log.find("listening on ") + 13;
    return log.substr(begin, log.find(',', begin) - begin);
  }
  // The last line it wrote.
  static std::string last_line(const Process& process) {
    std::string log = process.err();
    while (!log.empty() && log.back() == '\n') log.pop_back();
    return log.substr(log.rfind('\n') + 1);
  }

  PeerId enroll(const std::string& name, const bus::PublicKey& key, store::peers::Role role) {
    store::Database database(database_.settings());
    store::peers::Peer peer;
    peer.name = name;
    peer.role = role;
    if (role == store::peers::Role::worker) peer.queue = domain::Queue::apply;
    peer.public_key = key.text();
    return database.writing([&](store::Tx& tx) { return store::peers::enroll(tx, peer); });
  }
  void revoke(const std::string& name) {
    store::Database database(database_.settings());
    database.write([&](store::Tx& tx) { store::peers::revoke(tx, name); });
  }
  std::string dsn() const { return database_.settings_as("certfleet_broker").dsn; }

  testing::TestDatabase database_;
  testing::TempDir folder_{"broker"};
  bus::KeyPair keys_ = bus::KeyPair::generate();
};

TEST_F(BrokerProcess, knows_the_schedulers_and_workers_that_are_not_revoked) {
  auto worker = bus::KeyPair::generate().public_key;
  auto scheduler = bus::KeyPair::generate().public_key;
  PeerId worker_id = enroll("w", worker, store::peers::Role::worker);
  PeerId scheduler_id = enroll("s", scheduler, store::peers::Role::scheduler);
  enroll("b", bus::KeyPair::generate().public_key, store::peers::Role::broker);
  enroll("x", bus::KeyPair::generate().public_key, store::peers::Role::worker);
  revoke("x");
  StoredPeers directory(store::Database(database_.settings_as("certfleet_broker")));
  EXPECT_THAT(directory.load(),
              ::testing::ElementsAre(
                  EnrolledPeer{scheduler, {scheduler_id, "s", bus::Role::scheduler, std::nullopt}},
                  EnrolledPeer{worker, {worker_id, "w", bus::Role::worker, domain::Queue::apply}}));
}

TEST_F(BrokerProcess, a_row_that_holds_no_key_keeps_out_nobody_else) {
  enroll("w", bus::KeyPair::generate().public_key, store::peers::Role::worker);
  database_.sql(
      "INSERT INTO certfleet.peer (name, role, public_key) VALUES ('a', 'scheduler', repeat('~', 40))");
  StoredPeers directory(store::Database(database_.settings_as("certfleet_broker")));
  EXPECT_EQ(directory.load().size(), 1U);
}

TEST_F(BrokerProcess, serves_until_it_is_told_to_end_and_says_goodbye) {
  auto pair = bus::KeyPair::generate();
  enroll("w", pair.public_key, store::peers::Role::worker);
  auto child = start(dsn());
  bus::Client::Settings settings;
  settings.brokers = {{endpoint(*child), keys_.public_key}};
  settings.queue = domain::Queue::apply;
  SystemClock clock;
  bus::Client client(std::move(settings), std::move(pair), clock);
  ASSERT_TRUE(eventually(soon, [&] {
    client.poll(1ms);
    return client.connected() == 1;
  })) << child->err();
  child->signal(SIGTERM);
  EXPECT_TRUE(eventually(soon, [&] {
    client.poll(1ms);
    return client.connected() == 0;
  }));
  EXPECT_EQ(child->wait(soon), 0) << child->err();
}

TEST_F(BrokerProcess, is_told_once_of_many_that_knock_in_vain) {
  auto child = start(dsn());
  auto address = endpoint(*child);
  SystemClock clock;
  auto knock = [&](const bus::PublicKey& broker) {
    bus::Client::Settings settings;
    settings.brokers = {{address, broker}};
    settings.queue = domain::Queue::apply;
    settings.times = {.linger = 0ms, .reconnect = 5ms, .reconnect_max = 10ms};
    return std::make_unique<bus::Client>(std::move(settings), bus::KeyPair::generate(), clock);
  };
  std::vector<std::unique_ptr<bus::Client>> strangers;
  for (int i = 0; i < 5; ++i) strangers.push_back(knock(keys_.public_key));
  for (int i = 0; i < 5; ++i) strangers.push_back(knock(bus::KeyPair::generate().public_key));
  auto pair = bus::KeyPair::generate();
  enroll("late", pair.public_key, store::peers::Role::worker);
  bus::Client::Settings settings;
  settings.brokers = {{address, keys_.public_key}};
  settings.queue = domain::Queue::apply;
  settings.times = {.linger = 0ms, .reconnect = 5ms, .reconnect_max = 10ms};
  bus::Client late(std::move(settings), std::move(pair), clock);
  ASSERT_TRUE(eventually(soon, [&] {  // the broker reads the list each 2 s: they all have knocked often by then
    late.poll(1ms);
    for (auto& it : strangers) it->poll(0ms);
    return late.connected() == 1;
  }));
  for (auto& it : strangers) EXPECT_EQ(it->connected(), 0U);
  std::string log = child->err();
  auto lines = [&](const std::string& part) {
    int count = 0;
    for (auto at = log.find(part); at != std::string::npos; at = log.find(part, at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(lines("unknown or revoked key"), 1) << log;
  EXPECT_EQ(lines("speaks no CURVE"), 1) << log;
}

TEST_F(BrokerProcess, cuts_off_within_seconds_whoever_is_revoked) {
  auto pair = bus::KeyPair::generate();
  enroll("w", pair.public_key, store::peers::Role::worker);
  auto child = start(dsn());
  bus::Client::Settings settings;
  settings.brokers = {{endpoint(*child), keys_.public_key}};
  settings.queue = domain::Queue::apply;
  SystemClock clock;
  bus::Client client(std::move(settings), std::move(pair), clock);
  auto connected = [&](std::size_t brokers) {
    return eventually(soon, [&] {
      client.poll(1ms);
      return client.connected() == brokers;
    });
  };
  ASSERT_TRUE(connected(1));
  revoke("w");
  EXPECT_TRUE(connected(0));
}

TEST_F(BrokerProcess, a_port_in_use_is_one_line_and_a_conflict) {
  auto first = start(dsn());
  std::string taken = endpoint(*first);
  auto second = start(dsn(), taken);
  EXPECT_EQ(second->wait(soon), 5);
  EXPECT_EQ(last_line(*second), "certfleet-broker: " + taken + ": address already in use");
}

TEST_F(BrokerProcess, an_unreachable_database_is_one_line_and_unreachable) {
  auto child = start("host=127.0.0.1 port=1 dbname=x");
  EXPECT_EQ(child->wait(soon), 6) << child->err();
  EXPECT_THAT(last_line(*child), HasSubstr("certfleet-broker: "));
}

TEST_F(BrokerProcess, a_missing_key_file_is_one_line_and_wrong_usage) {
  std::filesystem::remove(folder_ / "broker.key");
  auto child = start(dsn());
  EXPECT_EQ(child->wait(soon), 2);
  EXPECT_THAT(last_line(*child), HasSubstr("broker.key: No such file or directory"));
}

TEST_F(BrokerProcess, an_endpoint_that_makes_no_sense_is_one_line_and_wrong_usage) {
  auto child = start(dsn(), "9020");
  EXPECT_EQ(child->wait(soon), 2);
  EXPECT_EQ(last_line(*child),
            "certfleet-broker: " + (folder_ / "broker.toml").string() + ": listen: 9020: invalid argument");
}

}  // namespace
}  // namespace certfleet::broker

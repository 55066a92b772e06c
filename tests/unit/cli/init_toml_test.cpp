#include "admin-cli/init_toml.h"

#include <gtest/gtest.h>

#include "lib/base/config.h"
#include "lib/bus/dealer.h"

namespace certfleet::cli {
namespace {

InitPlan plan() {
  InitPlan plan;
  plan.owner_dsn = "host=db.example.com dbname=certfleet user=owner password=hidden";
  plan.directory = "/etc/it's \"here\"";
  plan.admin = "admin@example.com";
  plan.brokers = {"192.0.2.1:9020", "broker.example.com:9021"};
  return plan;
}

const DaemonInfo& daemon(const std::vector<DaemonInfo>& all, const std::string& name) {
  for (const auto& one : all)
    if (one.name == name) return one;
  throw std::runtime_error(name);
}

TEST(InitToml, a_worker_finds_every_broker_with_its_key) {
  auto all = daemons_of(plan().brokers);
  auto lines = broker_lines(plan(), {{"broker-1", std::string(40, 'a')}, {"broker-2", std::string(40, '"')}});
  auto config = Config::parse(daemon_toml(plan(), daemon(all, "worker-apply"), lines), "test");
  EXPECT_EQ(config.texts("brokers"), lines);
  EXPECT_EQ(lines[1], "tcp://broker.example.com:9021 " + std::string(40, '"'));
  EXPECT_EQ(config.texts("sealing.key_files"), std::vector<std::string>{"sealing.key"});
  EXPECT_EQ(config.path("curve.secret_key_file").filename(), "worker-apply.curve");
  auto dsn = config.text("database.dsn");
  EXPECT_NE(dsn.find("user='certfleet_apply'"), std::string::npos) << dsn;
  EXPECT_NE(dsn.find("it\\'s"), std::string::npos) << dsn;
  EXPECT_EQ(dsn.find("hidden"), std::string::npos) << dsn;
  config.refuse_unknown();
}

TEST(InitToml, the_command_finds_every_broker_too) {
  auto lines = broker_lines(plan(), {{"broker-1", std::string(40, 'a')}, {"broker-2", std::string(40, 'b')}});
  auto config = Config::parse(command_toml(plan(), lines), "test");
  auto brokers = bus::read_brokers_if_set(config);
  ASSERT_EQ(brokers.size(), 2U);
  EXPECT_EQ(brokers[1].endpoint, "tcp://broker.example.com:9021");
  config.text("database.dsn");
  config.refuse_unknown();
  auto without = Config::parse("x = 1", "test");
  EXPECT_TRUE(bus::read_brokers_if_set(without).empty());
}

TEST(InitToml, only_those_who_open_secrets_know_the_sealing_key) {
  auto all = daemons_of({"127.0.0.1:9020"});
  for (const auto* name : {"broker", "scheduler", "worker-verify"})
    EXPECT_EQ(daemon_toml(plan(), daemon(all, name), {}).find("sealing"), std::string::npos) << name;
}

TEST(InitToml, a_broker_binds_its_address_or_all_if_it_has_a_name) {
  auto all = daemons_of(plan().brokers);
  auto listen = [&](const char* name) {
    return Config::parse(daemon_toml(plan(), daemon(all, name), {}), "test").text("listen");
  };
  EXPECT_EQ(listen("broker-1"), "tcp://192.0.2.1:9020");
  EXPECT_EQ(listen("broker-2"), "tcp://0.0.0.0:9021");
}

}  // namespace
}  // namespace certfleet::cli

// Host keys of servers that nobody trusts yet.
#include "lib/net/ssh_host_key.h"

#include <gtest/gtest.h>

#include "tests/integration/net/servers.h"
#include "tests/support/failure.h"

namespace certfleet::net {
namespace {

using namespace std::string_literals;
using certfleet::testing::expect_says;
using certfleet::testing::failure_of;

// SSH_MSG_DISCONNECT in the clear, as it may come before any key (RFC 4253, sections 6 and 11.1).
std::string disconnect(const std::string& words) {
  auto number = [](std::size_t value) {
    return std::string{'\0', '\0', static_cast<char>(value >> 8U), static_cast<char>(value)};
  };
  std::string payload = "\x01"s + number(2) + number(words.size()) + words + number(0);
  std::size_t padding = 8 - (5 + payload.size()) % 8 + 8;
  return number(1 + payload.size() + padding) + static_cast<char>(padding) + payload + std::string(padding, '\0');
}

TEST(SshHostKeys, the_words_of_a_server_that_hangs_up_are_text) {
  testing::ScriptedServer server([](int connection) {
    testing::write_text(connection, "SSH-2.0-OpenSSH_9.2\r\n");
    testing::read_some(connection);
    testing::write_text(connection, disconnect("go away\x1b]0;owned\x07\x9b\ncertfleet: done"));
    testing::read_some(connection);
  });
  auto failure = failure_of([&] {
    ssh_host_keys(server.address().host, server.address().port, Deadline::in(std::chrono::seconds(10)));
  });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  expect_says(failure, "go away?]0;owned??");
  for (char c : std::string(failure.what())) EXPECT_GE(static_cast<unsigned char>(c), 0x20U) << failure.what();
}

}  // namespace
}  // namespace certfleet::net

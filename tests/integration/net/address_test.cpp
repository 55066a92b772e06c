#include "lib/net/address.h"

#include <gtest/gtest.h>

#include "tests/support/failure.h"

namespace certfleet::net {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;

TEST(Address, hosts_and_ports_are_read_and_written_back) {
  for (const char* text : {"www.a.test:443", "192.0.2.1:1", "[2001:db8::1]:65535"})
    EXPECT_EQ(to_string(parse_address(text)), text);
  EXPECT_EQ(parse_address("WWW.a.test:443"), (Address{"www.a.test", 443}));
  EXPECT_EQ(parse_address("[2001:DB8:0::1]:443"), (Address{"2001:db8::1", 443}));
}

TEST(Address, a_missing_port_needs_a_default) {
  EXPECT_EQ(parse_address("a.test", 443), (Address{"a.test", 443}));
  EXPECT_EQ(parse_address("[::1]", 443), (Address{"::1", 443}));
  EXPECT_EQ(parse_address("a.test:8443", 443).port, 8443);
  expect_says(failure_of([] { parse_address("a.test"); }), "the port is missing");
}

TEST(Address, anything_else_is_refused_and_named) {
  for (const char* bad : {"",
                          ":",
                          ":443",
                          "a.test:",
                          "a.test:0",
                          "a.test:65536",
                          "a.test:99999999999999999999",
                          "a.test:-1",
                          "a.test:+1",
                          "a.test: 1",
                          "a.test:1x",
                          "::1:443",
                          "::1",
                          "[::1",
                          "[::1]443",
                          "[::1]:",
                          "[]:443",
                          "[192.0.2.1]:443",
                          "[a.test]:443",
                          "a b:443",
                          "a_b:443",
                          "*.a.test:443",
                          "https://a.test:443"}) {
    auto failure = failure_of([&] { parse_address(bad, std::nullopt); });
    EXPECT_EQ(failure.fault(), Fault::usage) << bad;
  }
  expect_says(failure_of([] { parse_address("a.test:0"); }), "a.test:0");
}

}  // namespace
}  // namespace certfleet::net

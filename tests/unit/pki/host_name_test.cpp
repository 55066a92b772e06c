#include "lib/pki/host_name.h"

#include <gtest/gtest.h>

#include "lib/pki/limits.h"
#include "lib/pki/printable.h"
#include "tests/support/failure.h"

namespace certfleet::pki {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;

std::string dns(std::string_view text) {
  return normalize_dns_name(text, Wildcard::refused);
}

TEST(HostName, names_come_out_in_lower_case_without_the_final_dot) {
  EXPECT_EQ(dns("WWW.Example.COM."), "www.example.com");
  EXPECT_EQ(dns("localhost"), "localhost");
  EXPECT_EQ(dns("3com.1-2.xn--zckzah"), "3com.1-2.xn--zckzah");
  EXPECT_EQ(dns("1.2.3.4.example"), "1.2.3.4.example");
}

TEST(HostName, anything_else_is_refused_and_named) {
  for (std::string_view bad :
       {"",      ".",     "..",  ".a",           "a..b",  "a.b..",       "-a.b",  "a-.b",
        "a_b.c", "a b.c", "a/b", "日本.example", "a\n.b", "192.168.0.1", "1.2.3", "a.1",
        "[::1]", "a:443", "*",   "*.a.b",        "a.*.b", "*a.b.c"}) {
    auto failure = failure_of([&] { dns(bad); });
    EXPECT_EQ(failure.fault(), Fault::usage) << bad;
    expect_says(failure, printable(bad));
  }
  EXPECT_THROW(dns(std::string_view("a\0.b", 4)), Failure);
}

TEST(HostName, lengths_are_those_of_the_rfc) {
  std::string label(label_bytes_max, 'a');
  EXPECT_EQ(dns(label + ".b"), label + ".b");
  EXPECT_THROW(dns(label + "a.b"), Failure);
  auto longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  ASSERT_EQ(longest.size(), host_name_bytes_max);
  EXPECT_EQ(dns(longest), longest);
  EXPECT_EQ(dns(longest + "."), longest);
  EXPECT_THROW(dns(longest + "a"), Failure);
}

TEST(HostName, a_wildcard_is_the_whole_left_most_part_and_two_more_follow) {
  EXPECT_EQ(normalize_dns_name("*.Example.com", Wildcard::allowed), "*.example.com");
  for (const char* bad : {"*", "*.", "*.com", "*.com.", "a.*.com", "*a.example.com", "a*.example.com",
                          "**.a.b", "*.*.example.com"})
    EXPECT_THROW(normalize_dns_name(bad, Wildcard::allowed), Failure) << bad;
  expect_says(failure_of([] { dns("*.example.com"); }), "not allowed here");
}

TEST(HostName, a_common_name_has_64_bytes_at_most) {
  auto longest = std::string(60, 'a') + ".com";
  EXPECT_EQ(normalize_common_name(longest), longest);
  expect_says(failure_of([&] { normalize_common_name("a" + longest); }), "64 bytes");
  EXPECT_EQ(normalize_common_name("*.example.com"), "*.example.com");
}

TEST(HostName, further_names_come_once_and_without_the_common_name) {
  EXPECT_EQ(normalize_sans("www.a.test", {"B.test", "www.A.test", "a.test", "b.test."}),
            (std::vector<std::string>{"b.test", "a.test"}));
  EXPECT_THROW(normalize_sans("www.a.test", {"a b"}), Failure);
}

TEST(HostName, a_certificate_has_room_for_so_many_names_and_no_more) {
  std::vector<std::string> sans;
  for (std::size_t i = 1; i < sans_max; ++i) sans.push_back("n" + std::to_string(i) + ".test");
  EXPECT_EQ(normalize_sans("www.test", sans).size(), sans_max - 1);
  sans.push_back("one.too.many.test");
  expect_says(failure_of([&] { normalize_sans("www.test", sans); }), "one.too.many.test");
}

TEST(HostName, addresses_are_told_from_names) {
  EXPECT_TRUE(is_ipv4("192.0.2.1"));
  for (const char* bad : {"192.0.2", "192.0.2.256", "192.0.2.1 ", "01.2.3.4", "::1", ""})
    EXPECT_FALSE(is_ipv4(bad));
  EXPECT_TRUE(is_ipv6("2001:db8::1"));
  EXPECT_TRUE(is_ipv6("::ffff:192.0.2.1"));
  for (const char* bad : {"[::1]", "fe80::1%eth0", "1::2::3", "192.0.2.1", ""}) EXPECT_FALSE(is_ipv6(bad));
  EXPECT_FALSE(is_ip_address(std::string_view("::1\0x", 5)));
  EXPECT_EQ(normalize_host("2001:DB8:0::1"), "2001:db8::1");
  EXPECT_EQ(normalize_host("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(normalize_host("Node1"), "node1");
  EXPECT_THROW(normalize_host("192.0.2.300"), Failure);
}

TEST(HostName, a_wildcard_stands_for_exactly_one_left_most_label) {
  EXPECT_TRUE(dns_name_matches("www.example.com", "WWW.example.com"));
  EXPECT_TRUE(dns_name_matches("*.Example.com", "www.example.COM"));
  EXPECT_FALSE(dns_name_matches("*.example.com", "example.com"));
  EXPECT_FALSE(dns_name_matches("*.example.com", "a.b.example.com"));
  EXPECT_FALSE(dns_name_matches("*.example.com", ".example.com"));
  EXPECT_FALSE(dns_name_matches("*.example.com", "wwwexample.com"));
  EXPECT_FALSE(dns_name_matches("*.com", "example.com"));
  EXPECT_FALSE(dns_name_matches("w*.example.com", "www.example.com"));
  EXPECT_FALSE(dns_name_matches("*.0.2.1", "192.0.2.1")) << "an address is no name";
  EXPECT_FALSE(dns_name_matches("", ""));
}

TEST(Printable, foreign_text_fits_one_line) {
  EXPECT_EQ(printable("株式会社 A"), "株式会社 A");
  EXPECT_EQ(printable("a\nb\x1b[31m\x7f"), "a?b?[31m?");
  EXPECT_EQ(printable("\xff\xc3"), "??");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "?31m")
      << "an escape of eight bits";
  EXPECT_EQ(printable("\xed\xa0\x80"), "???") << "a surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????") << "beyond Unicode";
  EXPECT_EQ(printable("ああああ", 7), "ああ…");
  EXPECT_FALSE(is_utf8("\xc0\x80"));
}

}  // namespace
}  // namespace certfleet::pki

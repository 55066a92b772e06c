#include "lib/pki/secret.h"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>

#include "lib/pki/random.h"
#include "lib/pki/text.h"

namespace certfleet::pki {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_constructible_v<Secret, const std::string&>,
              "a string that stays must not become one unseen");

TEST(Secret, the_string_it_is_made_of_is_wiped) {
  std::string source = "a password that is too long for the small buffer of a string";
  const char* buffer = source.data();
  auto size = source.size();
  Secret secret(std::move(source));
  EXPECT_EQ(secret.view(), "a password that is too long for the small buffer of a string");
  EXPECT_TRUE(source.empty());
  ASSERT_EQ(source.data(), buffer) << "the buffer is still the string's own";
  EXPECT_EQ(std::count(buffer, buffer + size, '\0'), static_cast<std::ptrdiff_t>(size));
}

TEST(Secret, wiping_reaches_what_a_shortened_string_still_holds) {
  std::string text = "a password that is too long for the small buffer of a string";
  const char* buffer = text.data();
  auto size = text.size();
  text.resize(1);
  wipe(text);
  EXPECT_EQ(std::count(buffer, buffer + size, '\0'), static_cast<std::ptrdiff_t>(size));
}

TEST(Secret, moving_leaves_nothing_behind) {
  auto first = Secret::of("one");
  auto second = std::move(first);
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(first.view(), "");
  EXPECT_EQ(second.view(), "one");
  second = Secret::of("two");
  EXPECT_EQ(second.view(), "two");
}

TEST(Secret, a_copy_is_made_only_on_purpose) {
  auto secret = Secret::of(std::string_view("a\0b", 3));
  auto copy = secret.copy();
  EXPECT_TRUE(copy.equals(secret));
  EXPECT_NE(copy.data(), secret.data());
}

TEST(Secret, equal_means_same_length_and_bytes) {
  EXPECT_TRUE(Secret().equals(Secret::of("")));
  EXPECT_TRUE(Secret::of("abc").equals(Secret::of("abc")));
  EXPECT_FALSE(Secret::of("abc").equals(Secret::of("abd")));
  EXPECT_FALSE(Secret::of("abc").equals(Secret::of("ab")));
}

TEST(Random, no_two_are_alike_and_each_has_its_form) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_hex(16));
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(seen.begin()->size(), 32U);
  auto uuid = random_uuid();
  ASSERT_EQ(uuid.size(), 36U);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(std::string_view("89ab").find(uuid[19]), std::string_view::npos);
  for (std::size_t dash : {8U, 13U, 18U, 23U}) EXPECT_EQ(uuid[dash], '-');
  auto password = random_password(200);
  EXPECT_EQ(password.size(), 200U);
  EXPECT_TRUE(std::all_of(password.view().begin(), password.view().end(),
                          [](unsigned char c) { return std::isalnum(c) != 0; }));
}

TEST(Text, base64_is_read_only_in_its_exact_form) {
  EXPECT_EQ(base64("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
  EXPECT_EQ(base64url("\xff\xfe"), "__4");
  EXPECT_EQ(from_base64("YW55IGNhcm5hbCBwbGVhcw=="), "any carnal pleas");
  EXPECT_EQ(from_base64url("__4"), "\xff\xfe");
  EXPECT_EQ(from_base64(""), "");
  for (const char* bad : {"YQ", "YQ=", "YR==", "YQ==\n", "Y Q==", "YQ===", "_w==", "YQ==YQ=="})
    EXPECT_FALSE(from_base64(bad)) << bad;
  for (const char* bad : {"__4=", "_/4", "__5", "_", "a b"}) EXPECT_FALSE(from_base64url(bad)) << bad;
}

TEST(Text, a_digest_is_the_known_one) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace certfleet::pki

#include "lib/domain/password.h"

#include <gtest/gtest.h>

#include <string>

namespace certfleet::domain {
namespace {

constexpr std::string_view user = "a.b@example.com";

TEST(Password, twelve_characters_are_enough_and_eleven_are_not) {
  EXPECT_EQ(password_fault("abcdefghijkl", user), std::nullopt);
  EXPECT_EQ(password_fault("abcdefghijk", user), PasswordFault::too_short);
  EXPECT_EQ(password_fault("", user), PasswordFault::too_short);
}

TEST(Password, characters_are_counted_not_bytes) {
  EXPECT_EQ(password_fault("あいうえおかきくけこさ", user), PasswordFault::too_short);
  EXPECT_EQ(password_fault("あいうえおかきくけこさし", user), std::nullopt);
}

TEST(Password, is_not_the_users_address_however_it_is_written) {
  EXPECT_EQ(password_fault("a.b@example.com", user), PasswordFault::mail_address);
  EXPECT_EQ(password_fault("A.B@Example.COM", user), PasswordFault::mail_address);
  EXPECT_EQ(password_fault("my a.b@example.com!", user), PasswordFault::mail_address);
  EXPECT_EQ(password_fault("c.d@example.com", user), std::nullopt);
}

TEST(Password, is_no_short_piece_over_and_over) {
  EXPECT_EQ(password_fault("aaaaaaaaaaaa", user), PasswordFault::repeated);
  EXPECT_EQ(password_fault("abcdabcdabcd", user), PasswordFault::repeated);
  EXPECT_EQ(password_fault("abcdabcdabcdab", user), PasswordFault::repeated);
  EXPECT_EQ(password_fault("abcddcbaacbd", user), PasswordFault::repeated);  // four different ones
  EXPECT_EQ(password_fault("abcdeabcdeabcde", user), std::nullopt);
}

TEST(Password, has_nothing_that_can_not_be_typed) {
  EXPECT_EQ(password_fault("abcdefghijkl\t", user), PasswordFault::control_character);
  EXPECT_EQ(password_fault("abcdefghijkl\x7f", user), PasswordFault::control_character);
}

}  // namespace
}  // namespace certfleet::domain

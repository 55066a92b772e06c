#include "lib/pki/sealed_box.h"

#include <gtest/gtest.h>

#include "lib/pki/limits.h"
#include "lib/pki/text.h"
#include "tests/support/failure.h"

namespace certfleet::pki {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;

class SealedBox : public ::testing::Test {
 protected:
  std::vector<SealingKey> keys() {
    std::vector<SealingKey> result;
    result.push_back(SealingKey::generate());
    return result;
  }
};

TEST_F(SealedBox, what_was_sealed_opens_with_the_key_for_its_purpose) {
  auto own = keys();
  auto box = seal(own[0].public_key(), "access.login", Secret::of("hunter2"));
  EXPECT_EQ(open(own, "access.login", box).view(), "hunter2");
  EXPECT_EQ(box.find("hunter2"), std::string::npos);
  EXPECT_EQ(box.find("access.login"), std::string::npos);
}

TEST_F(SealedBox, the_same_secret_never_makes_the_same_box) {
  auto own = keys();
  EXPECT_NE(seal(own[0].public_key(), "p", Secret::of("s")), seal(own[0].public_key(), "p", Secret::of("s")));
}

TEST_F(SealedBox, a_box_moved_to_another_column_does_not_open) {
  auto own = keys();
  auto box = seal(own[0].public_key(), "access.login", Secret::of("hunter2"));
  for (const char* purpose : {"smtp.password", "access.logi", "access.loginh", "access.login_key", ""}) {
    auto failure = failure_of([&] { open(own, purpose, box); });
    EXPECT_EQ(failure.fault(), Fault::permanent);
    expect_says(failure, "another purpose");
    EXPECT_EQ(std::string_view(failure.what()).find("hunter2"), std::string_view::npos);
  }
}

TEST_F(SealedBox, an_unknown_key_is_named) {
  auto other = SealingKey::generate();
  auto failure = failure_of([&] { open(keys(), "p", seal(other.public_key(), "p", Secret::of("s"))); });
  EXPECT_EQ(failure.fault(), Fault::permanent);
  expect_says(failure, other.id());
}

TEST_F(SealedBox, the_fitting_key_is_picked_while_keys_are_rotated) {
  auto old_key = SealingKey::generate();
  auto old_box = seal(old_key.public_key(), "p", Secret::of("old"));
  auto all = keys();
  auto new_box = seal(all[0].public_key(), "p", Secret::of("new"));
  all.push_back(std::move(old_key));
  EXPECT_EQ(open(all, "p", old_box).view(), "old");
  EXPECT_EQ(open(all, "p", new_box).view(), "new");
  EXPECT_EQ(sealing_key_id(old_box), all[1].id());
}

TEST_F(SealedBox, no_flipped_bit_and_no_cut_box_opens) {
  auto own = keys();
  auto box = seal(own[0].public_key(), "access.login", Secret::of("hunter2"));
  for (std::size_t at = 0; at < box.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto bad = box;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << bit));
      EXPECT_THROW(open(own, "access.login", bad), Failure) << "byte " << at << ", bit " << bit;
    }
    EXPECT_THROW(open(own, "access.login", std::string_view(box).substr(0, at)), Failure) << at << " bytes";
  }
  EXPECT_THROW(open(own, "access.login", box + "x"), Failure);
}

TEST_F(SealedBox, limits_hold_and_are_reached) {
  auto own = keys();
  const auto& key = own[0].public_key();
  std::string purpose(purpose_bytes_max, 'p');
  auto largest = seal(key, purpose, Secret(std::string(sealed_secret_bytes_max, 's')));
  EXPECT_EQ(open(own, purpose, largest).size(), sealed_secret_bytes_max);
  EXPECT_EQ(open(own, "p", seal(key, "p", Secret())).size(), 0U);
  auto seal_too_much = [&] { seal(key, "p", Secret(std::string(sealed_secret_bytes_max + 1, 's'))); };
  EXPECT_EQ(failure_of(seal_too_much).fault(), Fault::usage);
  EXPECT_EQ(failure_of([&] { seal(key, purpose + "p", Secret()); }).fault(), Fault::usage);
  EXPECT_EQ(failure_of([&] { seal(key, "", Secret()); }).fault(), Fault::usage);
  EXPECT_THROW(SealingPublicKey::from_bytes("short"), Failure);
}

TEST_F(SealedBox, the_id_is_the_start_of_the_public_keys_digest) {
  auto key = SealingKey::generate();
  EXPECT_EQ(key.id(), sha256_hex(key.public_key().bytes).substr(0, 16));
  EXPECT_EQ(SealingPublicKey::from_bytes(key.public_key().bytes).id, key.id());
}

TEST(SealingKeyFile, a_key_comes_back_from_its_file) {
  auto key = SealingKey::generate();
  std::vector<SealingKey> back;
  back.push_back(SealingKey::from_file_text(key.to_file_text()));
  EXPECT_EQ(back[0].public_key().bytes, key.public_key().bytes);
  EXPECT_EQ(open(back, "p", seal(key.public_key(), "p", Secret::of("s"))).view(), "s");
}

TEST(SealingKeyFile, another_key_under_the_same_id_is_refused) {
  auto text = std::string(SealingKey::generate().to_file_text().view());
  auto middle = text.find("secret ") + 20;
  text[middle] = text[middle] == 'x' ? 'y' : 'x';
  expect_says(failure_of([&] { SealingKey::from_file_text(Secret::of(text)); }), "don't fit together");
}

TEST(SealingKeyFile, a_damaged_file_is_refused_without_showing_it) {
  auto key = SealingKey::generate();
  auto text = std::string(key.to_file_text().view());
  auto other = std::string(SealingKey::generate().to_file_text().view());
  auto secret_at = text.find("secret ");
  std::vector<std::string> bad = {"",
                                  "\n",
                                  "certfleet-sealing-key-2\n",
                                  text + "x",
                                  text + "\n",
                                  "x" + text,
                                  text.substr(0, secret_at) + other.substr(secret_at)};
  for (std::size_t size = 0; size < text.size(); ++size) bad.push_back(text.substr(0, size));
  // Up to the key itself: some of its bits don't count (RFC 7748 section 5), so another text may be the same
  // key.
  for (std::size_t at = 0; at < secret_at + 7; ++at) {
    bad.push_back(text);
    bad.back()[at] = bad.back()[at] == 'x' ? 'y' : 'x';
  }
  for (const auto& each : bad) {
    auto failure = failure_of([&] { SealingKey::from_file_text(Secret::of(each)); });
    EXPECT_EQ(failure.fault(), Fault::usage) << each;
    EXPECT_EQ(std::string_view(failure.what()).find(text.substr(secret_at + 7, 10)), std::string_view::npos);
  }
}

}  // namespace
}  // namespace certfleet::pki

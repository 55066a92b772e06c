// The keys of a running process, and its key files under its feet.
#include "lib/pki/key_ring.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/pki/sealing_key_files.h"
#include "tests/support/failure.h"
#include "tests/support/temp_dir.h"

namespace certfleet::pki {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;

class KeyRingTest : public ::testing::Test {
 protected:
  KeyRingTest() { add_to_key_file(file_, first_); }

  std::string sealed(const SealingKey& key, const char* secret = "hunter2") {
    return seal(key.public_key(), "access.login", Secret::of(secret));
  }

  certfleet::testing::TempDir folder_;
  std::filesystem::path file_ = folder_ / "sealing.key";
  SealingKey first_ = SealingKey::generate();
  SealingKey second_ = SealingKey::generate();
};

TEST_F(KeyRingTest, a_file_of_several_keys_opens_the_boxes_of_each) {
  add_to_key_file(file_, second_);
  KeyRing ring({"sealing.key"}, folder_.path());
  EXPECT_EQ(ring.open("access.login", sealed(first_, "one")).view(), "one");
  EXPECT_EQ(ring.open("access.login", sealed(second_, "two")).view(), "two");
  EXPECT_EQ(ring.ids().size(), 2U);
}

TEST_F(KeyRingTest, a_key_that_is_added_while_it_runs_is_found_with_the_next_look) {
  KeyRing ring({"sealing.key"}, folder_.path());
  EXPECT_EQ(ring.ids(), std::vector<std::string>{first_.id()});
  add_to_key_file(file_, second_);
  ring.refresh();
  EXPECT_EQ(ring.ids().size(), 2U);
}

TEST_F(KeyRingTest, a_box_of_an_unknown_key_makes_it_look_at_once) {
  KeyRing ring({"sealing.key"}, folder_.path());
  add_to_key_file(file_, second_);
  EXPECT_EQ(ring.open("access.login", sealed(second_)).view(), "hunter2");
  auto failure = failure_of([&] { ring.open("access.login", sealed(SealingKey::generate())); });
  EXPECT_EQ(failure.fault(), Fault::permanent);
  expect_says(failure, "is not on this host");
}

TEST_F(KeyRingTest, a_key_once_held_is_held_whatever_becomes_of_the_file) {
  KeyRing ring({"sealing.key"}, folder_.path());
  write_file(file_, second_.to_file_text().view(), 0600);
  ring.refresh();
  EXPECT_EQ(ring.ids().size(), 2U);
  for (const char* damaged : {"", "certfleet-sealing-key-1\nid 00\n", "nonsense\n"}) {
    write_file(file_, damaged, 0600);
    ring.refresh();
    EXPECT_EQ(ring.open("access.login", sealed(first_)).view(), "hunter2");
  }
  std::filesystem::remove(file_);
  ring.refresh();
  EXPECT_EQ(ring.ids().size(), 2U);
}

TEST_F(KeyRingTest, a_file_that_others_can_read_adds_nothing) {
  KeyRing ring({"sealing.key"}, folder_.path());
  add_to_key_file(file_, second_);
  ::chmod(file_.c_str(), 0644);
  ring.refresh();
  EXPECT_EQ(ring.ids().size(), 1U);
  ::chmod(file_.c_str(), 0600);
  ring.refresh();
  EXPECT_EQ(ring.ids().size(), 2U);
}

TEST_F(KeyRingTest, a_secret_sealed_anew_keeps_its_purpose) {
  KeyRing ring({"sealing.key"}, folder_.path());
  auto box = ring.reseal(second_.public_key(), sealed(first_));
  EXPECT_EQ(sealing_key_id(box), second_.id());
  add_to_key_file(file_, second_);
  EXPECT_EQ(ring.open("access.login", box).view(), "hunter2");
  expect_says(failure_of([&] { ring.open("access.exec", box); }), "another purpose");
}

TEST_F(KeyRingTest, adding_a_key_twice_changes_nothing) {
  add_to_key_file(file_, second_);
  auto before = read_file(file_);
  add_to_key_file(file_, second_);
  EXPECT_EQ(read_file(file_), before);
  struct stat info {};
  ::stat(file_.c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(KeyRingTest, a_file_that_is_no_key_file_is_not_added_to) {
  write_file(file_, "precious\n", 0600);
  expect_says(failure_of([&] { add_to_key_file(file_, second_); }), "is not a sealing key file");
  EXPECT_EQ(read_file(file_), "precious\n");
}

TEST_F(KeyRingTest, the_file_keeps_its_owner) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(::chown(file_.c_str(), 65534, 65534), 0);
  add_to_key_file(file_, second_);
  struct stat info {};
  ::stat(file_.c_str(), &info);
  EXPECT_EQ(info.st_uid, 65534U);
  EXPECT_EQ(info.st_gid, 65534U);
}

}  // namespace
}  // namespace certfleet::pki

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/bus/curve.h"
#include "tests/support/temp_dir.h"

namespace certfleet::bus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KeyFile : public ::testing::Test {
 protected:
  std::string failure() {
    try {
      KeyPair::load(file_);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.fault(), Fault::usage);
      return failure.what();
    }
    return "";
  }

  testing::TempDir folder_{"keys"};
  std::filesystem::path file_ = folder_ / "broker.key";
};

TEST_F(KeyFile, is_loaded_as_it_was_saved_and_is_its_owner_s_alone) {
  auto pair = KeyPair::generate();
  pair.save(file_);
  auto loaded = KeyPair::load(file_);
  EXPECT_EQ(loaded.public_key, pair.public_key);
  EXPECT_EQ(loaded.secret_key.bytes(), pair.secret_key.bytes());
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(KeyFile, that_others_can_read_is_refused) {
  KeyPair::generate().save(file_);
  ::chmod(file_.c_str(), 0640);
  EXPECT_THAT(failure(), HasSubstr("must be readable by its owner alone"));
}

TEST_F(KeyFile, that_is_missing_is_named) {
  EXPECT_THAT(failure(), HasSubstr(file_.string()));
}

TEST_F(KeyFile, that_is_malformed_is_refused_without_showing_its_content) {
  write_file(file_, "public x\nsecret verysecret\n", 0600);
  EXPECT_THAT(failure(), HasSubstr("not a key file of the bus"));
  EXPECT_THAT(failure(), Not(HasSubstr("verysecret")));
}

TEST_F(KeyFile, whose_keys_do_not_belong_together_is_refused) {
  auto first = KeyPair::generate();
  KeyPair mixed{KeyPair::generate().public_key, std::move(first.secret_key)};
  mixed.save(file_);
  EXPECT_THAT(failure(), HasSubstr("the secret key does not fit the public key"));
}

}  // namespace
}  // namespace certfleet::bus

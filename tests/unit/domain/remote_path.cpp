#include "lib/domain/remote_path.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"

namespace certfleet::domain {
namespace {

bool path_passes(std::string_view path) {
  try {
    require_remote_path(path, {"証明書ファイル", "certificate file"});
    return true;
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage);
    EXPECT_NE(std::string_view(failure.what()).find("certificate file"), std::string_view::npos);
    return false;
  }
}

TEST(RemotePath, ordinary_paths_pass) {
  for (const char* path :
       {"/etc/apache2/ssl/www.crt", "/etc/pki/tls/private/a_b-c+d@e.key", "/x", "/a/..b/c."})
    EXPECT_TRUE(path_passes(path)) << path;
}

TEST(RemotePath, blanks_full_width_and_shell_characters_are_refused) {
  for (const char* path :
       {"/etc/my certs/a", "/etc/証明書", "/etc/a;b", "/etc/$HOME", "/etc/`id`", "/etc/a'b", "/etc/a\nb",
        "/etc/a\"b", "/etc/*", "/etc/a|b", "/etc/a&b", "/etc/a\\b", "/etc/ａ"})
    EXPECT_FALSE(path_passes(path)) << path;
}

TEST(RemotePath, only_absolute_plain_paths_below_the_root_pass) {
  for (const char* path : {"", "/", "etc/a", "/etc//a", "/etc/", "/etc/../a", "/etc/./a", "/etc/.."})
    EXPECT_FALSE(path_passes(path)) << path;
  EXPECT_FALSE(path_passes("/" + std::string(2000, 'a')));
}

TEST(RemotePath, a_program_is_a_path_or_a_bare_name) {
  EXPECT_NO_THROW(require_remote_program("apachectl", {"制御コマンド", "control"}));
  EXPECT_NO_THROW(require_remote_program("/usr/sbin/apache2ctl", {"制御コマンド", "control"}));
  for (const char* program : {"", "-k", "apachectl graceful", "sbin/apachectl", "a;b"})
    EXPECT_THROW(require_remote_program(program, {"制御コマンド", "control"}), Failure) << program;
}

TEST(RemotePath, a_user_is_no_option_and_no_shell_text) {
  EXPECT_NO_THROW(require_remote_user("root", {"実行ID", "execution id"}));
  EXPECT_NO_THROW(require_remote_user("svc.deploy@corp", {"実行ID", "execution id"}));
  for (const char* user : {"", "-s", "a b", "a;b", "$(id)"})
    EXPECT_THROW(require_remote_user(user, {"実行ID", "execution id"}), Failure) << user;
}

}  // namespace
}  // namespace certfleet::domain

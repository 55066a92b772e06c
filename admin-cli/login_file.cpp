#include "admin-cli/login_file.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/pki/text.h"
#include "lib/store/dsn.h"

namespace certfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr unsigned private_mode = 0600;
constexpr std::string_view user_mark = "# user: ";
constexpr std::string_view until_mark = "# until: ";

fs::path folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return fs::path(state) / "certfleet";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".local/state/certfleet";
  throw Failure(Fault::usage, Text{"XDG_STATE_HOME も HOME もないため、ログインを保存できません",
                                   "neither XDG_STATE_HOME nor HOME is set: there is no place for a login"});
}

fs::path file_for(const std::string& dsn) {
  return folder() / ("login-" + pki::sha256_hex(store::dsn::place(dsn)).substr(0, 16));
}

// What stands behind `mark` on its line.
std::string value_of(const std::string& text, std::string_view mark) {
  auto begin = text.find(mark);
  if (begin == std::string::npos) return "";
  begin += mark.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

std::optional<Login> find_login(const std::string& dsn) {
  if (std::getenv("XDG_STATE_HOME") == nullptr && std::getenv("HOME") == nullptr) return std::nullopt;
  auto file = file_for(dsn);
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  require_private(file);
  auto text = read_file(file);
  auto user = value_of(text, user_mark);
  auto until = value_of(text, until_mark);
  pki::wipe(text);
  std::int64_t seconds = 0;
  auto [end, bad] = std::from_chars(until.data(), until.data() + until.size(), seconds);
  if (user.empty() || bad != std::errc() || end != until.data() + until.size())
    throw Failure(Fault::usage,
                  Text{"{}: certfleet login のファイルではありません", "{}: is not what certfleet login wrote"},
                  file.string());
  auto ends = std::chrono::system_clock::from_time_t(seconds);
  if (ends <= SystemClock().wall()) {
    wipe_login(dsn);
    return std::nullopt;
  }
  return Login{file, user, ends};
}

Login save_login(const std::string& dsn, const std::string& user, const pki::Secret& password, WallTime until) {
  auto file = file_for(dsn);
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (!error) fs::permissions(file.parent_path(), fs::perms::owner_all, error);
  if (error) throw Failure(Fault::permanent, fmt::format("{}: {}", file.parent_path().string(), error.message()));
  auto text = fmt::format("# certfleet login: {}\n{}{}\n{}{}\n", store::dsn::place(dsn), user_mark, user, until_mark,
                          std::chrono::system_clock::to_time_t(until));
  text += store::dsn::passfile_line(user, password.view());
  write_file(file, text, private_mode);
  pki::wipe(text);
  return {file, user, until};
}

bool wipe_login(const std::string& dsn) {
  auto file = file_for(dsn);
  std::error_code error;
  bool removed = fs::remove(file, error);
  if (error) throw Failure(Fault::permanent, fmt::format("{}: {}", file.string(), error.message()));
  return removed;
}

}  // namespace certfleet::cli

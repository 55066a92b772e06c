#include "admin-cli/init_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "admin-cli/init_toml.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/bus/curve.h"
#include "lib/pki/random.h"
#include "lib/store/dsn.h"

namespace certfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr unsigned private_mode = 0600;
constexpr std::size_t password_length = 32;  // 190 bits

bool has_nothing(const fs::path& folder) {
  std::error_code error;
  return fs::is_empty(folder, error) || error;
}

pki::SealingPublicKey ensure_sealing_key(const fs::path& file) {
  if (fs::exists(file)) return pki::SealingKey::from_file_text(pki::Secret(read_file(file))).public_key();
  auto key = pki::SealingKey::generate();
  write_file(file, key.to_file_text().view(), private_mode);
  return key.public_key();
}

std::string ensure_curve_key(const fs::path& file) {
  if (fs::exists(file)) return bus::KeyPair::load(file).public_key.text();
  auto keys = bus::KeyPair::generate();
  keys.save(file);
  return keys.public_key.text();
}

// The password is kept in the passfile itself: what follows the last colon, since ours hold letters and
// digits only.
pki::Secret ensure_password(const fs::path& file, const std::string& role) {
  if (fs::exists(file)) {
    auto line = read_file(file);
    while (!line.empty() && line.back() == '\n') line.pop_back();
    auto colon = line.rfind(':');
    if (colon == std::string::npos || line.size() - colon - 1 != password_length)
      throw Failure(
          Fault::conflict,
          Text{"{}: certfleet init が書いたものではありません", "{}: is not what certfleet init wrote"},
          file.string());
    return pki::Secret::of(std::string_view(line).substr(colon + 1));
  }
  auto password = pki::random_password(password_length);
  write_file(file, store::dsn::passfile_line(role, password.view()), private_mode);
  return password;
}

}  // namespace

InitFolder::InitFolder(const InitPlan& plan)
    : folder_(plan.directory),
      marker_(plan.directory / "init.incomplete"),
      sealing_key_(sealing_key_file(plan)) {
  std::error_code error;
  bool there = fs::exists(folder_, error);
  if (there && !fs::is_directory(folder_, error))
    throw Failure(Fault::usage, Text{"{}: フォルダではありません", "{}: is not a folder"}, folder_.string());
  resumed_ = there && fs::exists(marker_, error);
  if (there && !resumed_ && !has_nothing(folder_))
    throw Failure(Fault::conflict,
                  Text{"{}: 空ではありません。新しいフォルダを指定してください",
                       "{}: is not empty; choose a new folder"},
                  folder_.string());
  if (!there) {
    if (folder_.has_parent_path()) fs::create_directories(folder_.parent_path(), error);
    if (::mkdir(folder_.c_str(), 0700) != 0)
      throw Failure(Fault::permanent, fmt::format("{}: {}", folder_.string(), std::strerror(errno)));
  }
  if (::chmod(folder_.c_str(), 0700) != 0)
    throw Failure(Fault::permanent, fmt::format("{}: {}", folder_.string(), std::strerror(errno)));
  lock_ = ::open(marker_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, private_mode);
  if (lock_ < 0)
    throw Failure(Fault::permanent, fmt::format("{}: {}", marker_.string(), std::strerror(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw Failure(
        Fault::conflict,
        Text{"{}: 別の certfleet init が動いています", "{}: another certfleet init is at work here"},
        folder_.string());
  }
}

InitFolder::~InitFolder() {
  ::close(lock_);
}

std::string InitFolder::sealing_key_id() const {
  if (!fs::exists(sealing_key_)) return "";
  return pki::SealingKey::from_file_text(pki::Secret(read_file(sealing_key_))).id();
}

InitKeys InitFolder::write(const InitPlan& plan, const pki::Secret& admin_password) {
  InitKeys keys;
  keys.sealing = ensure_sealing_key(sealing_key_);
  auto daemons = daemons_of(plan.brokers);
  for (const auto& daemon : daemons) {
    keys.curve[daemon.name] = ensure_curve_key(file_of(plan, daemon.name, ".curve"));
    // Several brokers share one database role, and so one password.
    auto holder = daemon.role == store::peers::Role::broker ? std::string("broker") : daemon.name;
    if (!keys.passwords.contains(holder))
      keys.passwords.emplace(holder, ensure_password(file_of(plan, holder, ".pgpass"), daemon.database_role));
  }
  auto brokers = broker_lines(plan, keys.curve);
  for (const auto& daemon : daemons)
    write_file(file_of(plan, daemon.name, ".toml"), daemon_toml(plan, daemon, brokers), private_mode);
  write_file(plan.directory / "admin.pgpass", store::dsn::passfile_line(plan.admin, admin_password.view()),
             private_mode);
  write_file(plan.directory / "client.toml", client_toml(plan, brokers), private_mode);
  write_file(plan.directory / "certfleet.toml", command_toml(plan, brokers), private_mode);
  return keys;
}

void InitFolder::finish() {
  std::error_code error;
  fs::remove(marker_, error);
  if (error) throw Failure(Fault::permanent, fmt::format("{}: {}", marker_.string(), error.message()));
}

}  // namespace certfleet::cli

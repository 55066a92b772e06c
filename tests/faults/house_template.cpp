#include "tests/faults/house_template.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <system_error>

#include "lib/base/file.h"
#include "tests/faults/cluster.h"
#include "tests/faults/task.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace certfleet::faults {
namespace {

namespace fs = std::filesystem;

void run_well(std::vector<std::string> argv, const std::string& input = "") {
  auto words = fmt::format("{}", fmt::join(argv, " "));
  testing::ProcessOptions options;
  options.input = input;
  auto ran = testing::run(std::move(argv), std::move(options));
  if (ran.exit_code != 0) throw std::runtime_error(words + ": " + ran.err + ran.out);
}

class Locked {
 public:
  explicit Locked(const fs::path& file) : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0)
      throw std::system_error(errno, std::generic_category(), file.string());
  }
  ~Locked() { ::close(fd_); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  int fd_;
};

void make(const fs::path& file, const std::string& bin) {
  testing::TempDir folder("template");
  Cluster cluster(Cluster::Options{});
  cluster.sql("postgres", "CREATE DATABASE certfleet");
  std::vector<std::string> words = {bin + "/certfleet", "init", "--yes", "--password-stdin"};
  for (const auto& [option, value] : std::initializer_list<std::pair<std::string, std::string>>{
           {"--database", cluster.tcp_dsn() + " dbname=certfleet"},
           {"--directory", (folder / "init").string()},
           {"--company", "Faults"},
           {"--site", "here"},
           {"--group", "all"},
           {"--admin", "admin@faults.test"}})
    words.insert(words.end(), {option, value});
  // Where they listen is for each house to say.
  for (int i = 1; i <= template_brokers; ++i) words.insert(words.end(), {"--broker", fmt::format("127.0.0.1:{}", i)});
  run_well(std::move(words), "only-for-this-test\n");
  cluster.sql("certfleet", tables_sql);
  cluster.stop_fast();
  auto unfinished = file.string() + ".new";
  run_well({"tar", "-cf", unfinished, "-C", cluster.data().parent_path().string(), cluster.data().filename().string(),
            "-C", folder.path().string(), "init"});
  fs::permissions(unfinished, fs::perms::owner_read | fs::perms::owner_write);  // it has keys, though of no use
  fs::rename(unfinished, file);
}

}  // namespace

fs::path house_template(const std::string& bin) {
  auto folder = fs::path(bin).parent_path() / fmt::format("house-template-{}", ::geteuid());
  fs::create_directories(folder);
  auto made_of = std::hash<std::string>{}(read_file(bin + "/certfleet", 256U << 20U) + tables_sql);
  auto file = folder / fmt::format("{:016x}.tar", made_of);
  Locked here(folder / "lock");
  if (fs::exists(file)) return file;
  // Of programs that are no more. Whoever reads one now goes on with what it has opened.
  for (const auto& old : fs::directory_iterator(folder))
    if (old.path().filename() != "lock") fs::remove(old.path());
  make(file, bin);
  return file;
}

void copy_from_template(const fs::path& file, const std::string& folder, const fs::path& into) {
  run_well({"tar", "-xf", file.string(), "-C", into.string(), "--preserve-permissions", folder});
}

}  // namespace certfleet::faults

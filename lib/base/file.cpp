#include "lib/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/error.h"

namespace certfleet {
namespace {

// Owns a file descriptor for the length of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// What was read may be a key: nothing of it stays on the stack.
struct Block {
  std::array<char, 16384> bytes{};
  ~Block() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

std::string reason() { return std::strerror(errno); }

}  // namespace

std::string read_file(const std::filesystem::path& file, std::size_t bytes_max) {
  Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) throw Failure(Fault::usage, fmt::format("{}: {}", file.string(), reason()));
  std::string content;
  Block block;
  for (;;) {
    ssize_t n = ::read(in.get(), block.bytes.data(), block.bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Failure(Fault::usage, fmt::format("{}: {}", file.string(), reason()));
    if (n == 0) return content;
    content.append(block.bytes.data(), static_cast<std::size_t>(n));
    if (content.size() > bytes_max)
      throw Failure(Fault::usage, fmt::format("{}: larger than {} bytes", file.string(), bytes_max));
  }
}

void write_file(const std::filesystem::path& file, std::string_view content, unsigned mode) {
  auto fail = [&](const char* step) {
    throw Failure(Fault::permanent, fmt::format("{}: {}: {}", file.string(), step, reason()));
  };
  std::string temporary = fmt::format("{}.new.{}", file.string(), ::getpid());
  {
    Descriptor out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (out.get() < 0) fail("create");
    std::string_view rest = content;
    while (!rest.empty()) {
      ssize_t n = ::write(out.get(), rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("write");
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fchmod(out.get(), mode) != 0) fail("chmod");
    if (::fsync(out.get()) != 0) fail("sync");
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) fail("rename");
}

void require_private(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0)
    throw Failure(Fault::usage, fmt::format("{}: {}", file.string(), reason()));
  if ((info.st_mode & 077U) != 0)
    throw Failure(Fault::usage, fmt::format("{}: must be readable by its owner alone (chmod 600)", file.string()));
}

}  // namespace certfleet

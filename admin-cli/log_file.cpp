#include "admin-cli/log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "admin-cli/context.h"

namespace certfleet::cli {
namespace {

int open_new(const std::string& path, int how) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0600);
}

}  // namespace

LogFile::LogFile(Context& context, const std::string& path) {
  int fd = open_new(path, O_EXCL);
  if (fd < 0 && errno == EEXIST) {
    bool agreed = context.options().yes ||
                  (::isatty(STDIN_FILENO) != 0 &&
                   context.confirmed(context.say({"{} は既にあります。上書きしますか?", "{} exists. Write over it?"}, path)));
    if (!agreed)
      context.fail(Fault::conflict, {"{} は既にあります (上書きするには --yes)", "{} exists already (--yes writes over it)"},
                   path);
    fd = open_new(path, O_TRUNC);
  }
  if (fd < 0) context.fail(Fault::usage, {"{}: 書き込めません: {}", "{}: can't be written: {}"}, path, std::strerror(errno));
  stream_ = ::fdopen(fd, "w");
  CERTFLEET_INVARIANT(stream_ != nullptr, path);
}

LogFile::~LogFile() { std::fclose(stream_); }

}  // namespace certfleet::cli

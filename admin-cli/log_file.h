// A file that the log is saved to.
#pragma once

#include <cstdio>
#include <string>

namespace certfleet::cli {

class Context;

class LogFile {
 public:
  // Makes the file, for its owner alone. One that exists is written over if the person agrees (--yes), else
  // Failure(conflict); Failure(usage) if it can't be written.
  LogFile(Context& context, const std::string& path);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  std::FILE* stream() { return stream_; }

 private:
  std::FILE* stream_ = nullptr;
};

}  // namespace certfleet::cli

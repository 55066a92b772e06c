// Where children tell that they serve: the datagram socket of sd_notify(3), READY=1.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace certfleet::cli {

class NotifySocket {
 public:
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  int fd() const { return fd_; }
  const std::string& name() const { return name_; }  // the value of NOTIFY_SOCKET
  // Who has said so since the last call; the kernel vouches for the ids.
  std::vector<pid_t> ready();

 private:
  int fd_ = -1;
  std::string name_;
};

}  // namespace certfleet::cli

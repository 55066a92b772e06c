// A server in the clear that says what the test tells it to, and nothing else.
#pragma once

#include <string>
#include <thread>
#include <vector>

namespace certfleet::testing {

class ScriptedServer {
 public:
  enum class End { close, silence };

  // Serves one connection: says[0] at once, each of the others after one more line was heard (after DATA: the
  // line with the dot). Then it closes the connection, or listens on in silence until the client leaves.
  explicit ScriptedServer(std::vector<std::string> says, End end = End::silence);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  // All lines that the client has sent; waits until the connection is over.
  const std::vector<std::string>& heard();

 private:
  void serve();
  bool hear_line(int client);

  std::vector<std::string> says_;
  End end_;
  int fd_ = -1;
  int port_ = 0;
  std::string buffer_;
  std::vector<std::string> heard_;
  std::thread thread_;
};

}  // namespace certfleet::testing

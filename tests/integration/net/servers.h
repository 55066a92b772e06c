// Servers for the tests of lib/net, all on free ports of 127.0.0.1.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/net/address.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace certfleet::net::testing {

using certfleet::testing::Process;
using certfleet::testing::TempDir;

// A certificate with its key and, after it, the chain, as files for `openssl s_server`.
class Identity {
 public:
  Identity(const TempDir& dir, const std::string& name, const pki::Certificate& certificate,
           const pki::PrivateKey& key, const std::vector<pki::Certificate>& chain = {});

  const pki::Certificate& certificate() const { return certificate_; }
  std::string file(const std::string& kind) const;  // "crt", "key", "chain"

 private:
  std::string base_;
  pki::Certificate certificate_;
};

// A real TLS server: `openssl s_server` with these further arguments. In `dir` are the files that -WWW
// serves.
class TlsServer {
 public:
  TlsServer(const TempDir& dir, const Identity& identity, const std::vector<std::string>& arguments);
  const Address& address() const { return address_; }

 private:
  std::unique_ptr<Process> process_;
  Address address_;
};

// Accepts, as the kernel does it, and never says a word.
class SilentServer {
 public:
  SilentServer();
  ~SilentServer();
  const Address& address() const { return address_; }
  int fd() const { return fd_; }

 private:
  int fd_;
  Address address_;
};

// Runs `serve` with each connection in a thread of its own and closes it afterwards.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(int connection)> serve);
  ~ScriptedServer();
  const Address& address() const { return listener_.address(); }

 private:
  SilentServer listener_;
  std::vector<std::jthread> connections_;  // the next one's own
  std::jthread thread_;
};

// A request up to its empty line and with its body; empty when the other end has closed.
std::string read_request(int connection);
void read_some(int connection);  // whatever comes next, or the end
void write_text(int connection, std::string_view text);

// An HTTP proxy that knows CONNECT only. `asked` gets the targets.
class Proxy {
 public:
  Proxy();
  const Address& address() const { return server_.address(); }
  std::vector<std::string> asked() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> asked_;
  ScriptedServer server_;
};

}  // namespace certfleet::net::testing

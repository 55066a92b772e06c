// The door of a CA at which a test can let it be busy, which pebble never is: HTTPS in front of a real CA, to which
// each request goes on as it came.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/net/http.h"
#include "tests/integration/net/servers.h"
#include "tests/support/issuer/issuer.h"
#include "tests/support/temp_dir.h"

namespace certfleet::testing {

// Strict: what a client of RFC 8555 may not send is refused and remembered. Its functions are for any thread.
class CaRelay {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Seen {
    std::string path;
    WallTime at;  // when it had come
    WallTime answered;
    int status = 0;  // of the answer
  };

  // To the CA of this directory, whose certificate is checked by the CA certificates of this file.
  CaRelay(const std::string& directory_url, const std::string& ca_file);
  ~CaRelay();

  std::string directory_url() const;
  const std::string& ca_pem() const { return ca_pem_; }  // by which this relay is trusted

  // From now on requests whose path holds the word are answered in the CA's stead, which never hears of them.
  void refuse(const std::string& word, int status, Headers headers);
  // From now on these are added to what the CA answers to such requests.
  void add_to_answers(const std::string& word, Headers headers);
  void mend();  // nothing of this any more

  std::vector<Seen> seen() const;
  std::vector<std::string> wrongs() const;

 private:
  struct Rule {
    std::string word;
    int status = 0;  // 0: the CA's own
    Headers headers;
  };
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  void serve(int connection);
  net::HttpResponse answer(net::HttpClient& ca, const net::HttpRequest& request, const std::string& path);
  std::optional<Rule> rule_for(const std::string& path) const;
  void wrong(const std::string& what);

  std::string ca_;  // "https://localhost:14000"
  std::string directory_path_;
  std::string trusted_pem_;
  std::string ca_pem_;
  TempDir dir_{"relay"};
  std::unique_ptr<SSL_CTX, Free> context_;
  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
  std::vector<Seen> seen_;
  std::vector<std::string> wrongs_;
  std::unique_ptr<net::testing::ScriptedServer> server_;
};

}  // namespace certfleet::testing

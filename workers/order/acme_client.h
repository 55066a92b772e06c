// ACME's transport (RFC 8555 section 6): signed requests, nonces, problems. Knows nothing of orders.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/pki/key.h"
#include "workers/order/acme_objects.h"
#include "workers/order/web.h"

namespace certfleet::order {

struct Answer {
  int status = 0;
  std::string body;
  std::string location;
  std::optional<std::chrono::seconds> retry_after;
  std::optional<Problem> problem;

  bool good() const { return status >= 200 && status < 300; }
  bool is(std::string_view acme_type) const { return problem && problem->is(acme_type); }
};

class AcmeClient {
 public:
  struct Settings {
    std::string directory_url;
    Deadline deadline;  // of all calls together
    std::stop_token stop;
  };
  // `web`, `clock` and `key` (the account's) outlive this. One thread.
  AcmeClient(Web& web, const Clock& clock, const pki::PrivateKey& key, Settings settings);

  // Fetched once. Failure naming the URL if it can't be had, or is no directory.
  const Directory& directory();

  // Signs and sends; a nonce that the server does not take is replaced, ten times at most (section 6.5).
  // `kid` is the account's URL; empty: the key itself goes along, as newAccount wants it. `what` names the
  // request in failures. Every status is an answer, not a failure.
  Answer post(std::string_view what, const std::string& url, const std::string& kid,
              const std::string& payload, const std::string& accept = "application/json");

 private:
  net::HttpResponse send(std::string_view what, const net::HttpRequest& request);
  std::string nonce();
  void keep_nonce(const net::HttpResponse& response);

  Web& web_;
  const Clock& clock_;
  const pki::PrivateKey& key_;
  Settings settings_;
  std::optional<Directory> directory_;
  std::deque<std::string> nonces_;
};

// The answer, if it is one of success; else Failure as of failure_of().
const Answer& require_good(std::string_view what, const Answer& answer);

}  // namespace certfleet::order

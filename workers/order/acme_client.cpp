#include "workers/order/acme_client.h"

#include <fmt/format.h>

#include "lib/pki/jws.h"
#include "workers/order/trace_ids.h"

namespace certfleet::order {
namespace {

constexpr int nonce_tries = 10;         // a server that refuses more has another trouble
constexpr std::size_t nonces_kept = 8;  // they lapse; an attempt never has more in flight than one
constexpr std::chrono::seconds call_limit{30};
constexpr const char* user_agent = "certfleet/" CERTFLEET_VERSION;  // section 6.1 asks for one

Answer answer_of(net::HttpResponse response, WallTime now) {
  Answer answer;
  answer.status = response.status;
  answer.location = response.header("location").value_or("");
  answer.retry_after = response.retry_after(now);
  answer.body = std::move(response.body);
  if (!answer.good()) answer.problem = parse_problem(answer.body);
  return answer;
}

}  // namespace

AcmeClient::AcmeClient(Web& web, const Clock& clock, const pki::PrivateKey& key, Settings settings)
    : web_(web), clock_(clock), key_(key), settings_(std::move(settings)) {}

net::HttpResponse AcmeClient::send(std::string_view what, const net::HttpRequest& request) {
  try {
    auto response = web_.send(request, settings_.deadline.within(call_limit), settings_.stop);
    keep_nonce(response);
    return response;
  } catch (const Failure& failure) {
    throw Failure(failure.fault(), trace_id::failed, fmt::format("{}: {}", what, failure.what()));
  }
}

const Directory& AcmeClient::directory() {
  if (directory_) return *directory_;
  auto answer = answer_of(
      send("directory", {"GET", settings_.directory_url, {{"User-Agent", user_agent}}, {}}), clock_.wall());
  require_good("directory", answer);
  try {
    directory_ = parse_directory(answer.body);
  } catch (const Failure& failure) {
    throw Failure(failure.fault(), trace_id::unexpected,
                  fmt::format("{}: {}", settings_.directory_url, failure.what()));
  }
  return *directory_;
}

void AcmeClient::keep_nonce(const net::HttpResponse& response) {
  auto nonce = response.header("replay-nonce");
  // Section 6.5.1: one that is not base64url, as tokens are, is to be ignored.
  if (!nonce || !is_token(*nonce) || nonces_.size() >= nonces_kept) return;
  nonces_.push_back(std::move(*nonce));
}

std::string AcmeClient::nonce() {
  if (nonces_.empty()) {
    auto response = send("newNonce", {"HEAD", directory().new_nonce, {{"User-Agent", user_agent}}, {}});
    if (nonces_.empty() && response.status >= 400)
      throw failure_of("newNonce", response.status, {}, response.retry_after(clock_.wall()));
    if (nonces_.empty())
      throw Failure(Fault::retry, trace_id::unexpected, "newNonce: the CA's answer has no nonce");
  }
  // The youngest: the oldest are the first to lapse.
  auto nonce = std::move(nonces_.back());
  nonces_.pop_back();
  return nonce;
}

Answer AcmeClient::post(std::string_view what, const std::string& url, const std::string& kid,
                        const std::string& payload, const std::string& accept) {
  Answer answer;
  for (int tries = 0; tries <= nonce_tries; ++tries) {
    net::HttpRequest request{
        "POST",
        url,
        {{"Content-Type", "application/jose+json"}, {"Accept", accept}, {"User-Agent", user_agent}},
        pki::sign_jws(key_, {url, nonce(), kid, payload})};
    answer = answer_of(send(what, request), clock_.wall());
    if (!answer.is("badNonce")) break;
  }
  return answer;
}

const Answer& require_good(std::string_view what, const Answer& answer) {
  if (!answer.good()) throw failure_of(what, answer.status, answer.problem, answer.retry_after);
  return answer;
}

}  // namespace certfleet::order

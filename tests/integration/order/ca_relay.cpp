#include "tests/integration/order/ca_relay.h"

#include <fmt/format.h>
#include <signal.h>

#include <charconv>
#include <stdexcept>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace certfleet::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t request_bytes_max = 64UL * 1024;  // a JWS of ours has a few KB
constexpr auto ca_limit = 20s;

// One connection of a client, from its handshake on.
class Tls {
 public:
  Tls(SSL_CTX* context, int connection) : ssl_(SSL_new(context)) {
    SSL_set_fd(ssl_.get(), connection);
    stands_ = SSL_accept(ssl_.get()) == 1;
  }

  bool stands() const { return stands_; }
  std::string asked_name() const {
    const auto* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name ? name : "";
  }
  // The next request with its body; empty when the client has closed.
  std::string read() {
    std::string text;
    for (std::size_t needed = 0; needed == 0 || text.size() < needed;) {
      char bytes[4096];
      int count = SSL_read(ssl_.get(), bytes, sizeof bytes);
      if (count <= 0 || text.size() > request_bytes_max) return {};
      text.append(bytes, static_cast<std::size_t>(count));
      auto end = text.find("\r\n\r\n");
      if (end != std::string::npos) needed = end + 4 + body_bytes(text.substr(0, end));
    }
    return text;
  }
  void write(const std::string& text) { SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }

 private:
  static std::size_t body_bytes(const std::string& head) {
    std::size_t bytes = 0;
    auto at = head.find("\r\nContent-Length: ");
    if (at != std::string::npos) std::from_chars(head.data() + at + 18, head.data() + head.size(), bytes);
    return bytes;
  }
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  bool stands_ = false;
};

std::string take_until(std::string& text, std::string_view end) {
  auto at = text.find(end);
  auto part = text.substr(0, at);
  text.erase(0, at == std::string::npos ? at : at + end.size());
  return part;
}

// Method, path and headers as they came; the URL holds the path only.
net::HttpRequest parsed(std::string text) {
  net::HttpRequest request;
  auto head = take_until(text, "\r\n\r\n");
  request.body = text;
  auto line = take_until(head, "\r\n");
  request.method = take_until(line, " ");
  request.url = take_until(line, " ");
  if (line != "HTTP/1.1") request.method.clear();
  while (!head.empty()) {
    auto header = take_until(head, "\r\n");
    auto name = take_until(header, ": ");
    request.headers.emplace_back(name, header);
  }
  return request;
}

std::string header_of(const net::HttpRequest& request, std::string_view name) {
  for (const auto& [each, value] : request.headers)
    if (each == name) return value;
  return {};
}

// What is wrong with it by RFC 8555 (sections 6.1 and 6.2); empty if nothing is.
std::string wrong_with(const net::HttpRequest& request) {
  bool post = request.method == "POST";
  if (!post && request.method != "GET" && request.method != "HEAD") return "neither GET, HEAD nor POST";
  if (request.url.substr(0, 1) != "/") return "no path";
  if (header_of(request, "Host").empty()) return "no Host";
  if (header_of(request, "User-Agent").empty()) return "no User-Agent";
  if (post && header_of(request, "Content-Type") != "application/jose+json") return "a POST that is no JWS";
  if (post == request.body.empty()) return "a body where none belongs, or none where one does";
  return {};
}

std::string text_of(const net::HttpResponse& response, bool head) {
  auto text = fmt::format("HTTP/1.1 {} of the CA\r\n", response.status);
  for (const auto& [name, value] : response.headers) {
    // The relay's own connection and length.
    if (name != "connection" && name != "transfer-encoding" && name != "content-length")
      text += fmt::format("{}: {}\r\n", name, value);
  }
  text += fmt::format("Content-Length: {}\r\n\r\n", head ? 0 : response.body.size());
  return head ? text : text + response.body;
}

}  // namespace

CaRelay::CaRelay(const std::string& directory_url, const std::string& ca_file)
    : trusted_pem_(read_file(ca_file)), context_(SSL_CTX_new(TLS_server_method())) {
  auto path = directory_url.find('/', std::string_view("https://").size());
  ca_ = directory_url.substr(0, path);
  directory_path_ = directory_url.substr(path);
  auto root = Issuer::root("the relay's CA");
  ca_pem_ = root.certificate().pem();
  auto key = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  net::testing::Identity identity(dir_, "relay", root.issue_for("localhost", key), key);
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  if (SSL_CTX_use_certificate_file(context_.get(), identity.file("crt").c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context_.get(), identity.file("key").c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("the relay's certificate can't be used");
  server_ = std::make_unique<net::testing::ScriptedServer>([this](int connection) { serve(connection); });
}

CaRelay::~CaRelay() = default;

std::string CaRelay::directory_url() const {
  return fmt::format("https://localhost:{}{}", server_->address().port, directory_path_);
}

void CaRelay::refuse(const std::string& word, int status, Headers headers) {
  std::lock_guard lock(mutex_);
  rules_.push_back({word, status, std::move(headers)});
}

void CaRelay::add_to_answers(const std::string& word, Headers headers) {
  std::lock_guard lock(mutex_);
  rules_.push_back({word, 0, std::move(headers)});
}

void CaRelay::mend() {
  std::lock_guard lock(mutex_);
  rules_.clear();
}

std::vector<CaRelay::Seen> CaRelay::seen() const {
  std::lock_guard lock(mutex_);
  return seen_;
}

std::vector<std::string> CaRelay::wrongs() const {
  std::lock_guard lock(mutex_);
  return wrongs_;
}

void CaRelay::wrong(const std::string& what) {
  std::lock_guard lock(mutex_);
  wrongs_.push_back(what);
}

std::optional<CaRelay::Rule> CaRelay::rule_for(const std::string& path) const {
  std::lock_guard lock(mutex_);
  for (const auto& rule : rules_)
    if (path.find(rule.word) != std::string::npos) return rule;
  return std::nullopt;
}

void CaRelay::serve(int connection) {
  // A client that has gone before its answer is no end of this process.
  sigset_t pipes;
  sigemptyset(&pipes);
  sigaddset(&pipes, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipes, nullptr);
  Tls client(context_.get(), connection);
  if (!client.stands()) return;  // who does not trust it goes
  if (client.asked_name() != "localhost") wrong("a client asked for the certificate of " + client.asked_name());
  net::HttpOptions options;
  options.ca_pem = trusted_pem_;
  net::HttpClient ca(std::move(options));
  for (auto text = client.read(); !text.empty(); text = client.read()) {
    auto request = parsed(std::move(text));
    Seen seen{request.url, std::chrono::system_clock::now(), {}, 400};
    net::HttpResponse response{400, {}, "refused by the relay"};
    if (auto what = wrong_with(request); !what.empty())
      wrong(fmt::format("{} {}: {}", request.method, request.url, what));
    else
      response = answer(ca, request, seen.path);
    seen.status = response.status;
    seen.answered = std::chrono::system_clock::now();
    {
      // Before the client can act on it.
      std::lock_guard lock(mutex_);
      seen_.push_back(seen);
    }
    client.write(text_of(response, request.method == "HEAD"));
  }
}

net::HttpResponse CaRelay::answer(net::HttpClient& ca, const net::HttpRequest& request, const std::string& path) {
  auto rule = rule_for(path);
  if (rule && rule->status != 0)
    return {rule->status, rule->headers,
            R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"come again later"})"};
  net::HttpRequest onward{request.method, ca_ + path, {}, request.body};
  // With its Host: the CA makes its URLs from it, and the client signs for them.
  for (const auto& [name, value] : request.headers)
    if (name != "Content-Length" && name != "Connection") onward.headers.emplace_back(name, value);
  try {
    auto response = ca.send(onward, Deadline::in(ca_limit));
    if (rule) response.headers.insert(response.headers.end(), rule->headers.begin(), rule->headers.end());
    return response;
  } catch (const Failure& failure) {
    wrong(fmt::format("{} {}: {}", request.method, path, failure.what()));
    return {502, {}, failure.what()};
  }
}

}  // namespace certfleet::testing

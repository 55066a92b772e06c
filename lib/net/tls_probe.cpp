#include "lib/net/tls_probe.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

#include "lib/base/error.h"
#include "lib/net/connect.h"
#include "lib/net/trace_ids.h"
#include "lib/pki/host_name.h"
#include "lib/pki/limits.h"
#include "lib/pki/openssl.h"

namespace certfleet::net {

namespace {

using SslContextPtr = std::unique_ptr<SSL_CTX, pki::FreedBy<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, pki::FreedBy<SSL_free>>;

// DER, the server's own first: what OpenSSL shows while it shakes hands.
using Seen = std::vector<std::string>;

// Stands in for the verification of the chain: keeps what came and accepts it.
int keep_certificates(X509_STORE_CTX* store, void*) {
  try {
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& seen = *static_cast<Seen*>(SSL_get_app_data(ssl));
    const auto* sent = X509_STORE_CTX_get0_untrusted(store);
    int count = std::min(sk_X509_num(sent), static_cast<int>(pki::chain_certificates_max));
    for (int i = 0; i < count; ++i) seen.push_back(pki::der_of<X509>(sk_X509_value(sent, i), i2d_X509));
    return 1;
  } catch (const std::exception&) {  // must not pass through OpenSSL
    return 0;
  }
}

// The server wants a certificate of ours. By then it has shown its own and, but for the old RSA key exchange,
// proved that it holds the key. So the handshake ends here, before the server can complain.
int end_before_own_certificate(SSL*, X509**, EVP_PKEY**) {
  return -1;
}

SslContextPtr make_context() {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  pki::must(context.get(), "prepare TLS");
  // Whatever the server still speaks: we only look at its certificate.
  SSL_CTX_set_security_level(context.get(), 0);
  pki::must(static_cast<int>(SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION)), "prepare TLS");
  pki::must(SSL_CTX_set_cipher_list(context.get(), "DEFAULT:@SECLEVEL=0"), "prepare TLS");
  SSL_CTX_set_options(context.get(), SSL_OP_LEGACY_SERVER_CONNECT);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_cert_verify_callback(context.get(), keep_certificates, nullptr);
  SSL_CTX_set_client_cert_cb(context.get(), end_before_own_certificate);
  return context;
}

// A handshake over memory: OpenSSL never touches the socket, so that deadline, stop and signals are ours.
class Handshake {
 public:
  Handshake(const Socket& socket, const Waiter& waiter, std::string whom)
      : socket_(socket),
        waiter_(waiter),
        whom_(std::move(whom)),
        context_(make_context()),
        ssl_(SSL_new(context_.get())) {
    pki::must(ssl_.get(), "prepare TLS");
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);  // takes both, null or not
    if (in_ == nullptr || out_ == nullptr) throw Failure(Fault::permanent, "prepare TLS: out of memory");
    SSL_set_app_data(ssl_.get(), &seen_);
  }

  void server_name(const std::string& name) {
    // SSL_set_tlsext_host_name() without its old-style cast.
    auto* text = const_cast<char*>(name.c_str());
    pki::must(
        static_cast<int>(SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, text)),
        "set the server name");
  }

  void run() {
    ERR_clear_error();
    for (;;) {
      int result = SSL_connect(ssl_.get());
      int error = SSL_get_error(ssl_.get(), result);
      flush();
      if (result == 1 || error == SSL_ERROR_WANT_X509_LOOKUP) return;
      if (error != SSL_ERROR_WANT_READ) fail(pki::openssl_reason());
      constexpr std::size_t record_bytes = 16'384;
      auto bytes = receive_some(socket_, record_bytes, waiter_, whom_);
      if (bytes.empty()) fail("");
      pki::must(BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())), "take what the server sent");
    }
  }

  // The polite end of an open connection; what becomes of it doesn't matter.
  void close() {
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    try {
      flush();
    } catch (const Failure&) {
    }
  }

  const Seen& seen() const { return seen_; }
  std::string version() const { return SSL_get_version(ssl_.get()); }

 private:
  void flush() {
    char* bytes = nullptr;
    auto size = BIO_get_mem_data(out_, &bytes);
    if (size <= 0) return;
    send_all(socket_, {bytes, static_cast<std::size_t>(size)}, waiter_, whom_);
    BIO_reset(out_);
  }

  // `reason` is empty if the server just closed.
  [[noreturn]] void fail(const std::string& reason) const {
    if (reason.empty() && seen_.empty())
      throw Failure(Fault::retry, trace_no_certificate,
                    fmt::format("{} closed without a certificate", whom_));
    throw Failure(Fault::retry, trace_connection_failed,
                  fmt::format("the TLS handshake with {} failed: {}", whom_,
                              reason.empty() ? "the server closed the connection" : reason));
  }

  const Socket& socket_;
  const Waiter& waiter_;
  std::string whom_;
  Seen seen_;
  SslContextPtr context_;
  SslPtr ssl_;
  BIO* in_ = nullptr;   // owned by ssl_
  BIO* out_ = nullptr;  // owned by ssl_
};

ServedCertificate served(const Seen& seen, const std::string& whom, std::string peer, std::string version) {
  if (seen.empty())
    throw Failure(Fault::retry, trace_no_certificate, fmt::format("{} sent no certificate", whom));
  try {
    ServedCertificate result{
        pki::Certificate::from_der(seen.front()), {}, std::move(peer), std::move(version)};
    for (std::size_t i = 1; i < seen.size(); ++i) result.chain.push_back(pki::Certificate::from_der(seen[i]));
    return result;
  } catch (const Failure& failure) {
    throw Failure(Fault::retry, trace_no_certificate,
                  fmt::format("what {} sent can't be read: {}", whom, failure.what()));
  }
}

}  // namespace

ServedCertificate probe(const ProbeTarget& target, Deadline deadline, std::stop_token stop) {
  std::optional<std::string> name;
  if (target.sni) name = pki::normalize_dns_name(*target.sni, pki::Wildcard::refused);
  auto whom = to_string(target.address);
  Waiter waiter(deadline, std::move(stop));
  auto socket = connect_through(target.proxy, target.address, waiter);
  Handshake handshake(socket, waiter, whom);
  if (name) handshake.server_name(*name);
  handshake.run();
  auto result = served(handshake.seen(), whom, socket.peer(), handshake.version());
  handshake.close();
  return result;
}

}  // namespace certfleet::net

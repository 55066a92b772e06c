#include "workers/mail/channel.h"

#include <Poco/Crypto/X509Certificate.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <chrono>
#include <sstream>

#include "lib/base/error.h"
#include "lib/net/connect.h"
#include "lib/pki/pem.h"
#include "lib/pki/printable.h"

namespace certfleet::mail {
namespace {

namespace pn = Poco::Net;

// Of one answer: a busy server may check a mail for a while, but a whole attempt has a minute.
constexpr auto step_limit = std::chrono::seconds(30);
constexpr int chain_length_max = 9;

// A mail server may be given by its address (manual 6.6.2). OpenSSL checks both kinds of names, Poco's own check
// knows no addresses.
void expect_name(SSL_CTX* context, const std::string& host) {
  auto* param = SSL_CTX_get0_param(context);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1) return;
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size()) != 1)
    throw Failure(Fault::usage, fmt::format("\"{}\" can't be the name of a mail server", pki::printable(host)));
}

void add_authorities(pn::Context& context, const std::string& ca_pem) {
  int found = 0;
  for (const auto& block : pki::parse_pem(ca_pem)) {
    if (block.label != "CERTIFICATE") continue;
    std::istringstream one(pki::to_pem(block.label, block.der.view()));  // Poco reads the first alone
    try {
      context.addCertificateAuthority(Poco::Crypto::X509Certificate(one));
    } catch (const Poco::Exception& error) {
      throw Failure(Fault::usage, "the CA of the mail settings can't be read: " + error.displayText());
    }
    ++found;
  }
  if (found == 0) throw Failure(Fault::usage, "the CA of the mail settings holds no certificate");
}

pn::Context::Ptr trust(const std::string& host, const std::optional<std::string>& ca_pem) {
  pn::Context::Ptr context(new pn::Context(pn::Context::TLS_CLIENT_USE, "", pn::Context::VERIFY_STRICT,
                                           chain_length_max, !ca_pem.has_value()));
  context->requireMinimumProtocol(pn::Context::PROTO_TLSV1_2);
  context->enableExtendedCertificateVerification(false);
  if (ca_pem) add_authorities(*context, *ca_pem);
  SSL_CTX_set_verify(context->sslContext(), SSL_VERIFY_PEER, nullptr);
  expect_name(context->sslContext(), host);
  return context;
}

// Poco's socket on a connection that lib/net has made.
class Adopted final : public pn::StreamSocket {
 public:
  explicit Adopted(int fd) : StreamSocket(new pn::StreamSocketImpl(fd)) {}
};

}  // namespace

struct Channel::Impl {
  Impl(net::Socket connected, std::string to, const net::Waiter& with)
      : waiter(with), whom(std::move(to)), socket(Adopted(connected.release())) {
    socket.setBlocking(false);
  }

  [[noreturn]] void broken(const std::string& why) const {
    throw Failure(Fault::retry, fmt::format("{}: {}", whom, why));
  }

  // Until Poco's call has moved bytes. It says 0 for the end, less for what it waits for.
  template <class Call>
  int moved(Call&& call, short events, Deadline step) {
    for (;;) {
      int count = call();
      if (count >= 0) return count;
      // Over TLS reading may need to write and the other way round.
      short wanted = count == pn::SecureStreamSocket::ERR_SSL_WANT_WRITE ? short{POLLOUT} : events;
      if (!waiter.ready(socket.impl()->sockfd(), wanted, step)) broken("no answer in time");
    }
  }

  const net::Waiter& waiter;
  std::string whom;
  pn::StreamSocket socket;
  ReplyReader replies;
};

Channel::Channel(const net::Address& address, const net::Waiter& waiter)
    : impl_(std::make_unique<Impl>(net::connect_to(address, waiter), net::to_string(address), waiter)) {}

Channel::~Channel() = default;

void Channel::encrypt(const std::string& host, const std::optional<std::string>& ca_pem) {
  // Whoever sits in between could put it there, and it would count as said by the server.
  if (impl_->replies.has_rest()) impl_->broken("said more than its answer to STARTTLS in the clear");
  static const bool ready = (pn::initializeSSL(), true);
  if (!ready) return;
  auto context = trust(host, ca_pem);
  try {
    auto secure = pn::SecureStreamSocket::attach(impl_->socket, host, context);
    secure.setBlocking(false);
    auto step = impl_->waiter.deadline().within(step_limit);
    impl_->moved([&] { return secure.completeHandshake(); }, POLLIN, step);
    impl_->socket = secure;
  } catch (const pn::SSLConnectionUnexpectedlyClosedException&) {
    impl_->broken("closed the connection during the TLS handshake");
  } catch (const pn::SSLException& error) {
    throw Failure(Fault::denied, fmt::format("{}: TLS: {}", impl_->whom, error.displayText()));
  } catch (const Poco::Exception& error) {
    impl_->broken(error.displayText());
  }
}

void Channel::write(std::string_view bytes) {
  auto step = impl_->waiter.deadline().within(step_limit);
  try {
    while (!bytes.empty()) {
      auto send = [&] { return impl_->socket.sendBytes(bytes.data(), static_cast<int>(bytes.size())); };
      bytes.remove_prefix(static_cast<std::size_t>(impl_->moved(send, POLLOUT, step)));
    }
  } catch (const Poco::Exception& error) {
    impl_->broken(error.displayText());
  }
}

Reply Channel::read() {
  auto step = impl_->waiter.deadline().within(step_limit);
  std::array<char, 4096> block{};
  try {
    for (;;) {
      if (auto reply = impl_->replies.take()) return *reply;
      if (step.over()) impl_->broken("no whole answer in time");
      auto receive = [&] { return impl_->socket.receiveBytes(block.data(), static_cast<int>(block.size())); };
      int count = impl_->moved(receive, POLLIN, step);
      if (count == 0) impl_->broken("closed the connection");
      impl_->replies.feed({block.data(), static_cast<std::size_t>(count)});
    }
  } catch (const Poco::Exception& error) {
    impl_->broken(error.displayText());
  }
}

}  // namespace certfleet::mail

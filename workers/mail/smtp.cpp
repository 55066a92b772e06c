#include "workers/mail/smtp.h"

#include <Poco/Crypto/X509Certificate.h>
#include <Poco/Environment.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/DialogSocket.h>
#include <Poco/Net/MailMessage.h>
#include <Poco/Net/MailRecipient.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SMTPClientSession.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <sstream>

#include "lib/base/error.h"

namespace certfleet::mail {
namespace {

namespace net = Poco::Net;

constexpr int trace_failed = 2201;
constexpr auto step_limit = std::chrono::seconds(30);  // of one answer of the server

Poco::Timespan span_of(Deadline deadline) {
  auto left = deadline.within(step_limit).left();
  return Poco::Timespan(static_cast<Poco::Timespan::TimeDiff>(std::max<std::int64_t>(left.count(), 1)) * 1000);
}

// OpenSSL itself checks chain and name: Poco's own check skips some names and knows no addresses.
net::Context::Ptr trust(const Server& server) {
  net::Context::Ptr context(
      new net::Context(net::Context::TLS_CLIENT_USE, "", net::Context::VERIFY_STRICT, 9, !server.ca_pem.has_value()));
  context->requireMinimumProtocol(net::Context::PROTO_TLSV1_2);
  context->enableExtendedCertificateVerification(false);
  if (server.ca_pem) {
    std::istringstream pem(*server.ca_pem);
    context->addCertificateAuthority(Poco::Crypto::X509Certificate(pem));
  }
  SSL_CTX_set_verify(context->sslContext(), SSL_VERIFY_PEER, nullptr);
  auto* param = SSL_CTX_get0_param(context->sslContext());
  if (X509_VERIFY_PARAM_set1_ip_asc(param, server.host.c_str()) != 1) {
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(param, server.host.c_str(), server.host.size());
  }
  return context;
}

// Poco's session, with the steps in our order and a time limit on each.
class Session final : public net::SMTPClientSession {
 public:
  Session(const net::StreamSocket& socket, Deadline deadline) : SMTPClientSession(socket), deadline_(deadline) {}

  void greet() {
    limit();
    login(Poco::Environment::nodeName(), offers_);
  }
  bool offers(const char* what) const { return offers_.find(what) != std::string::npos; }

  void encrypt(const Server& server) {
    limit();
    std::string response;
    int status = sendCommand("STARTTLS", response);
    if (!isPositiveCompletion(status)) throw net::SMTPException("STARTTLS refused", response, status);
    net::SecureStreamSocket secure(net::SecureStreamSocket::attach(socket(), server.host, trust(server)));
    secure.completeHandshake();
    socket() = secure;
  }

  void authenticate(const Server& server) {
    limit();
    std::string password(server.password.view());
    struct Wipe {
      std::string& text;
      ~Wipe() { pki::wipe(text); }
    } wipe{password};
    offers("PLAIN") ? loginUsingPlain(*server.user, password) : loginUsingLogin(*server.user, password);
  }

  void deliver(const net::MailMessage& message) {
    limit();
    sendMessage(message);
  }

 private:
  void limit() {
    if (deadline_.over()) throw Poco::TimeoutException("no time left");
    socket().setReceiveTimeout(span_of(deadline_));
    socket().setSendTimeout(span_of(deadline_));
  }
  Deadline deadline_;
  std::string offers_;  // the server's answer to EHLO
};

void fill(net::MailMessage& message, const Envelope& envelope, const Text& text) {
  message.setSender(envelope.from);
  for (const auto& to : envelope.to) message.addRecipient({net::MailRecipient::PRIMARY_RECIPIENT, to});
  for (const auto& cc : envelope.cc) message.addRecipient({net::MailRecipient::CC_RECIPIENT, cc});
  message.setSubject(net::MailMessage::encodeWord(text.subject, "UTF-8"));
  message.setDate(Poco::Timestamp::fromEpochTime(std::chrono::system_clock::to_time_t(envelope.date)));
  message.set("Message-ID", envelope.message_id);
  message.set("Auto-Submitted", "auto-generated");
  message.setContentType("text/plain; charset=UTF-8");
  message.setContent(text.body, net::MailMessage::ENCODING_BASE64);
}

// What would become lines of the header, or commands, must not hold lines itself.
void require_one_line(const Envelope& envelope, const Text& text) {
  auto check = [](const std::string& value) {
    if (value.find_first_of(std::string("\r\n\0", 3)) != std::string::npos)
      throw Failure(Fault::usage, trace_failed, "a mail's address or subject holds a line break");
  };
  check(envelope.from);
  check(envelope.message_id);
  check(text.subject);
  for (const auto& list : {envelope.to, envelope.cc})
    for (const auto& address : list) check(address);
}

Sent converse(const Server& server, const Envelope& envelope, const Text& text, Deadline deadline) {
  net::StreamSocket socket;
  socket.connect(net::SocketAddress(server.host, static_cast<Poco::UInt16>(server.port)), span_of(deadline));
  Session session(socket, deadline);
  session.greet();
  Sent sent;
  if (session.offers("STARTTLS")) {
    session.encrypt(server);
    sent.encrypted = true;
    session.greet();
  } else if (server.user) {
    throw Failure(Fault::denied, trace_failed,
                  fmt::format("{}:{}: offers no STARTTLS, so no credentials were sent", server.host, server.port));
  }
  if (server.user) session.authenticate(server);
  net::MailMessage message;
  fill(message, envelope, text);
  session.deliver(message);
  try {
    session.close();
  } catch (const Poco::Exception&) {
    // The mail was accepted: how the server takes its leave changes nothing.
  }
  return sent;
}

}  // namespace

Sent send(const Server& server, const Envelope& envelope, const Text& text, Deadline deadline) {
  static const bool ready = (net::initializeSSL(), true);
  require_one_line(envelope, text);
  auto failure = [&](Fault fault, const std::string& what) {
    return Failure(fault, trace_failed, fmt::format("{}:{}: {}", server.host, server.port, what));
  };
  try {
    return ready ? converse(server, envelope, text, deadline) : Sent{};
  } catch (const net::SMTPException& error) {
    throw failure(error.code() >= 400 && error.code() < 500 ? Fault::retry : Fault::permanent, error.displayText());
  } catch (const net::SSLException& error) {
    throw failure(Fault::denied, "TLS: " + error.displayText());
  } catch (const Poco::TimeoutException&) {
    throw failure(Fault::unreachable, "no answer in time");
  } catch (const Poco::Exception& error) {
    throw failure(Fault::unreachable, error.displayText());
  }
}

}  // namespace certfleet::mail

#include "workers/mail/smtp.h"

#include <fmt/format.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fault_point.h"
#include "lib/pki/text.h"
#include "workers/mail/channel.h"

namespace certfleet::mail {
namespace {

constexpr int trace_failed = 2201;

// What this host calls itself towards the server: its name, if that can be one.
std::string own_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  std::string text(name.data());
  bool sound = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.';
  });
  return sound ? text : "localhost";
}

Failure refusal(std::string_view to, const Reply& reply) {
  auto fault = reply.code / 100 == 4 ? Fault::retry : Fault::permanent;
  return {fault, trace_failed, fmt::format("the server answered to {}: {}", to, reply.text())};
}

// One conversation. The steps are in RFC 5321's, RFC 3207's and RFC 4954's order.
class Session {
 public:
  Session(Channel& channel, const Server& server) : channel_(channel), server_(server) {}

  void greet() {
    auto greeting = channel_.read();
    if (!greeting.positive()) throw refusal("the connection", greeting);
    hello();
  }

  bool can_encrypt() const { return offers_.starttls; }

  void encrypt() {
    require("STARTTLS");
    channel_.encrypt(server_.host, server_.ca_pem);
    hello();  // what was offered in the clear counts no more
  }

  void authenticate() {
    std::vector<pki::Secret> answers;
    if (offers_.auth_plain) {
      answers.push_back(plain());
    } else if (offers_.auth_login) {
      answers.emplace_back(pki::base64(*server_.user));
      answers.emplace_back(pki::base64(server_.password.view()));
    } else {
      throw Failure(Fault::permanent, trace_failed, "the server offers neither AUTH PLAIN nor AUTH LOGIN");
    }
    credentials(offers_.auth_plain ? "AUTH PLAIN" : "AUTH LOGIN", answers);
  }

  void deliver(const Envelope& envelope, const std::string& mail, Sent& sent) {
    require(fmt::format("MAIL FROM:<{}>", envelope.from));
    std::optional<Failure> worst;
    for (const auto& list : {envelope.to, envelope.cc})
      for (const auto& address : list) {
        auto command = fmt::format("RCPT TO:<{}>", address);
        auto reply = ask(command);
        if (reply.positive()) {
          ++sent.recipients;
          continue;
        }
        auto failure = refusal(command, reply);
        sent.refused.emplace_back(failure.what());
        if (!worst || failure.transient()) worst = failure;  // what may pass is worth another attempt
      }
    if (sent.recipients == 0) throw worst.value_or(Failure(Fault::usage, trace_failed, "the mail is to nobody"));
    auto data = ask("DATA");
    if (!data.wants_more()) throw refusal("DATA", data);
    FAULT_POINT("mail.data.before");
    auto stored = ask(mail + ".");
    FAULT_POINT("mail.data.after");
    if (!stored.positive()) throw refusal("the mail", stored);
  }

  // The mail was accepted: how the server takes its leave changes nothing, and isn't waited for.
  void leave() noexcept {
    try {
      channel_.write("QUIT\r\n");
    } catch (const Failure&) {  // NOLINT(bugprone-empty-catch)
    }
  }

 private:
  Reply ask(const std::string& line) {
    channel_.write(line + "\r\n");
    return channel_.read();
  }

  void require(const std::string& command) {
    auto reply = ask(command);
    if (!reply.positive()) throw refusal(command, reply);
  }

  void hello() {
    auto command = "EHLO " + own_name();
    auto reply = ask(command);
    if (!reply.positive()) throw refusal(command, reply);
    offers_ = offers_of(reply);
  }

  pki::Secret plain() const {
    std::string text;
    text.reserve(server_.user->size() + server_.password.size() + 2);  // so that no copy stays behind
    text += '\0';
    text += *server_.user;
    text += '\0';
    text += server_.password.view();
    auto encoded = pki::base64(text);
    pki::wipe(text);
    return pki::Secret(std::move(encoded));
  }

  // The server's words are not repeated: they could hold what it was told.
  void credentials(const std::string& command, const std::vector<pki::Secret>& answers) {
    auto reply = ask(command);
    for (const auto& answer : answers) {
      if (!reply.wants_more()) break;
      channel_.write(answer.view());
      channel_.write("\r\n");
      reply = channel_.read();
    }
    if (!reply.positive())
      throw Failure(reply.code / 100 == 4 ? Fault::retry : Fault::permanent, trace_failed,
                    fmt::format("the server refuses the credentials of {} ({})", *server_.user, reply.code));
  }

  Channel& channel_;
  const Server& server_;
  Offers offers_;
};

Sent converse(const Server& server, const Envelope& envelope, const std::string& mail, const net::Waiter& waiter) {
  Channel channel({server.host, static_cast<std::uint16_t>(server.port)}, waiter);
  Session session(channel, server);
  session.greet();
  Sent sent;
  if (session.can_encrypt()) {
    session.encrypt();
    sent.encrypted = true;
  } else if (server.user) {
    throw Failure(Fault::denied, trace_failed, "the server offers no STARTTLS, so no credentials were sent");
  }
  if (server.user) session.authenticate();
  session.deliver(envelope, mail, sent);
  session.leave();
  return sent;
}

}  // namespace

Sent send(const Server& server, const Envelope& envelope, const Text& text, Deadline deadline,
          const std::stop_token& stop) {
  try {
    auto mail = mime(envelope, text);
    net::Waiter waiter(deadline, stop);
    return converse(server, envelope, mail, waiter);
  } catch (const Failure& failure) {
    if (failure.trace_id() == trace_failed) throw;
    // Ids of connections are not those of mails; and a server that can't be talked to is as good as none.
    auto fault = failure.fault() == Fault::retry ? Fault::unreachable : failure.fault();
    throw Failure(stop.stop_requested() ? Fault::retry : fault, trace_failed, failure.what());
  }
}

}  // namespace certfleet::mail

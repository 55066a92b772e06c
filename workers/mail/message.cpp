#include "workers/mail/message.h"

#include <fmt/format.h>

#include <array>

namespace certfleet::mail {
namespace {

using domain::MailEvent;
using trace::Language;

// In the subject: what happened. In the body: the same as a sentence about {0}, the service or the node.
struct Wording {
  MailEvent event;
  std::string_view ja, en;
  std::string_view ja_sentence, en_sentence;
};

constexpr std::array wordings = {
    Wording{MailEvent::expiry_90, "証明書の有効期間が90日未満です", "Certificate expires in less than 90 days",
            "{0} の証明書の有効期間が90日未満です。", "The certificate of {0} expires in less than 90 days."},
    Wording{MailEvent::expiry_60, "証明書の有効期間が60日未満です", "Certificate expires in less than 60 days",
            "{0} の証明書の有効期間が60日未満です。", "The certificate of {0} expires in less than 60 days."},
    Wording{MailEvent::expiry_30, "証明書の有効期間が30日未満です", "Certificate expires in less than 30 days",
            "{0} の証明書の有効期間が30日未満です。", "The certificate of {0} expires in less than 30 days."},
    Wording{MailEvent::expiry_15, "証明書の有効期間が15日未満です", "Certificate expires in less than 15 days",
            "{0} の証明書の有効期間が15日未満です。", "The certificate of {0} expires in less than 15 days."},
    Wording{MailEvent::expired, "証明書が失効しています", "Certificate has expired",
            "{0} の証明書は有効期間を過ぎています。", "The certificate of {0} has expired."},
    Wording{MailEvent::order_started, "申請を開始しました", "Order started", "{0} の証明書の申請を開始しました。",
            "The order of a certificate for {0} has started."},
    Wording{MailEvent::order_progress, "申請中です", "Order under way", "{0} の証明書を申請しています。",
            "The order of a certificate for {0} is under way."},
    Wording{MailEvent::order_succeeded, "申請が完了しました", "Order completed", "{0} の証明書の申請が完了しました。",
            "The certificate for {0} was issued and stored."},
    Wording{MailEvent::order_failed, "申請が異常終了しました", "Order failed", "{0} の証明書の申請が異常終了しました。",
            "The order of a certificate for {0} has failed."},
    Wording{MailEvent::apply_started, "適用を開始しました", "Apply started", "{0} への適用を開始しました。",
            "The apply to {0} has started."},
    Wording{MailEvent::apply_succeeded, "適用が終了しました", "Apply completed", "{0} への適用が終了しました。",
            "The certificate is applied to {0} and served."},
    Wording{MailEvent::apply_failed, "適用が失敗しました", "Apply failed", "{0} への適用が失敗しました。",
            "The apply to {0} has failed."},
};

// A configured text can't add header lines or break the layout of the subject.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

void fact(std::string& body, std::string_view name, std::string_view value) {
  if (!value.empty()) body += fmt::format(" {} : {}\n", name, value);
}

// Those of an apply stand between a line for its begin and one for its end.
void traces(std::string& body, const Facts& facts) {
  if (facts.traces.empty()) return;
  bool ja = facts.language == Language::ja;
  bool framed = !facts.node.empty() && !facts.began.empty();
  body += ja ? " トレースメッセージ :\n" : " Traces :\n";
  if (framed) body += fmt::format(" {}[{}] {}\n", ja ? "適用の開始" : "Apply began ", facts.node_kind, facts.began);
  for (const auto& line : facts.traces) body += fmt::format(" {}\n", one_line(line));
  if (framed) body += fmt::format(" {}[{}] {}\n", ja ? "適用の終了" : "Apply ended ", facts.node_kind, facts.ended);
}

}  // namespace

Text compose(const Facts& facts) {
  const auto& words = wordings[static_cast<std::size_t>(facts.event)];
  bool ja = facts.language == Language::ja;
  auto about = facts.node.empty() ? facts.service : fmt::format("{}:{}", facts.service, facts.node);
  Text text;
  text.subject = one_line(fmt::format("{} {}[{}]", facts.title, ja ? words.ja : words.en, about));
  if (text.subject.starts_with(' ')) text.subject.erase(0, 1);

  if (!facts.text.empty()) text.body += facts.text + "\n\n";
  text.body += fmt::format(fmt::runtime(ja ? words.ja_sentence : words.en_sentence),
                           facts.node.empty() ? facts.service : facts.node) + "\n";
  if (!facts.node.empty()) fact(text.body, ja ? "サービス名" : "Service", facts.service);
  fact(text.body, ja ? "拠点名" : "Site", facts.site);
  fact(text.body, ja ? "有効期間終了日" : "Valid until", facts.last_day);
  fact(text.body, ja ? "メッセージ" : "Message", one_line(facts.error));
  traces(text.body, facts);
  return text;
}

}  // namespace certfleet::mail

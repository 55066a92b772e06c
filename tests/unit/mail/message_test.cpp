#include "workers/mail/message.h"

#include <gtest/gtest.h>

#include <set>

namespace certfleet::mail {
namespace {

using domain::MailEvent;

// The names of manual appendix 12.2.
Facts facts(MailEvent event, trace::Language language = trace::Language::ja) {
  Facts facts;
  facts.event = event;
  facts.title = "SSL証明書管理SW";
  facts.text = "SSL証明書管理SWからおしらせ";
  facts.service = "service001";
  facts.language = language;
  return facts;
}

TEST(Message, of_an_expiry_names_the_service_and_its_last_day) {
  auto expiry = facts(MailEvent::expiry_90);
  expiry.last_day = "20230226";
  auto text = compose(expiry);
  EXPECT_EQ(text.subject, "SSL証明書管理SW 証明書の有効期間が90日未満です[service001]");
  EXPECT_EQ(text.body,
            "SSL証明書管理SWからおしらせ\n\nservice001 の証明書の有効期間が90日未満です。\n 有効期間終了日 : 20230226\n");
}

TEST(Message, of_an_apply_names_service_node_and_site_and_carries_the_traces) {
  auto apply = facts(MailEvent::apply_failed);
  apply.node = "ServerABC";
  apply.node_kind = "apache";
  apply.site = "幕張DC";
  apply.began = "2023/02/21 02:46:19";
  apply.ended = "2023/02/21 02:46:23";
  apply.error = "ログインできません。[root]";
  apply.traces = {"apply <E1811> 00001 ログインできません。[root]"};
  auto text = compose(apply);
  EXPECT_EQ(text.subject, "SSL証明書管理SW 適用が失敗しました[service001:ServerABC]");
  EXPECT_EQ(text.body,
            "SSL証明書管理SWからおしらせ\n\nServerABC への適用が失敗しました。\n サービス名 : service001\n 拠点名 : 幕張DC\n"
            " メッセージ : ログインできません。[root]\n トレースメッセージ :\n"
            " 適用の開始[apache] 2023/02/21 02:46:19\n"
            " apply <E1811> 00001 ログインできません。[root]\n"
            " 適用の終了[apache] 2023/02/21 02:46:23\n");
}

TEST(Message, of_an_apply_is_laid_out_the_same_in_english) {
  auto apply = facts(MailEvent::apply_succeeded, trace::Language::en);
  apply.title = "certfleet";
  apply.text = "";
  apply.node = "ServerABC";
  apply.node_kind = "apache";
  apply.traces = {"apply <I1859> 00001 applied"};
  apply.began = apply.ended = "2023/02/21 02:46:19";
  auto text = compose(apply);
  EXPECT_EQ(text.subject, "certfleet Apply completed[service001:ServerABC]");
  EXPECT_EQ(text.body,
            "The certificate is applied to ServerABC and served.\n Service : service001\n Traces :\n"
            " Apply began [apache] 2023/02/21 02:46:19\n apply <I1859> 00001 applied\n"
            " Apply ended [apache] 2023/02/21 02:46:19\n");
}

TEST(Message, no_two_events_have_the_same_subject) {
  for (auto language : {trace::Language::ja, trace::Language::en}) {
    std::set<std::string> subjects;
    for (int i = 0; i <= static_cast<int>(MailEvent::apply_failed); ++i)
      EXPECT_TRUE(subjects.insert(compose(facts(static_cast<MailEvent>(i), language)).subject).second) << i;
  }
}

TEST(Message, success_does_not_look_like_an_expiry) {
  EXPECT_EQ(compose(facts(MailEvent::order_succeeded)).subject, "SSL証明書管理SW 申請が完了しました[service001]");
}

TEST(Message, every_event_has_both_languages_and_names_its_subject) {
  for (int i = 0; i <= static_cast<int>(MailEvent::apply_failed); ++i)
    for (auto language : {trace::Language::ja, trace::Language::en}) {
      auto text = compose(facts(static_cast<MailEvent>(i), language));
      EXPECT_NE(text.subject.find("[service001]"), std::string::npos);
      EXPECT_NE(text.body.find("service001"), std::string::npos);
      EXPECT_EQ(text.body.find("{0}"), std::string::npos);
    }
}

TEST(Message, a_configured_title_can_not_add_header_lines) {
  auto sly = facts(MailEvent::order_started);
  sly.title = "x\r\nBcc: everybody@demo.test";
  EXPECT_EQ(compose(sly).subject.find_first_of("\r\n"), std::string::npos);
}

TEST(Message, without_a_title_the_subject_begins_with_the_event) {
  auto plain = facts(MailEvent::order_started);
  plain.title = "";
  EXPECT_EQ(compose(plain).subject, "申請を開始しました[service001]");
}

}  // namespace
}  // namespace certfleet::mail

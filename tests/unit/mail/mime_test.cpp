#include "workers/mail/mime.h"

#include <gtest/gtest.h>

#include <sstream>

#include "lib/pki/printable.h"
#include "lib/pki/text.h"
#include "tests/support/failure.h"

namespace certfleet::mail {
namespace {

using testing::failure_of;

Envelope envelope() {
  return {"certfleet@demo.test", {"a@demo.test", "b@demo.test"}, {"c@demo.test"}, "<1@certfleet>",
          std::chrono::sys_days(std::chrono::year(2023) / 2 / 19) + std::chrono::hours(3)};
}

// What the words of a header decode to; each must be whole UTF-8 of at most 75 bytes.
std::string decoded(const std::string& header) {
  std::istringstream words(header);
  std::string word, out;
  while (words >> word) {
    EXPECT_LE(word.size(), 75u) << word;
    EXPECT_TRUE(word.starts_with("=?UTF-8?B?") && word.ends_with("?=")) << word;
    auto bytes = pki::from_base64(word.substr(10, word.size() - 12));
    EXPECT_TRUE(bytes && pki::is_utf8(*bytes)) << word;
    out += bytes.value_or("");
  }
  return out;
}

TEST(Mime, a_mail_is_headers_then_base64) {
  EXPECT_EQ(mime(envelope(), {"hello", "service001 の申請\n"}),
            "Date: Sun, 19 Feb 2023 03:00:00 +0000\r\n"
            "From: <certfleet@demo.test>\r\n"
            "To: <a@demo.test>,\r\n <b@demo.test>\r\n"
            "Cc: <c@demo.test>\r\n"
            "Subject: hello\r\n"
            "Message-ID: <1@certfleet>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n" +
                pki::base64("service001 の申請\r\n") + "\r\n");
}

TEST(Mime, a_subject_of_any_length_is_cut_between_characters) {
  std::string subject;
  for (int i = 0; i < 60; ++i) {
    subject += i % 7 == 0 ? "é" : i % 5 == 0 ? "x" : i % 11 == 0 ? "😀" : "証";
    EXPECT_EQ(decoded(encoded_words(subject)), subject);
  }
}

TEST(Mime, a_long_subject_of_ascii_is_folded_too) {
  std::string subject(900, 'x');
  EXPECT_EQ(decoded(encoded_words(subject)), subject);
}

TEST(Mime, a_subject_that_looks_encoded_is_taken_as_it_is) {
  EXPECT_EQ(decoded(encoded_words("=?UTF-8?B?eA==?=")), "=?UTF-8?B?eA==?=");
}

TEST(Mime, no_line_is_long_or_begins_with_a_dot) {
  std::string body(5000, '.');
  std::istringstream lines(mime(envelope(), {std::string(300, '.'), body + "\n.\n" + body}));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 79u) << line;  // with its CR
    EXPECT_TRUE(line.ends_with('\r') && !line.starts_with('.')) << line;
  }
}

TEST(Mime, what_would_become_a_header_line_or_a_command_is_refused) {
  for (const char* bad : {"a@demo.test\r\nRCPT TO:<b@demo.test>", "a@demo.test>\n", "a@demo.test> SIZE=1",
                          "a@demo.test, b@demo.test", "", "a@d\x7f", "\xe8\xa8\xbc@demo.test"}) {
    auto from = envelope(), to = envelope(), cc = envelope();
    from.from = bad;
    to.to.emplace_back(bad);
    cc.cc.emplace_back(bad);
    for (const auto& sly : {from, to, cc})
      EXPECT_EQ(failure_of([&] { mime(sly, {"s", "b"}); }).fault(), Fault::usage) << bad;
  }
  auto id = envelope();
  id.message_id = "<1>\nBcc: x@demo.test";
  EXPECT_EQ(failure_of([&] { mime(id, {"s", "b"}); }).fault(), Fault::usage);
  EXPECT_EQ(failure_of([&] { mime(envelope(), {"s\r\nBcc: x@demo.test", "b"}); }).fault(), Fault::usage);
}

}  // namespace
}  // namespace certfleet::mail

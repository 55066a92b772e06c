#include "workers/mail/reply.h"

#include <gtest/gtest.h>

#include "tests/support/failure.h"

namespace certfleet::mail {
namespace {

using testing::failure_of;

TEST(Reply, is_taken_from_bytes_however_they_come) {
  const std::string said = "250-mx.demo.test\r\n250-SIZE 1000\r\n250 STARTTLS\r\n";
  for (std::size_t cut = 0; cut <= said.size(); ++cut) {
    ReplyReader reader;
    reader.feed(said.substr(0, cut));
    if (cut < said.size()) {
      EXPECT_FALSE(reader.take()) << cut;
    }
    reader.feed(said.substr(cut));
    auto reply = reader.take();
    ASSERT_TRUE(reply) << cut;
    EXPECT_EQ(reply->code, 250);
    EXPECT_EQ(reply->lines, (std::vector<std::string>{"mx.demo.test", "SIZE 1000", "STARTTLS"}));
    EXPECT_FALSE(reader.has_rest());
  }
}

TEST(Reply, what_follows_it_is_seen) {
  ReplyReader whole, half;
  whole.feed("220 go\r\n250 injected\r\n");
  half.feed("220 go\r\n250-in\r\n");
  EXPECT_EQ(whole.take()->code, 220);
  EXPECT_EQ(half.take()->code, 220);
  EXPECT_TRUE(whole.has_rest());
  EXPECT_TRUE(half.has_rest());
  EXPECT_FALSE(half.take());
  EXPECT_TRUE(half.has_rest());
}

TEST(Reply, that_is_none_is_refused) {
  for (const char* bad : {"SSH-2.0-OpenSSH\r\n", "\r\n", "25\r\n", "250_x\r\n", "099 x\r\n", "600 x\r\n",
                          "250-a\r\n251 b\r\n"}) {
    ReplyReader reader;
    EXPECT_EQ(failure_of([&] {
                reader.feed(bad);
                reader.take();
              }).fault(),
              Fault::retry)
        << bad;
  }
}

TEST(Reply, without_end_is_refused) {
  ReplyReader line, lines;
  EXPECT_EQ(failure_of([&] { for (;;) line.feed(std::string(1000, 'x')); }).fault(), Fault::retry);
  EXPECT_EQ(failure_of([&] {
              for (;;) {
                lines.feed("250-x\r\n");
                lines.take();
              }
            }).fault(),
            Fault::retry);
}

TEST(Reply, text_of_a_hostile_server_is_one_clean_line) {
  ReplyReader reader;
  reader.feed("550 no\x1b[31m\r\n");
  EXPECT_EQ(reader.take()->text(), "550 no?[31m");
}

TEST(Offers, are_read_word_by_word) {
  auto offers = offers_of({250, {"STARTTLS AUTH PLAIN", "auth LOGIN cram-md5", "XSTARTTLS"}});
  EXPECT_FALSE(offers.starttls);
  EXPECT_FALSE(offers.auth_plain);
  EXPECT_TRUE(offers.auth_login);
  EXPECT_TRUE(offers_of({250, {"x", "starttls"}}).starttls);
}

}  // namespace
}  // namespace certfleet::mail

// Sealing anew on a real database, by the real handler with the grants of the real role.
#include "lib/pipeline/reseal.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/domain/sealed.h"
#include "lib/pki/text.h"
#include "lib/store/sealing_keys.h"
#include "tests/support/bench/test_worker.h"

namespace certfleet::pipeline {
namespace {

using How = store::Finished::How;

std::vector<pki::SealingKey> copies(std::initializer_list<const pki::SealingKey*> keys) {
  std::vector<pki::SealingKey> all;
  for (const auto* key : keys) all.push_back(pki::SealingKey::from_file_text(key->to_file_text()));
  return all;
}

class ResealTest : public ::testing::Test {
 protected:
  // The old key has been active, the new one is.
  ResealTest() {
    store::Database owner(database_.settings());
    owner.write([&](store::Tx& tx) {
      for (const auto* key : {&old_, &new_}) store::sealing_keys::add(tx, {key->id(), key->public_key().bytes, true});
      store::sealing_keys::start_reseal(tx);
    });
    sql("INSERT INTO notification_table (name) VALUES ('n'); INSERT INTO user_group (name) VALUES ('g');"
        "INSERT INTO service (name, group_id, common_name) VALUES ('s', 1, 's.example.com')");
  }

  std::string sql(const std::string& statement) { return database_.sql(statement); }
  static std::string hex(const std::string& box) { return "decode('" + pki::to_hex(box) + "', 'hex')"; }
  std::string sealed(const pki::SealingKey& key, std::string_view purpose, const std::string& secret) {
    return hex(pki::seal(key.public_key(), purpose, pki::Secret::of(secret)));
  }
  void add_accesses(int number) {
    std::string values;
    for (int i = 0; i < number; ++i)
      values += fmt::format("{}('a{}', '192.0.2.1', 'u', 'root', {}, {}, {})", i > 0 ? "," : "", i,
                            sealed(old_, domain::purpose::access_login, fmt::format("password {}", i)),
                            sealed(old_, domain::purpose::access_login_key, fmt::format("key {}", i)),
                            sealed(old_, domain::purpose::access_exec, fmt::format("exec {}", i)));
    sql("INSERT INTO access (name, address, login_id, exec_id, login_secret_sealed, login_key_sealed,"
        " exec_secret_sealed) VALUES " + values);
  }
  void add_key_pairs(int number) {
    std::string values;
    for (int i = 0; i < number; ++i)
      values += fmt::format("{}(1, 'rsa-2048', 'spki{}', {})", i > 0 ? "," : "", i,
                            sealed(old_, domain::purpose::key_pair(fmt::format("spki{}", i)), "pem"));
    sql("INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed) VALUES " + values);
  }
  std::string left() {
    return sql("SELECT coalesce(sum(boxes), 0) FROM sealed_boxes() WHERE key_id = '" + old_.id() + "'");
  }
  std::string box(const std::string& name, const std::string& column) {
    return *pki::from_base64(sql(
        fmt::format("SELECT translate(encode({}, 'base64'), E'\\n', '') FROM access WHERE name = '{}'", column, name)));
  }
  std::string secret(const std::string& name, const std::string& column, std::string_view purpose) {
    return std::string(pki::open(copies({&new_}), purpose, box(name, column)).view());
  }

  testing::TestDatabase database_;
  pki::SealingKey old_ = pki::SealingKey::generate();
  pki::SealingKey new_ = pki::SealingKey::generate();
  testing::TestWorker worker_{database_, domain::Queue::apply, "certfleet_apply"};
  std::shared_ptr<pki::KeyRing> ring_ = std::make_shared<pki::KeyRing>(copies({&old_, &new_}));
  Reseal handler_{"apply.reseal", ring_, 4};  // small batches, so that there are several
};

TEST_F(ResealTest, everything_is_sealed_to_the_active_key_and_opens_for_its_purpose) {
  add_accesses(10);
  add_key_pairs(9);
  ASSERT_EQ(left(), "39");
  auto finished = worker_.run_one(handler_);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->how, How::done) << finished->error;
  EXPECT_EQ(left(), "0");
  EXPECT_EQ(secret("a7", "login_secret_sealed", domain::purpose::access_login), "password 7");
  EXPECT_EQ(secret("a7", "login_key_sealed", domain::purpose::access_login_key), "key 7");
  EXPECT_EQ(secret("a7", "exec_secret_sealed", domain::purpose::access_exec), "exec 7");
  EXPECT_EQ(sql("SELECT string_agg(level || code || ' ' || args[2] || ' ' || args[3], ', ' ORDER BY args[2])"
                " FROM trace"),
            "I31 access.exec_secret 10, I31 access.login_key 10, I31 access.login_secret 10, I31 key_pair.key 9");
  // A worker's writes are no change by a person.
  EXPECT_EQ(sql("SELECT count(*) FROM audit WHERE table_name = 'access' AND action = 'UPDATE'"), "0");
}

TEST_F(ResealTest, a_worker_that_is_killed_in_the_middle_loses_nothing_and_another_goes_on) {
  add_accesses(10);
  bool cut = true;
  int n = 1;
  for (; cut; ++n) {
    ASSERT_LT(n, 60);
    sql(fmt::format("UPDATE access SET login_secret_sealed = {}, login_key_sealed = NULL, exec_secret_sealed = NULL",
                    sealed(old_, domain::purpose::access_login, "again")));
    sql("DELETE FROM job");
    store::Database owner(database_.settings());
    owner.write([](store::Tx& tx) { store::sealing_keys::start_reseal(tx); });
    worker_.saboteur.cut_at(n, testing::Saboteur::Means::crash);
    worker_.run_one(handler_);
    cut = worker_.saboteur.cut();
    worker_.saboteur.cut_at(0, testing::Saboteur::Means::crash);
    // Each box is one that opens, at every moment.
    for (const auto* name : {"a0", "a4", "a9"})
      EXPECT_EQ(ring_->open(domain::purpose::access_login, box(name, "login_secret_sealed")).view(), "again");
    worker_.run_all(handler_);
    EXPECT_EQ(left(), "0") << n;
    EXPECT_EQ(sql("SELECT count(*) FROM job_dead"), "0");
  }
  EXPECT_GT(n, 6);  // three batches, a cut before and after each
}

TEST_F(ResealTest, a_stop_hands_the_job_back_and_what_is_done_stays) {
  add_accesses(3);
  worker_.stop.request_stop();
  auto finished = worker_.run_one(handler_);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->how, How::release);
  EXPECT_EQ(left(), "9");
}

// Between the look and the write somebody sets another password: that one stays.
TEST_F(ResealTest, a_secret_that_is_set_meanwhile_is_never_overwritten) {
  add_accesses(1);
  auto theirs = sealed(new_, domain::purpose::access_login, "theirs");
  class Meddling final : public Handler {
   public:
    Meddling(Reseal& real, std::function<void()> act) : real_(real), act_(std::move(act)) {}
    std::string_view kind() const override { return real_.kind(); }
    std::vector<Write> gave_up(const domain::Job& job, const Failure& why) override { return real_.gave_up(job, why); }
    Outcome run(const domain::Job& job, Context& context) override {
      class Between final : public Context {
       public:
        Between(Context& real, std::function<void()>& act) : real_(real), act_(act) {}
        Deadline deadline() const override { return real_.deadline(); }
        std::stop_token stop() const override { return real_.stop(); }
        void trace(trace::Line line) override { real_.trace(std::move(line)); }
        void read(const Write& body) override { real_.read(body); }
        void commit(const Write& body) override {
          if (act_) std::exchange(act_, nullptr)();
          real_.commit(body);
        }

       private:
        Context& real_;
        std::function<void()>& act_;
      } between(context, act_);
      return real_.run(job, between);
    }

   private:
    Reseal& real_;
    std::function<void()> act_;
  };
  // The first column in order is the execution secret; the login's comes later. Both are changed now.
  Meddling handler(handler_, [&] {
    sql("UPDATE access SET exec_secret_sealed = " + sealed(new_, domain::purpose::access_exec, "theirs") +
        ", login_secret_sealed = " + theirs);
  });
  auto finished = worker_.run_one(handler);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->how, How::done);
  EXPECT_EQ(secret("a0", "exec_secret_sealed", domain::purpose::access_exec), "theirs");
  EXPECT_EQ(secret("a0", "login_secret_sealed", domain::purpose::access_login), "theirs");
  EXPECT_EQ(secret("a0", "login_key_sealed", domain::purpose::access_login_key), "key 0");
  EXPECT_EQ(left(), "0");
}

TEST_F(ResealTest, a_damaged_box_is_told_of_and_keeps_no_other_back) {
  add_accesses(9);
  auto damaged = pki::seal(old_.public_key(), "access.login", pki::Secret::of("x"));
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  sql("UPDATE access SET login_secret_sealed = " + hex(damaged) + " WHERE name = 'a4'");
  auto finished = worker_.run_one(handler_);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->how, How::failed);
  EXPECT_EQ(finished->error_id, 32);
  EXPECT_THAT(finished->error, ::testing::HasSubstr("1 secrets can't be opened"));
  EXPECT_EQ(left(), "1");
  EXPECT_EQ(sql("SELECT count(*) FROM trace WHERE code = 32 AND level = 'E'"), "1");
}

// Rows and boxes that are no boxes of ours are none of its business.
TEST_F(ResealTest, what_names_no_known_key_is_left_alone) {
  sql("INSERT INTO access (name, address, login_id, login_secret_sealed) VALUES ('x', 'h', 'u', 'x'),"
      " ('y', 'h', 'u', " + sealed(pki::SealingKey::generate(), "access.login", "s") + ")");
  auto finished = worker_.run_one(handler_);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->how, How::done);
  EXPECT_EQ(sql("SELECT login_secret_sealed FROM access WHERE name = 'x'"), "\\x78");
}

// Each kind of worker for its own columns: the mail worker never reads an access.
TEST_F(ResealTest, each_worker_seals_its_own_anew) {
  add_accesses(2);
  sql("INSERT INTO mail_settings (from_address, host, port, auth_user, auth_password_sealed) VALUES"
      " ('a@example.com', 'h', 587, 'u', " + sealed(old_, domain::purpose::smtp_password, "smtp") + ");"
      "INSERT INTO ca_account (name, kind, directory_url, account_key_sealed) VALUES"
      " ('ca', 'acme', 'https://ca.example.com', " + sealed(old_, domain::purpose::ca_account_key, "key") + ")");
  testing::TestWorker mail(database_, domain::Queue::mail, "certfleet_mail");
  Reseal mail_handler("mail.reseal", ring_);
  EXPECT_EQ(mail.run_one(mail_handler)->how, How::done);
  EXPECT_EQ(left(), "7");
  testing::TestWorker order(database_, domain::Queue::order, "certfleet_order");
  Reseal order_handler("order.reseal", ring_);
  EXPECT_EQ(order.run_one(order_handler)->how, How::done);
  EXPECT_EQ(left(), "6");
  EXPECT_EQ(worker_.run_one(handler_)->how, How::done);
  EXPECT_EQ(left(), "0");
}

}  // namespace
}  // namespace certfleet::pipeline

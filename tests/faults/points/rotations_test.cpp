// The sealing key is rotated by the real command while real workers seal anew, and die at it; and while orders are
// under way at a real ACME server (docs/sealing-keys.md).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "lib/base/file.h"
#include "lib/domain/sealed.h"
#include "lib/pki/sealing_key_files.h"
#include "lib/pki/text.h"
#include "lib/store/sealing_keys.h"
#include "tests/faults/points/point_house.h"
#include "tests/integration/order/order_house.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using domain::Queue;
using Json = nlohmann::json;

// What a rotation needs of a house; the fixtures below have different ones.
class Rotation {
 public:
  Rotation(const testing::TestDatabase& database, PointHouse& house) : database_(database), house_(house) {}

  // By the command, which waits until all workers hold the new key. Gives the old key's id.
  std::string rotate() {
    auto old = active();
    auto ran = house_.certfleet({"sealing-key", "rotate", "--key-file", house_.key_file().string(), "--json"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_NE(active(), old);
    return old;
  }
  void expect_retired(const std::string& key) {
    auto ran = house_.certfleet({"sealing-key", "retire", key, "--yes"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err << house_.certfleet({"sealing-key", "status"}).out;
  }
  void expect_not_retired(const std::string& key) {
    auto ran = house_.certfleet({"sealing-key", "retire", key, "--yes"});
    EXPECT_EQ(ran.exit_code, 5) << ran.err;
    EXPECT_THAT(ran.err, ::testing::HasSubstr("secrets are still sealed to key " + key));
  }
  std::string active() const { return database_.sql("SELECT id FROM sealing_key WHERE active"); }
  int sealed_to(const std::string& key) const {
    return std::stoi(database_.sql("SELECT coalesce(sum(boxes), 0) FROM sealed_boxes() WHERE key_id = '" + key + "'"));
  }
  bool all_sealed_anew(const std::string& old) {
    return house_.eventually_is("SELECT coalesce(sum(boxes), 0) FROM sealed_boxes() WHERE key_id = '" + old + "'", "0");
  }
  // The keys of the workers' file; with `only`, that one alone.
  std::vector<pki::SealingKey> keys(const std::string& only = "") const {
    auto all = pki::load_sealing_key_file(house_.key_file());
    if (!only.empty()) std::erase_if(all, [&](const auto& key) { return key.id() != only; });
    return all;
  }
  // As a person takes a retired key out of the file.
  void forget_all_but_the_active() {
    auto left = keys(active());
    ASSERT_EQ(left.size(), 1U);
    write_file(house_.key_file(), left[0].to_file_text().view(), 0600);
  }

 private:
  const testing::TestDatabase& database_;
  PointHouse& house_;
};

// One secret of each purpose, and of some so many that they are sealed anew in several batches (of 200).
class ResealPoints : public ::testing::Test {
 protected:
  static constexpr int many = 450;

  ResealPoints() {
    store::Database owner(database_.settings());
    owner.write([&](store::Tx& tx) {
      store::sealing_keys::add(tx, {first_.id(), first_.public_key().bytes, true});
    });
    sql("INSERT INTO notification_table (name) VALUES ('n'); INSERT INTO user_group (name) VALUES ('g');"
        "INSERT INTO service (name, group_id, common_name) VALUES ('s', 1, 's.example.com')");
    std::string accesses, pairs;
    for (int i = 0; i < many; ++i) {
      accesses += fmt::format("{}('a{}', '192.0.2.1', 'u', {})", i > 0 ? "," : "", i,
                              sealed(domain::purpose::access_login, fmt::format("password {}", i)));
      pairs += fmt::format("{}(1, 'rsa-2048', 'spki{}', {})", i > 0 ? "," : "", i,
                           sealed(domain::purpose::key_pair(fmt::format("spki{}", i)), fmt::format("pem {}", i)));
    }
    sql("INSERT INTO access (name, address, login_id, login_secret_sealed) VALUES " + accesses);
    sql("INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed) VALUES " + pairs);
    sql("INSERT INTO mail_settings (from_address, host, port, auth_user, auth_password_sealed) VALUES"
        " ('a@example.com', 'h', 587, 'u', " + sealed(domain::purpose::smtp_password, "smtp") + ");"
        "INSERT INTO ca_account (name, kind, directory_url, account_key_sealed) VALUES"
        " ('ca', 'acme', 'https://ca.example.com', " + sealed(domain::purpose::ca_account_key, "account") + ")");
    house_.start_scheduler();
  }

  std::string sql(const std::string& statement) { return database_.sql(statement); }
  std::string sealed(std::string_view purpose, const std::string& secret) {
    return "decode('" + pki::to_hex(pki::seal(first_.public_key(), purpose, pki::Secret::of(secret))) + "', 'hex')";
  }
  // Name and box of each row, in no order.
  Json boxes(const std::string& table, const std::string& name, const std::string& column) {
    return Json::parse(sql(fmt::format(
        "SELECT json_object_agg({}, translate(encode({}, 'base64'), E'\\n', '')) FROM {}", name, column, table)));
  }
  // None is lost, none is another one's: with these keys each opens for its purpose.
  void expect_all_open(const std::vector<pki::SealingKey>& keys, const std::string& when) {
    auto opened = [&](std::string_view purpose, const Json& box) {
      return std::string(pki::open(keys, purpose, *pki::from_base64(box.get<std::string>())).view());
    };
    auto accesses = boxes("access", "name", "login_secret_sealed");
    auto pairs = boxes("key_pair", "spki_sha256", "key_sealed");
    ASSERT_EQ(accesses.size(), std::size_t{many}) << when;
    ASSERT_EQ(pairs.size(), std::size_t{many}) << when;
    for (int i = 0; i < many; ++i) {
      auto spki = fmt::format("spki{}", i);
      ASSERT_EQ(opened(domain::purpose::access_login, accesses[fmt::format("a{}", i)]), fmt::format("password {}", i))
          << when;
      ASSERT_EQ(opened(domain::purpose::key_pair(spki), pairs[spki]), fmt::format("pem {}", i)) << when;
    }
    EXPECT_EQ(opened(domain::purpose::ca_account_key, boxes("ca_account", "name", "account_key_sealed")["ca"]),
              "account") << when;
    EXPECT_EQ(opened(domain::purpose::smtp_password, boxes("mail_settings", "host", "auth_password_sealed")["h"]),
              "smtp") << when;
  }
  void expect_ended_once(const std::string& kind) {
    house_.eventually_is("SELECT count(*) FROM job WHERE kind = '" + kind + "'", "0");
    EXPECT_EQ(sql("SELECT string_agg(outcome::text, ' ') FROM job_history WHERE kind = '" + kind + "'"), "done");
    EXPECT_EQ(sql("SELECT count(*) FROM job_dead"), "0") << kind;
  }

  testing::TestDatabase database_;
  pki::SealingKey first_ = pki::SealingKey::generate();
  PointHouse house_{database_, first_};
  Rotation rotation_{database_, house_};
};

TEST_F(ResealPoints, workers_that_die_around_any_commit_of_the_sealing_anew_lose_no_secret) {
  house_.start_worker(Queue::verify);  // opens nothing, and is not waited for
  auto& holder = house_.start_worker(Queue::mail);
  ASSERT_TRUE(holder.wait_for_line("opened", 20s)) << holder.err();
  auto old = rotation_.rotate();
  expect_ended_once("mail.reseal");
  ASSERT_EQ(rotation_.sealed_to(old), 2 * many + 1) << "apply's and order's are still to be done";
  // The first dies with a batch that is not committed, the second after its first batch, the others at the end.
  std::vector<int> left;
  house_.kill_at(Queue::apply, {"intent.before", "intent.after", "commit.before", "commit.after"},
                 [&](const std::string& point) {
                   expect_all_open(rotation_.keys(), point);
                   left.push_back(rotation_.sealed_to(old));
                   rotation_.expect_not_retired(old);  // order's is left in any case
                 });
  EXPECT_THAT(left, ::testing::ElementsAre(2 * many + 1, 2 * many + 1 - 200, 1, 1));
  house_.kill_at(Queue::order, {"intent.before", "intent.after"},
                 [&](const std::string& point) { expect_all_open(rotation_.keys(), point); });
  ASSERT_TRUE(rotation_.all_sealed_anew(old));
  expect_ended_once("apply.reseal");
  expect_ended_once("order.reseal");
  expect_all_open(rotation_.keys(rotation_.active()), "with the new key alone");
  rotation_.expect_retired(old);
}

TEST_F(ResealPoints, a_worker_that_dies_in_the_middle_goes_on_when_it_is_started_again) {
  auto& points = house_.points();
  points.arm("intent.after", "pass", 3);
  points.arm("intent.after", "kill");
  auto& twin = house_.start_twin(Queue::apply);
  ASSERT_TRUE(twin.wait_for_line("opened", 20s)) << twin.err();
  auto old = rotation_.rotate();  // the worker runs, and learns of the new key by its file
  ASSERT_EQ(points.wait_for(3, 20s).action, "kill");
  ASSERT_EQ(twin.wait(20s), 128 + SIGKILL);
  // 450 accesses in three batches, then the first of the key pairs.
  EXPECT_EQ(rotation_.sealed_to(old), many - 200 + 2);
  expect_all_open(rotation_.keys(), "half done");
  rotation_.expect_not_retired(old);

  house_.start_twin(Queue::apply);
  house_.lapse(twin.pid());
  expect_ended_once("apply.reseal");
  EXPECT_EQ(sql("SELECT crashes FROM job_history WHERE kind = 'apply.reseal'"), "1");
  house_.start_worker(Queue::order);
  house_.start_worker(Queue::mail);
  ASSERT_TRUE(rotation_.all_sealed_anew(old));
  rotation_.expect_retired(old);

  // The old key leaves the file; who starts now does without.
  house_.stop_workers(Queue::apply);
  rotation_.forget_all_but_the_active();
  auto& later = house_.start_worker(Queue::apply);
  EXPECT_TRUE(later.wait_for_line("opened", 20s)) << later.err();
  expect_all_open(rotation_.keys(), "with the new key alone");
}

class OrdersInRotation : public testing::OrderHouse {
 protected:
  OrdersInRotation() { house_.start_scheduler(); }

  OrderId start_order(const std::string& name) { return start(add_service(name, name + ".demo.test")).id; }
  void expect_issued(OrderId id) {
    ASSERT_TRUE(house_.eventually_is(fmt::format("SELECT state FROM ca_order WHERE id = {}", id.value()), "issued"))
        << get(id).error.value_or("");
    house_.expect_ended_once(id.value(), "csr.make");
    house_.expect_ended_once(id.value(), "order.place");
    auto history = "SELECT attempts_failed || ' ' || crashes FROM job_history WHERE subject_id = " +
                   std::to_string(id.value());
    EXPECT_EQ(sql(history + " AND kind = 'csr.make'"), "0 0");
    EXPECT_EQ(sql(history + " AND kind = 'order.place'"), "0 0");
  }
  // What the workers' key file has opens the private keys of all services and the key of the CA account.
  void expect_all_open(const std::vector<pki::SealingKey>& keys) {
    auto pairs = Json::parse(
        sql("SELECT json_object_agg(spki_sha256, translate(encode(key_sealed, 'base64'), E'\\n', '')) FROM key_pair"));
    for (const auto& [spki, box] : pairs.items())
      EXPECT_NO_THROW(pki::open(keys, domain::purpose::key_pair(spki), *pki::from_base64(box.get<std::string>())));
    auto account = sql("SELECT translate(encode(account_key_sealed, 'base64'), E'\\n', '') FROM ca_account");
    EXPECT_NO_THROW(pki::open(keys, domain::purpose::ca_account_key, *pki::from_base64(account)));
  }

  PointHouse house_{database_, sealing_key_};
  Rotation rotation_{database_, house_};
};

TEST_F(OrdersInRotation, an_order_that_is_under_way_ends_well_wherever_the_rotation_meets_it) {
  house_.start_worker(Queue::csr);
  house_.start_worker(Queue::apply);  // seals the private keys anew
  auto& points = house_.points();
  std::size_t reached = 0;
  for (const char* point :
       {"order.account.before", "order.place.after", "order.challenge.after", "order.finalize.before"}) {
    points.arm(point, "wait");
    house_.start_twin(Queue::order);
    auto waiting = start_order(fmt::format("waiting{}", reached));
    ASSERT_EQ(points.wait_for(reached++, 20s).point, point);
    // From the offer of the new key to the end of the old one, while the order waits; another order comes in.
    auto meanwhile = start_order(fmt::format("meanwhile{}", reached));
    auto& other = house_.start_worker(Queue::order);
    auto old = rotation_.rotate();
    ASSERT_TRUE(rotation_.all_sealed_anew(old)) << other.err();
    rotation_.expect_retired(old);
    expect_issued(meanwhile);
    points.release(point);
    expect_issued(waiting);
    house_.stop_workers(Queue::order);
  }
  rotation_.forget_all_but_the_active();
  house_.start_worker(Queue::order);
  expect_issued(start_order("afterwards"));
  expect_all_open(rotation_.keys());
  EXPECT_EQ(sql("SELECT count(*) FROM job_dead"), "0");
}

TEST_F(OrdersInRotation, a_private_key_that_was_sealed_to_the_old_key_and_not_stored_in_time_is_stored_all_the_same) {
  house_.start_worker(Queue::apply);
  house_.start_worker(Queue::order);
  auto& points = house_.points();
  points.arm("commit.before", "wait");
  auto& twin = house_.start_twin(Queue::csr);
  auto order = start_order("late");
  ASSERT_EQ(points.wait_for(0, 20s).pid, twin.pid()) << twin.err();
  auto old = rotation_.rotate();
  ASSERT_TRUE(rotation_.all_sealed_anew(old));
  rotation_.expect_retired(old);
  points.release("commit.before");
  expect_issued(order);
  expect_all_open(rotation_.keys(rotation_.active()));
}

}  // namespace
}  // namespace certfleet::faults

// Apache as a target, on a node that is a folder of this machine: what the scripts do to its files.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/integration/apply/local_node.h"
#include "tests/support/failure.h"
#include "workers/apply/sequence.h"

namespace certfleet::apply {
namespace {

using namespace std::chrono_literals;
using testing::failure_of;

const testing::Issuer& ca() {
  static const testing::Issuer root = testing::Issuer::root("Test CA");
  return root;
}

class ApacheTargetTest : public ::testing::Test {
 protected:
  TestPair old_pair = TestPair::make(ca());
  TestPair new_pair = TestPair::make(ca());
  Step durable = Step::none;
  std::string reason;
  std::vector<trace::Line> traces;
  Tracer tracer{[this](trace::Line line) { traces.push_back(std::move(line)); }};

  ApacheTarget target(const LocalNode& node, std::int64_t apply = 1) {
    return ApacheTarget([&node](const Budget&) { return node.connect(); }, node.node(), ApplyId(apply),
                        {new_pair.leaf_pem, new_pair.chain_pem, new_pair.key_pem}, tracer);
  }

  Sequence::Ending attempt(const LocalNode& node, std::int64_t apply = 1) {
    auto apache = target(node, apply);
    SequenceLimits limits;
    limits.confirm = 100ms;
    limits.confirm_return = 100ms;
    limits.reconnects = 0;
    auto journal = [this](Step step, const std::string& error) {
      durable = step;
      if (!error.empty()) reason = error;
    };
    Sequence sequence({apache, node.probe(), new_pair.identity, journal, tracer, limits},
                      {Deadline::in(300s), {}});
    return sequence.run(durable, reason);
  }

  bool traced(int id) const {
    return std::any_of(traces.begin(), traces.end(), [&](const auto& line) { return line.id == id; });
  }
  std::vector<int> ids() const {
    std::vector<int> all;
    for (const auto& line : traces) all.push_back(line.id);
    return all;
  }
};

unsigned mode_of(const std::filesystem::path& file) {
  struct stat info {};
  EXPECT_EQ(::stat(file.c_str(), &info), 0) << file;
  return info.st_mode & 07777U;
}

TEST_F(ApacheTargetTest, a_success_installs_the_pair_and_keeps_two_generations) {
  LocalNode node;
  node.start_with(old_pair);
  EXPECT_TRUE(attempt(node).applied);
  EXPECT_TRUE(node.has(new_pair));
  EXPECT_EQ(node.loaded(), new_pair.identity);
  EXPECT_EQ(node.content("work/node-7/apply-1/old/key"), old_pair.key_pem);
  EXPECT_EQ(node.content("work/node-7/apply-1/new/key"), new_pair.key_pem);
  EXPECT_EQ(ids(), (std::vector{1851, 1852, 1852, 1852, 1853, 1854, 1828, 1855, 1857, 1860}));
}

TEST_F(ApacheTargetTest, the_chain_follows_the_certificate_where_it_has_no_file_of_its_own) {
  LocalNode node(false);
  node.start_with(old_pair);
  EXPECT_TRUE(attempt(node).applied);
  EXPECT_EQ(node.content("ssl/www.crt"), new_pair.leaf_pem + new_pair.chain_pem);
}

TEST_F(ApacheTargetTest, older_generations_go_with_the_next_success) {
  LocalNode node;
  node.start_with(old_pair);
  EXPECT_TRUE(attempt(node, 1).applied);
  durable = Step::none;
  new_pair = TestPair::make(ca());
  EXPECT_TRUE(attempt(node, 2).applied);
  EXPECT_FALSE(std::filesystem::exists(node.dir() / "work/node-7/apply-1"));
  EXPECT_TRUE(std::filesystem::exists(node.dir() / "work/node-7/apply-2"));
  EXPECT_TRUE(traced(1858));
}

TEST_F(ApacheTargetTest, the_same_certificate_again_is_a_success) {
  LocalNode node;
  node.start_with(new_pair);
  EXPECT_TRUE(attempt(node).applied);
  EXPECT_FALSE(traced(1854)) << "there was nothing to replace";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(node.dir() / "ssl"), {}), 3)
      << "no copy of the key is left";
}

TEST_F(ApacheTargetTest, a_configuration_test_that_fails_puts_the_old_pair_back) {
  LocalNode node;
  node.start_with(old_pair);
  node.refuse(new_pair);
  auto ending = attempt(node);
  EXPECT_FALSE(ending.applied);
  testing::expect_says(*ending.why, "Syntax error");
  EXPECT_TRUE(node.has(old_pair));
  EXPECT_EQ(node.loaded(), old_pair.identity);
  EXPECT_FALSE(std::filesystem::exists(node.dir() / "work/node-7/apply-1")) << "what was transferred is gone";
  for (int id : {1829, 1861, 1862, 1855, 1857, 1863, 1864}) EXPECT_TRUE(traced(id)) << id;
  EXPECT_EQ(durable, Step::restored);
}

TEST_F(ApacheTargetTest, a_foreign_key_that_appears_during_the_test_is_never_loaded) {
  LocalNode node;
  node.start_with(old_pair);
  node.plant_key_at_test(TestPair::make(ca()).key_pem);
  // It is planted again when the old pair is tested: the return can't be confirmed, and says so.
  auto failure = failure_of([&] { attempt(node); });
  EXPECT_EQ(failure.trace_id(), 1816);
  EXPECT_EQ(node.loaded(), old_pair.identity) << "the server goes on with what it had";
  EXPECT_EQ(durable, Step::restoring);
  std::filesystem::remove(node.dir() / "planted");
  EXPECT_FALSE(attempt(node).applied);
  EXPECT_TRUE(node.has(old_pair));
}

TEST_F(ApacheTargetTest, a_first_certificate_needs_no_old_one) {
  LocalNode node;
  EXPECT_TRUE(attempt(node).applied);
  EXPECT_TRUE(node.has(new_pair));
  EXPECT_EQ(mode_of(node.node().apache.key_file), 0600u);
  EXPECT_EQ(mode_of(node.node().apache.cert_file), 0644u);
}

TEST_F(ApacheTargetTest, a_first_certificate_that_fails_leaves_nothing_behind) {
  LocalNode node;
  node.refuse(new_pair);
  EXPECT_FALSE(attempt(node).applied);
  EXPECT_TRUE(std::filesystem::is_empty(node.dir() / "ssl"));
}

TEST_F(ApacheTargetTest, owner_group_and_mode_of_the_old_files_stay) {
  LocalNode node;
  node.start_with(old_pair);
  ::chmod(node.node().apache.key_file.c_str(), 0440);
  ::chmod(node.node().apache.cert_file.c_str(), 0640);
  bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::chown(node.node().apache.key_file.c_str(), 33, 65534), 0);
  }
  EXPECT_TRUE(attempt(node).applied);
  EXPECT_EQ(mode_of(node.node().apache.key_file), 0440u);
  EXPECT_EQ(mode_of(node.node().apache.cert_file), 0640u);
  struct stat info {};
  ::stat(node.node().apache.key_file.c_str(), &info);
  EXPECT_EQ(info.st_uid, root ? 33u : ::geteuid());
  EXPECT_EQ(info.st_gid, root ? 65534u : ::getegid());
}

TEST_F(ApacheTargetTest, the_work_folder_is_for_its_owner_alone) {
  LocalNode node;
  node.start_with(old_pair);
  EXPECT_TRUE(attempt(node).applied);
  EXPECT_EQ(mode_of(node.dir() / "work/node-7"), 0700u);
  EXPECT_EQ(mode_of(node.dir() / "work/node-7/apply-1/new/key"), 0600u);
}

TEST_F(ApacheTargetTest, a_link_is_followed_and_stays) {
  LocalNode node;
  node.start_with(old_pair);
  std::filesystem::create_directory(node.dir() / "real");
  std::filesystem::rename(node.dir() / "ssl/www.key", node.dir() / "real/key.pem");
  std::filesystem::create_symlink(node.dir() / "real/key.pem", node.dir() / "ssl/www.key");
  EXPECT_TRUE(attempt(node).applied);
  EXPECT_TRUE(std::filesystem::is_symlink(node.dir() / "ssl/www.key"));
  EXPECT_EQ(node.content("real/key.pem"), new_pair.key_pem);
}

TEST_F(ApacheTargetTest, a_folder_that_is_missing_is_named_and_nothing_is_changed) {
  LocalNode node;
  node.start_with(old_pair);
  auto elsewhere = node.node();
  elsewhere.apache.chain_file = (node.dir() / "nowhere/chain.crt").string();
  ApacheTarget apache([&](const Budget&) { return node.connect(); }, elsewhere, ApplyId(1),
                      {new_pair.leaf_pem, new_pair.chain_pem, new_pair.key_pem}, tracer);
  Budget budget{Deadline::in(60s), {}};
  apache.open(budget);
  auto failure = failure_of([&] { apache.prepare(budget); });
  testing::expect_says(failure, "nowhere/chain.crt: its folder is not there");
  EXPECT_EQ(failure.fault(), Fault::permanent);
  EXPECT_TRUE(node.has(old_pair));
  EXPECT_FALSE(apache.look(budget).ready);
}

TEST_F(ApacheTargetTest, a_preparation_that_is_undone_leaves_nothing_behind) {
  LocalNode node;
  node.start_with(old_pair);
  auto apache = target(node);
  Budget budget{Deadline::in(60s), {}};
  apache.open(budget);
  apache.prepare(budget);
  apache.clean_up(Side::before, budget);
  EXPECT_TRUE(node.has(old_pair));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(node.dir() / "ssl"), {}), 3);
  EXPECT_FALSE(std::filesystem::exists(node.dir() / "work/node-7/apply-1"));
}

TEST_F(ApacheTargetTest, who_logs_in_later_owns_the_node) {
  LocalNode node;
  node.start_with(old_pair);
  Budget budget{Deadline::in(60s), {}};
  auto first = target(node);
  auto second = target(node);
  first.open(budget);
  first.prepare(budget);
  second.open(budget);
  EXPECT_EQ(failure_of([&] { first.install(budget); }).fault(), Fault::stale);
  EXPECT_TRUE(node.has(old_pair));
  EXPECT_NO_THROW(second.install(budget));
}

TEST_F(ApacheTargetTest, a_work_folder_of_somebody_else_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  LocalNode node;
  node.start_with(old_pair);
  std::filesystem::create_directories(node.dir() / "work/node-7");
  ASSERT_EQ(::chown((node.dir() / "work/node-7").c_str(), 33, 33), 0);
  auto apache = target(node);
  auto failure = failure_of([&] { apache.open({Deadline::in(60s), {}}); });
  testing::expect_says(failure, "belongs to another user");
}

TEST_F(ApacheTargetTest, wrong_paths_are_refused_before_anything_is_done) {
  LocalNode node;
  auto wrong = node.node();
  wrong.apache.key_file = "/etc/my key";
  EXPECT_EQ(failure_of([&] { ApacheTarget(nullptr, wrong, ApplyId(1), {}, tracer); }).fault(), Fault::usage);
  wrong.apache.key_file = wrong.apache.cert_file;
  EXPECT_EQ(failure_of([&] { ApacheTarget(nullptr, wrong, ApplyId(1), {}, tracer); }).fault(), Fault::usage);
}

// What a script leaves behind when it is killed at any command: the pair on disk may be torn then, but the
// next attempt of the same apply, or of another one, ends with one that fits and a server that has loaded it.
class ApacheKilledTest : public ApacheTargetTest, public ::testing::WithParamInterface<bool> {
 protected:
  // Returns false if the way has fewer commands.
  bool kill_and_go_on(int n, bool refused, bool other_apply) {
    LocalNode node;
    node.start_with(old_pair);
    if (refused) node.refuse(new_pair);
    durable = Step::none;
    reason.clear();
    node.kill_at(n);
    bool killed = false;
    try {
      attempt(node);
    } catch (const Killed&) {
      killed = true;
    }
    if (!killed && node.commands() < n) return false;
    if (durable == Step::none) {
      EXPECT_TRUE(node.has(old_pair)) << "changed before the step said so, at " << n;
    }
    node.kill_at(0);
    if (other_apply) durable = Step::none;  // as if the first had been given up
    auto ending = attempt(node, other_apply ? 2 : 1);
    EXPECT_EQ(ending.applied, !refused) << n;
    EXPECT_TRUE(node.key_fits()) << n;
    EXPECT_TRUE(node.has(refused ? old_pair : new_pair)) << n;
    EXPECT_EQ(node.loaded(), refused ? old_pair.identity : new_pair.identity) << n;
    auto left = std::distance(std::filesystem::directory_iterator(node.dir() / "ssl"), {});
    EXPECT_EQ(left, 3) << "temporary files are left beside the pair, at " << n;
    return true;
  }
};

TEST_P(ApacheKilledTest, the_same_apply_goes_on_from_any_command) {
  // The way back is long, and its first half is the way there.
  for (int n = 1; kill_and_go_on(n, GetParam(), false); n += GetParam() ? 2 : 1) ASSERT_LT(n, 200);
}

TEST_P(ApacheKilledTest, another_apply_puts_right_what_one_left) {
  for (int n = 1; kill_and_go_on(n, GetParam(), true); n += 5) ASSERT_LT(n, 200);
}

INSTANTIATE_TEST_SUITE_P(Ways, ApacheKilledTest, ::testing::Bool(),
                         [](const auto& way) { return way.param ? "there_and_back" : "there"; });

}  // namespace
}  // namespace certfleet::apply

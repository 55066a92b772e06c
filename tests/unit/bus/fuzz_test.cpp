// Seeded damage against the parsers of what comes from outside: frames and the questions of ZAP.
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/bus/message.h"
#include "lib/bus/zap_request.h"
#include "tests/support/fuzz/mutator.h"

namespace certfleet::bus {
namespace {

using testing::Mutator;

constexpr int rounds = 150'000;

std::vector<std::string> seeds() {
  std::vector<JobRef> refs;
  for (int i = 1; i <= 40; ++i)
    refs.push_back({.id = JobId(i),
                    .queue = Queue::apply,
                    .site = SiteId(i % 3),
                    .service = ServiceId(i),
                    .priority = 4});
  std::vector<Message> messages = {Hello{"0a1b", 3, Role::worker, Queue::apply, SiteId(7), 256},
                                   Hello{"scheduler", 1, Role::scheduler, std::nullopt, SiteId(), 4096},
                                   Welcome{"broker", 3, std::chrono::milliseconds(1000), 512, 1024, 1024},
                                   Credit{18'000'000'000'000'000'000U, true},
                                   Offer{Queue::apply, 40, refs},
                                   OfferAck{{{Queue::csr, 1}, {Queue::mail, 900}}, 17},
                                   Beat{5, false, {{Queue::verify, 2}}},
                                   BeatAck{6, {{Queue::order, 3}}, 8},
                                   Bye{"drain"},
                                   Refuse{RefuseCode::not_allowed, "a worker of apply"}};
  std::vector<std::string> bytes;
  for (const auto& message : messages) bytes.push_back(encode(message));
  return bytes;
}

bool plain(const std::string& text, std::size_t most) {
  return text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// What every message that was let in keeps to.
struct Limits {
  bool operator()(const Hello& it) const {
    return plain(it.instance, 64) && !it.instance.empty() && it.role != Role::broker && it.site.value() >= 0;
  }
  bool operator()(const Welcome& it) const { return plain(it.broker, 64); }
  bool operator()(const Offer& it) const {
    return !it.refs.empty() && it.refs.size() <= offer_refs_max &&
           std::all_of(it.refs.begin(), it.refs.end(), [&](const JobRef& ref) {
             return ref.queue == it.queue && ref.id.value() > 0 && ref.site.value() >= 0 &&
                    ref.service.value() >= 0 && ref.priority >= 0;
           });
  }
  bool operator()(const OfferAck& it) const { return it.granted.size() <= 64; }
  bool operator()(const Beat& it) const { return it.sent.size() <= 64; }
  bool operator()(const BeatAck& it) const { return it.granted.size() <= 64; }
  bool operator()(const Bye& it) const { return plain(it.reason, text_bytes_max); }
  bool operator()(const Refuse& it) const { return plain(it.text, text_bytes_max); }
  template <class Other>
  bool operator()(const Other&) const {
    return true;
  }
};

TEST(WireFuzz, a_damaged_frame_is_refused_or_keeps_to_every_limit) {
  Mutator damage(20'261'124);
  auto pool = seeds();
  const std::size_t originals = pool.size();
  std::array<int, std::variant_size_v<Message>> let_in{};
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string bytes = damage.mutate(pool[damage.roll(pool.size())], pool[damage.roll(pool.size())]);
    try {
      Message message = decode(bytes);
      ++let_in[message.index()];
      ASSERT_TRUE(std::visit(Limits{}, message)) << "round " << round;
      if (!std::holds_alternative<Unknown>(message)) {
        ASSERT_EQ(decode(encode(message)), message) << "round " << round;
      }
      // What got through is damaged further.
      if (bytes.size() < 2000 && damage.roll(4) == 0) pool.push_back(bytes);
      if (pool.size() > 400)
        pool.erase(pool.begin() + static_cast<std::ptrdiff_t>(originals + damage.roll(200)));
    } catch (const Failure& failure) {
      ASSERT_EQ(failure.fault(), Fault::usage) << "round " << round;
      ASSERT_TRUE(plain(failure.what(), 200)) << "round " << round;
      ++refused;
    }
  }
  EXPECT_GT(refused, rounds / 10);
  for (std::size_t i = 0; i < let_in.size(); ++i) EXPECT_GT(let_in[i], 20) << "kind of message " << i;
}

std::vector<std::string> right_request(const PublicKey& key) {
  std::string bytes(key.bytes().begin(), key.bytes().end());
  return {"1.0", "42", std::string(zap_domain), "10.0.0.7", "", "CURVE", bytes};
}

TEST(ZapRequest, a_right_question_names_the_key) {
  PublicKey key = KeyPair::generate().public_key;
  auto request = ZapRequest::parse(right_request(key));
  EXPECT_EQ(request.key, key);
  EXPECT_EQ(request.address, "10.0.0.7");
  EXPECT_EQ(zap_answer(request, PeerId(7)), (std::vector<std::string>{"1.0", "42", "200", "OK", "7", ""}));
  EXPECT_EQ(zap_answer(request, std::nullopt),
            (std::vector<std::string>{"1.0", "42", "400", "refused", "", ""}));
}

TEST(ZapRequest, another_version_domain_mechanism_or_count_of_parts_has_no_key) {
  auto right = right_request(KeyPair::generate().public_key);
  for (std::size_t i : {0U, 2U, 5U, 6U}) {
    auto wrong = right;
    wrong[i] += "x";
    EXPECT_FALSE(ZapRequest::parse(wrong).key) << "part " << i;
    wrong[i].clear();
    EXPECT_FALSE(ZapRequest::parse(wrong).key) << "part " << i;
  }
  for (std::size_t size = 0; size < right.size(); ++size)
    EXPECT_FALSE(ZapRequest::parse({right.begin(), right.begin() + static_cast<std::ptrdiff_t>(size)}).key)
        << size;
  right.push_back(right.back());
  EXPECT_FALSE(ZapRequest::parse(right).key) << "two keys";
}

TEST(ZapRequest, an_address_that_could_forge_a_line_in_a_log_is_made_plain) {
  auto parts = right_request(KeyPair::generate().public_key);
  parts[3] = "10.0.0.7\n[error] all is lost" + std::string(1000, 'x');
  EXPECT_TRUE(plain(ZapRequest::parse(parts).address, 64));
}

TEST(ZapFuzz, a_damaged_question_never_names_an_enrolled_key_it_did_not_carry) {
  Mutator damage(4711);
  const PublicKey key = KeyPair::generate().public_key;
  const auto right = right_request(key);
  int named = 0;
  for (int round = 0; round < rounds; ++round) {
    auto parts = right;
    for (auto changes = 1 + damage.roll(3); changes > 0; --changes) {
      std::size_t at = parts.empty() ? 0 : damage.roll(parts.size());
      switch (parts.empty() ? 1 : damage.roll(4)) {
        case 0:
          parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at));
          break;
        case 1:
          parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at), right[damage.roll(right.size())]);
          break;
        case 2:
          std::swap(parts[at], parts[damage.roll(parts.size())]);
          break;
        default:
          parts[at] = damage.mutate(parts[at], right[damage.roll(right.size())]);
      }
    }
    auto request = ZapRequest::parse(parts);
    ASSERT_TRUE(plain(request.address, 64));
    ASSERT_EQ(zap_answer(request, std::nullopt).size(), 6U);
    if (request.key != key) continue;
    ++named;
    // All that decides is untouched; only id, address and identity may differ.
    ASSERT_EQ(parts.size(), right.size());
    for (std::size_t i : {0U, 2U, 5U, 6U}) ASSERT_EQ(parts[i], right[i]);
  }
  EXPECT_GT(named, rounds / 100);
}

}  // namespace
}  // namespace certfleet::bus

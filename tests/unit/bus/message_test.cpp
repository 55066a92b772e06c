#include "lib/bus/message.h"

#include <gmock/gmock.h>

#include <random>

#include "lib/base/error.h"
#include "proto/certfleet.pb.h"

namespace certfleet::bus {
namespace {

JobRef ref(std::int64_t id, Queue queue = Queue::apply) {
  return {.id = JobId(id), .queue = queue, .site = SiteId(7), .service = ServiceId(id + 1), .priority = 4};
}

std::vector<Message> one_of_each() {
  return {
      Hello{"0a1b", 3, Role::worker, Queue::apply, SiteId(7), 256},
      Hello{"scheduler", 1, Role::scheduler, std::nullopt, SiteId(), 4096},
      Welcome{"broker", 3, std::chrono::milliseconds(1000), 512, 1024, 1024},
      Credit{18'000'000'000'000'000'000U, true},
      Offer{Queue::apply, 12, {ref(1), ref(2), ref(9'000'000'000'000)}},
      OfferAck{{{Queue::csr, 1}, {Queue::mail, 900}}, 17},
      Beat{5, false, {{Queue::verify, 2}}},
      BeatAck{6, {{Queue::order, 3}}, 8},
      Bye{"drain"},
      Refuse{RefuseCode::not_allowed, "a worker of apply"},
  };
}

std::string fault_of(const std::string& bytes) {
  try {
    decode(bytes);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage);
    return failure.what();
  }
  return "";
}

std::string wire_bytes(const std::function<void(wire::Frame&)>& change) {
  wire::Frame frame;
  frame.set_major(wire_major);
  frame.set_minor(wire_minor);
  change(frame);
  return frame.SerializeAsString();
}

TEST(Message, comes_back_as_it_went) {
  for (const auto& message : one_of_each()) EXPECT_EQ(decode(encode(message)), message) << name_of(message);
}

TEST(Message, each_queue_has_a_place_on_the_wire) {
  for (Queue queue : domain::all_queues) {
    Message offer = Offer{queue, 1, {ref(1, queue)}};
    EXPECT_EQ(decode(encode(offer)), offer);
  }
}

TEST(Message, each_refusal_has_a_place_on_the_wire) {
  for (int i = 0; i <= static_cast<int>(RefuseCode::too_many); ++i) {
    Message refuse = Refuse{static_cast<RefuseCode>(i), ""};
    EXPECT_EQ(decode(encode(refuse)), refuse);
    EXPECT_NE(to_string(static_cast<RefuseCode>(i)), "");
  }
}

TEST(Message, a_cut_frame_is_another_message_or_a_failure) {
  for (const auto& message : one_of_each()) {
    std::string bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      try {
        decode(std::string_view(bytes).substr(0, size));
      } catch (const Failure& failure) {
        EXPECT_EQ(failure.fault(), Fault::usage);
      }
    }
  }
}

TEST(Message, flipped_bits_are_another_message_or_a_failure) {
  for (const auto& message : one_of_each()) {
    const std::string bytes = encode(message);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      try {
        auto read = decode(flipped);
        // What can be read can be said again, unless it only was a newer version's.
        bool newer = std::holds_alternative<Unknown>(read);
        EXPECT_TRUE(newer || decode(encode(read)) == read);
      } catch (const Failure& failure) {
        EXPECT_EQ(failure.fault(), Fault::usage);
      }
    }
  }
}

TEST(Message, noise_is_a_failure_or_a_message_within_limits) {
  std::mt19937 dice(20240);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(dice() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(dice());
    try {
      decode(bytes);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.fault(), Fault::usage);
    }
  }
}

TEST(Message, a_frame_over_a_mebibyte_is_refused_unread) {
  EXPECT_EQ(fault_of(std::string(frame_bytes_max + 1, '\0')), "a frame of 1048577 bytes");
}

TEST(Message, an_offer_has_at_most_1024_references) {
  auto offer_of = [](int count) {
    return wire_bytes([&](wire::Frame& frame) {
      frame.mutable_offer()->set_queue(wire::QUEUE_APPLY);
      for (int i = 1; i <= count; ++i) frame.mutable_offer()->add_refs()->set_job_id(i);
    });
  };
  EXPECT_EQ(std::get<Offer>(decode(offer_of(1024))).refs.size(), 1024U);
  EXPECT_EQ(fault_of(offer_of(1025)), "1025 references in an offer, at most 1024");
  EXPECT_EQ(fault_of(offer_of(0)), "an offer of nothing");
}

TEST(Message, a_text_has_at_most_512_bytes) {
  auto bye = [](std::size_t size) {
    return wire_bytes([&](wire::Frame& frame) { frame.mutable_bye()->set_reason(std::string(size, 'x')); });
  };
  EXPECT_EQ(fault_of(bye(512)), "");
  EXPECT_EQ(fault_of(bye(513)), "reason longer than 512 bytes");
}

TEST(Message, a_text_that_could_forge_a_line_in_a_log_is_refused) {
  EXPECT_EQ(fault_of(wire_bytes([](wire::Frame& frame) { frame.mutable_bye()->set_reason("a\nb"); })),
            "reason is not printable");
  EXPECT_EQ(fault_of(wire_bytes([](wire::Frame& frame) { frame.mutable_hello()->set_instance("\xff"); })),
            "instance is not printable");
}

TEST(Message, our_own_texts_are_made_to_fit) {
  EXPECT_EQ(decode(encode(Bye{"a\nb\xc3\xa9"})), Message(Bye{"a?b??"}));
  EXPECT_EQ(decode(encode(Refuse{RefuseCode::other, std::string(600, 'x')})),
            Message(Refuse{RefuseCode::other, std::string(512, 'x')}));
}

TEST(Message, impossible_ids_are_refused) {
  auto offer = [](std::int64_t job, std::int64_t site, int priority) {
    return fault_of(wire_bytes([&](wire::Frame& frame) {
      frame.mutable_offer()->set_queue(wire::QUEUE_APPLY);
      auto* entry = frame.mutable_offer()->add_refs();
      entry->set_job_id(job);
      entry->set_site_id(site);
      entry->set_priority(priority);
    }));
  };
  EXPECT_EQ(offer(1, 0, 0), "");
  EXPECT_EQ(offer(0, 0, 0), "job 0");
  EXPECT_EQ(offer(-4, 0, 0), "job -4");
  EXPECT_EQ(offer(1, -1, 0), "site -1");
  EXPECT_EQ(offer(1, 0, -1), "priority -1");
  EXPECT_EQ(offer(1, 0, 40'000), "priority 40000");
}

TEST(Message, another_major_version_is_refused_with_both_versions) {
  EXPECT_EQ(fault_of(wire_bytes([](wire::Frame& frame) {
              frame.set_major(2);
              frame.mutable_bye();
            })),
            "wire version 2.0, but this is 1.0");
}

TEST(Message, fields_of_a_newer_minor_version_are_ignored) {
  std::string bytes = wire_bytes([](wire::Frame& frame) {
    frame.set_minor(wire_minor + 1);
    frame.mutable_credit()->set_granted(9);
  });
  bytes += std::string("\xfa\x3e\x03new", 6);  // field 1007, three bytes
  EXPECT_EQ(decode(bytes), Message(Credit{9, false}));
}

TEST(Message, a_message_of_a_newer_minor_version_is_unknown) {
  std::string bytes = wire_bytes([](wire::Frame& frame) { frame.set_minor(wire_minor + 1); });
  bytes += std::string("\xfa\x3e\x03new", 6);
  EXPECT_EQ(decode(bytes), Message(Unknown{}));
}

TEST(Message, a_frame_of_this_version_without_a_message_is_malformed) {
  EXPECT_EQ(fault_of(wire_bytes([](wire::Frame&) {})), "a frame without a message");
}

TEST(Message, counts_of_queues_that_only_a_newer_version_knows_are_left_out) {
  std::string bytes = wire_bytes([](wire::Frame& frame) {
    for (int queue : {4, 99}) {
      auto* entry = frame.mutable_offer_ack()->add_granted();
      entry->set_queue(static_cast<wire::Queue>(queue));
      entry->set_count(5);
    }
  });
  EXPECT_EQ(decode(bytes), Message(OfferAck{{{Queue::verify, 5}}, 0}));
}

TEST(MessageDeathTest, an_offer_of_two_queues_is_a_broken_invariant) {
  Offer offer{Queue::apply, 2, {ref(1), ref(2, Queue::mail)}};
  EXPECT_DEATH(encode(offer), "an offer is about one queue");
}

}  // namespace
}  // namespace certfleet::bus

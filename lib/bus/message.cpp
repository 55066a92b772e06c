#include "lib/bus/message.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "proto/certfleet.pb.h"

namespace certfleet::bus {
namespace {

constexpr std::size_t uuid_bytes_max = 64;
constexpr int counts_max = 64;  // queues a frame may tell about; a newer version may know more than we
constexpr std::int32_t priority_max = 32767;

// One line a value, in both directions.
constexpr std::array queues = {
    std::pair(Queue::csr, wire::QUEUE_CSR),     std::pair(Queue::order, wire::QUEUE_ORDER),
    std::pair(Queue::apply, wire::QUEUE_APPLY), std::pair(Queue::verify, wire::QUEUE_VERIFY),
    std::pair(Queue::mail, wire::QUEUE_MAIL),
};
static_assert(queues.size() == domain::all_queues.size());

constexpr std::array roles = {std::pair(Role::worker, wire::ROLE_WORKER),
                              std::pair(Role::scheduler, wire::ROLE_SCHEDULER)};

constexpr std::array codes = {
    std::pair(RefuseCode::other, wire::REFUSE_OTHER),
    std::pair(RefuseCode::malformed, wire::REFUSE_MALFORMED),
    std::pair(RefuseCode::unknown_message, wire::REFUSE_UNKNOWN_MESSAGE),
    std::pair(RefuseCode::hello_first, wire::REFUSE_HELLO_FIRST),
    std::pair(RefuseCode::not_enrolled, wire::REFUSE_NOT_ENROLLED),
    std::pair(RefuseCode::not_allowed, wire::REFUSE_NOT_ALLOWED),
    std::pair(RefuseCode::over_window, wire::REFUSE_OVER_WINDOW),
    std::pair(RefuseCode::too_many, wire::REFUSE_TOO_MANY),
};

template <class Table, class Ours>
auto to_wire(const Table& table, Ours value) {
  for (const auto& [ours, theirs] : table)
    if (ours == value) return theirs;
  CERTFLEET_INVARIANT(false, "a value that has no place on the wire");
  return table.front().second;
}

template <class Table, class Theirs>
auto from_wire(const Table& table, Theirs value) {
  using Ours = decltype(table.front().first);
  for (const auto& [ours, theirs] : table)
    if (theirs == value) return std::optional<std::remove_const_t<Ours>>(ours);
  return std::optional<std::remove_const_t<Ours>>();
}

[[noreturn]] void malformed(const std::string& what) {
  throw Failure(Fault::usage, what);
}

template <class Table, class Theirs>
auto known(const Table& table, Theirs value, const char* what) {
  auto ours = from_wire(table, value);
  if (!ours) malformed(fmt::format("unknown {} {}", what, static_cast<int>(value)));
  return *ours;
}

bool printable(char c) {
  return c >= ' ' && c <= '~';
}

// Texts end up in logs: what a peer sends must not forge lines there.
const std::string& text(const std::string& value, std::size_t bytes_max, const char* what) {
  if (value.size() > bytes_max) malformed(fmt::format("{} longer than {} bytes", what, bytes_max));
  if (!std::all_of(value.begin(), value.end(), printable))
    malformed(fmt::format("{} is not printable", what));
  return value;
}

std::string plain(std::string value) {
  if (value.size() > text_bytes_max) value.resize(text_bytes_max);
  std::replace_if(
      value.begin(), value.end(), [](char c) { return !printable(c); }, '?');
  return value;
}

const std::string& uuid(const std::string& value) {
  if (value.empty()) malformed("no instance");
  return text(value, uuid_bytes_max, "instance");
}

template <class Tag>
void id_from(std::int64_t value, Id<Tag>& id, std::int64_t lowest, const char* what) {
  if (value < lowest) malformed(fmt::format("{} {}", what, value));
  id = Id<Tag>(value);
}

// Ours to the wire.

void put(const std::vector<QueueCount>& counts, google::protobuf::RepeatedPtrField<wire::QueueCount>* out) {
  for (const auto& [queue, count] : counts) {
    auto* entry = out->Add();
    entry->set_queue(to_wire(queues, queue));
    entry->set_count(count);
  }
}

struct Writer {
  wire::Frame& frame;

  void operator()(const Hello& hello) const {
    auto* out = frame.mutable_hello();
    out->set_instance(hello.instance);
    out->set_epoch(hello.epoch);
    out->set_role(to_wire(roles, hello.role));
    if (hello.queue) out->set_queue(to_wire(queues, *hello.queue));
    out->set_site_id(hello.site.value());
    out->set_wants(hello.wants);
  }
  void operator()(const Welcome& welcome) const {
    auto* out = frame.mutable_welcome();
    out->set_broker(welcome.broker);
    out->set_epoch(welcome.epoch);
    out->set_beat_ms(static_cast<std::uint32_t>(welcome.beat.count()));
    out->set_window(welcome.window);
    out->set_credit_max(welcome.credit_max);
    out->set_refs_per_offer(welcome.refs_per_offer);
  }
  void operator()(const Credit& credit) const {
    auto* out = frame.mutable_credit();
    out->set_granted(credit.granted);
    out->set_quiet(credit.quiet);
  }
  void operator()(const Offer& offer) const {
    CERTFLEET_INVARIANT(!offer.refs.empty() && offer.refs.size() <= offer_refs_max, "references in an offer");
    auto* out = frame.mutable_offer();
    out->set_queue(to_wire(queues, offer.queue));
    out->set_sent(offer.sent);
    for (const auto& ref : offer.refs) {
      CERTFLEET_INVARIANT(ref.queue == offer.queue, "an offer is about one queue");
      auto* entry = out->add_refs();
      entry->set_job_id(ref.id.value());
      entry->set_site_id(ref.site.value());
      entry->set_service_id(ref.service.value());
      entry->set_priority(ref.priority);
    }
  }
  void operator()(const OfferAck& ack) const {
    auto* out = frame.mutable_offer_ack();
    put(ack.granted, out->mutable_granted());
    out->set_accepted(ack.accepted);
  }
  void operator()(const Beat& beat) const {
    auto* out = frame.mutable_beat();
    out->set_granted(beat.granted);
    out->set_quiet(beat.quiet);
    put(beat.sent, out->mutable_sent());
  }
  void operator()(const BeatAck& ack) const {
    auto* out = frame.mutable_beat_ack();
    out->set_sent(ack.sent);
    put(ack.granted, out->mutable_granted());
    out->set_accepted(ack.accepted);
  }
  void operator()(const Bye& bye) const { frame.mutable_bye()->set_reason(plain(bye.reason)); }
  void operator()(const Refuse& refuse) const {
    frame.mutable_refuse()->set_code(to_wire(codes, refuse.code));
    frame.mutable_refuse()->set_text(plain(refuse.text));
  }
  void operator()(const Unknown&) const { CERTFLEET_INVARIANT(false, "what is unknown is only received"); }
};

// The wire to ours.

std::vector<QueueCount> read(const google::protobuf::RepeatedPtrField<wire::QueueCount>& counts) {
  if (counts.size() > counts_max) malformed(fmt::format("{} counts in a frame", counts.size()));
  std::vector<QueueCount> result;
  for (const auto& entry : counts)  // of a queue that only a newer version knows there is nothing to say
    if (auto queue = from_wire(queues, entry.queue())) result.push_back({*queue, entry.count()});
  return result;
}

Hello read(const wire::Hello& in) {
  Hello hello;
  hello.instance = uuid(in.instance());
  hello.epoch = in.epoch();
  hello.role = known(roles, in.role(), "role");
  if (in.queue() != wire::QUEUE_NONE) hello.queue = known(queues, in.queue(), "queue");
  id_from(in.site_id(), hello.site, 0, "site");
  hello.wants = in.wants();
  return hello;
}

Welcome read(const wire::Welcome& in) {
  return {.broker = uuid(in.broker()),
          .epoch = in.epoch(),
          .beat = std::chrono::milliseconds(in.beat_ms()),
          .window = in.window(),
          .credit_max = in.credit_max(),
          .refs_per_offer = in.refs_per_offer()};
}

Offer read(const wire::Offer& in) {
  if (in.refs().empty()) malformed("an offer of nothing");
  if (static_cast<std::size_t>(in.refs_size()) > offer_refs_max)
    malformed(fmt::format("{} references in an offer, at most {}", in.refs_size(), offer_refs_max));
  Offer offer{.queue = known(queues, in.queue(), "queue"), .sent = in.sent(), .refs = {}};
  offer.refs.reserve(static_cast<std::size_t>(in.refs_size()));
  for (const auto& entry : in.refs()) {
    JobRef ref;
    ref.queue = offer.queue;
    id_from(entry.job_id(), ref.id, 1, "job");
    id_from(entry.site_id(), ref.site, 0, "site");
    id_from(entry.service_id(), ref.service, 0, "service");
    if (entry.priority() < 0 || entry.priority() > priority_max)
      malformed(fmt::format("priority {}", entry.priority()));
    ref.priority = static_cast<std::int16_t>(entry.priority());
    offer.refs.push_back(ref);
  }
  return offer;
}

Message read(const wire::Frame& frame) {
  switch (frame.body_case()) {
    case wire::Frame::kHello:
      return read(frame.hello());
    case wire::Frame::kWelcome:
      return read(frame.welcome());
    case wire::Frame::kCredit:
      return Credit{frame.credit().granted(), frame.credit().quiet()};
    case wire::Frame::kOffer:
      return read(frame.offer());
    case wire::Frame::kOfferAck:
      return OfferAck{read(frame.offer_ack().granted()), frame.offer_ack().accepted()};
    case wire::Frame::kBeat:
      return Beat{frame.beat().granted(), frame.beat().quiet(), read(frame.beat().sent())};
    case wire::Frame::kBeatAck:
      return BeatAck{frame.beat_ack().sent(), read(frame.beat_ack().granted()), frame.beat_ack().accepted()};
    case wire::Frame::kBye:
      return Bye{text(frame.bye().reason(), text_bytes_max, "reason")};
    case wire::Frame::kRefuse:
      return Refuse{from_wire(codes, frame.refuse().code()).value_or(RefuseCode::other),
                    text(frame.refuse().text(), text_bytes_max, "text")};
    case wire::Frame::BODY_NOT_SET:
      break;
  }
  if (frame.minor() <= wire_minor) malformed("a frame without a message");
  return Unknown{};
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::worker:
      return "worker";
    case Role::scheduler:
      return "scheduler";
    case Role::broker:
      return "broker";
  }
  return "";
}

std::optional<Role> role_from(std::string_view text) {
  for (Role role : {Role::worker, Role::scheduler, Role::broker})
    if (to_string(role) == text) return role;
  return std::nullopt;
}

std::string_view to_string(RefuseCode code) {
  switch (code) {
    case RefuseCode::other:
      return "other";
    case RefuseCode::malformed:
      return "malformed";
    case RefuseCode::unknown_message:
      return "unknown_message";
    case RefuseCode::hello_first:
      return "hello_first";
    case RefuseCode::not_enrolled:
      return "not_enrolled";
    case RefuseCode::not_allowed:
      return "not_allowed";
    case RefuseCode::over_window:
      return "over_window";
    case RefuseCode::too_many:
      return "too_many";
  }
  return "";
}

std::string_view name_of(const Message& message) {
  constexpr std::array names = {"hello", "welcome",  "credit", "offer",  "offer_ack",
                                "beat",  "beat_ack", "bye",    "refuse", "unknown"};
  static_assert(names.size() == std::variant_size_v<Message>);
  return names[message.index()];
}

std::string encode(const Message& message) {
  wire::Frame frame;
  frame.set_major(wire_major);
  frame.set_minor(wire_minor);
  std::visit(Writer{frame}, message);
  std::string bytes = frame.SerializeAsString();
  CERTFLEET_INVARIANT(bytes.size() <= frame_bytes_max, name_of(message));
  return bytes;
}

Message decode(std::string_view bytes) {
  if (bytes.size() > frame_bytes_max) malformed(fmt::format("a frame of {} bytes", bytes.size()));
  wire::Frame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    malformed("not a frame of certfleet");
  if (frame.major() != wire_major)
    malformed(fmt::format("wire version {}.{}, but this is {}.{}", frame.major(), frame.minor(), wire_major,
                          wire_minor));
  return read(frame);
}

}  // namespace certfleet::bus

#include "workers/order/acme.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/fault_point.h"
#include "lib/pki/jws.h"
#include "lib/pki/printable.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/challenges.h"
#include "lib/store/orders.h"
#include "lib/store/sealing_keys.h"
#include "workers/order/pause.h"
#include "workers/order/trace_ids.h"

namespace certfleet::order {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t answer_bytes_max = 1024UL * 1024;  // a chain of ten certificates stays far below
constexpr seconds patience{30};                          // then the slot is better used by another job
constexpr milliseconds first_pause{100};                 // test CAs and small ones are done in moments
constexpr milliseconds longest_pause{4000};
constexpr seconds look_again{15};  // for a CA that says nothing of its own
// After a dead order, before the next one. Large CAs take five failed validations of a name in an hour.
constexpr std::array<seconds, 3> waits_before_another = {seconds(10), seconds(120), seconds(1500)};

net::HttpOptions options_of(const domain::CaAccount& account, const domain::Settings& settings) {
  net::HttpOptions options;
  options.ca_pem = account.ca_pem;
  options.body_bytes_max = answer_bytes_max;
  if (settings.proxy) options.proxy = net::parse_address(*settings.proxy);
  return options;
}

// What can be stored and asked again (RFC 3986: ASCII without blanks).
bool is_url(std::string_view text) {
  return text.starts_with("https://") && text.size() <= 2048 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// http-01 can't prove a wildcard (RFC 8555 section 8.3).
void refuse_wildcards(const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (name.starts_with("*"))
      throw Failure(Fault::usage, trace_id::domain,
                    fmt::format("{}: a wildcard name can't be validated by http-01", name));
}

// Waits that grow, unless the CA says how long it takes.
class Waits {
 public:
  Waits(Deadline deadline, std::stop_token stop)
      : until_(deadline.within(patience)), stop_(std::move(stop)) {}

  // None after a wait; else the attempt's patience ends before, and this is how long to leave the CA alone.
  std::optional<seconds> wait(std::optional<seconds> asked) {
    auto span = asked && asked->count() > 0 ? milliseconds(*asked) : next_;
    if (span >= until_.left()) return asked && asked->count() > 0 ? *asked : look_again;
    next_ = std::min(next_ * 2, longest_pause);
    if (!pause(span, until_, stop_)) throw Failure(Fault::retry, "asked to stop");
    return std::nullopt;
  }

 private:
  Deadline until_;
  std::stop_token stop_;
  milliseconds next_ = first_pause;
};

}  // namespace

Acme::Acme(domain::CaAccount account, const Surroundings& around)
    : account_(std::move(account)),
      around_(around),
      web_(around.make_web(options_of(account_, around.settings))) {}
Acme::~Acme() = default;

Progress Acme::advance(const Task& task) {
  refuse_wildcards(task.csr.names());
  prepare_key();
  client_.emplace(
      *web_, around_.clock, *key_,
      AcmeClient::Settings{account_.directory_url, around_.context.deadline(), around_.context.stop()});
  around_.tracer.info(trace_id::request, {account_.directory_url});
  if (!account_.account_url) register_account();
  bool moved = task.reference.empty();  // by this attempt: what comes of it is waited for
  auto order_url = task.reference.empty() ? place(task) : task.reference;
  auto later = [this] { return Pending{retry_after_.value_or(look_again)}; };
  for (Waits waits(around_.context.deadline(), around_.context.stop());;) {
    auto order = look(order_url);
    auto step = next_step(
        order, needs_authorizations(order) ? open_authorizations(order, task) : std::vector<Authorization>{},
        answered_);
    switch (step.kind) {
      case Step::Kind::answer:
        moved |= answer(step.challenges, task);
        if (task.one_look && !moved) return later();
        break;
      case Step::Kind::finalize:
        if (!finalized_) {
          finalize(order, task);
          moved = true;
          // Section 7.4: the answer says when to look. One that does not is followed by a look at once.
          if (!retry_after_) break;
          if (auto span = waits.wait(retry_after_)) return Pending{*span};
          break;
        }
        [[fallthrough]];  // it was told; until it moves there is nothing to do
      case Step::Kind::wait:
        if (task.one_look && !moved) return later();
        if (auto span = waits.wait(retry_after_)) return Pending{*span};
        break;
      case Step::Kind::download:
        return download(order);
      case Step::Kind::fail:
        give_up(step, order_url, task);
    }
  }
}

// The account's key is durable before the CA hears of it: an account whose key is lost is lost.
void Acme::prepare_key() {
  if (!account_.account_key) {
    auto key = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
    around_.context.commit([&](store::Tx& tx) {
      auto sealing_key = pki::SealingPublicKey::from_bytes(store::sealing_keys::active(tx).public_key);
      auto sealed = pki::seal(sealing_key, domain::purpose::ca_account_key, key.to_pem());
      store::ca_accounts::record_account_key(tx, account_.id, sealed);
    });
    // Another order may have been faster: what is recorded counts.
    account_ = around_.context.reading(
        [&](store::Tx& tx) { return store::ca_accounts::get_with_secrets(tx, account_.id); });
    if (!account_.account_key)
      throw Failure(Fault::conflict, fmt::format("the CA account {} was changed meanwhile", account_.name));
  }
  key_ = pki::PrivateKey::from_pem(
      around_.keys.open(domain::purpose::ca_account_key, *account_.account_key));
}

// The same key always gives the same account (RFC 8555 section 7.3.1), so this may be done any number of
// times.
void Acme::register_account() {
  const auto& directory = client_->directory();
  if (directory.external_account_required)
    throw Failure(Fault::usage, trace_id::failed,
                  fmt::format("the CA of account {} demands external account binding", account_.name));
  FAULT_POINT("order.account.before");
  auto answer = client_->post("newAccount", directory.new_account, "", new_account_payload(account_.contact));
  FAULT_POINT("order.account.after");
  require_good("newAccount", answer);
  if (!is_url(answer.location))
    throw Failure(Fault::permanent, trace_id::unexpected, "newAccount: the CA's answer has no account URL");
  account_.account_url = answer.location;
  around_.context.commit(
      [&](store::Tx& tx) { store::ca_accounts::record_account_url(tx, account_.id, answer.location); });
  registered_now_ = true;
  around_.tracer.info(trace_id::registered, {answer.location});
}

// A request of the account. One that the CA does not know any more is registered anew, once.
Answer Acme::call(std::string_view what, const std::string& url, const std::string& payload) {
  auto answer = client_->post(what, url, *account_.account_url, payload);
  if (answer.is("accountDoesNotExist") && !registered_now_) {
    register_account();
    answer = client_->post(what, url, *account_.account_url, payload);
  }
  if (answer.problem)
    around_.tracer.warning(trace_id::problem, {answer.problem->type, answer.problem->words()});
  return answer;
}

std::string Acme::place(const Task& task) {
  FAULT_POINT("order.place.before");
  auto answer = call("newOrder", client_->directory().new_order, new_order_payload(task.csr.names()));
  FAULT_POINT("order.place.after");
  require_good("newOrder", answer);
  if (!is_url(answer.location))
    throw Failure(Fault::permanent, trace_id::unexpected, "newOrder: the CA's answer has no order URL");
  around_.context.commit([&](store::Tx& tx) { store::orders::record_url(tx, task.id, answer.location); });
  around_.tracer.info(trace_id::accepted, {answer.location});
  return answer.location;
}

AcmeOrder Acme::look(const std::string& order_url) {
  auto answer = call("order", order_url, "");
  retry_after_ = answer.retry_after;
  auto order = parse_order(require_good("order", answer).body);
  if (traced_ != order.status) {
    std::vector<std::string> state = {std::string(to_string(order.status))};
    order.status == OrderStatus::invalid ? around_.tracer.error(trace_id::state, state)
                                         : around_.tracer.info(trace_id::state, state);
    traced_ = order.status;
  }
  if (needs_authorizations(order)) return order;
  // It has got past them before they were looked at again.
  for (const auto& name : awaited_) around_.tracer.info(trace_id::validated, {name});
  awaited_.clear();
  return order;
}

// Those that are not valid yet.
std::vector<Authorization> Acme::open_authorizations(const AcmeOrder& order, const Task& task) {
  std::vector<Authorization> open;
  for (const auto& url : order.authorizations) {
    if (validated_.contains(url))
      continue;  // an order of a hundred names is not asked for all of them each time
    auto answer = call("authorization", url, "");
    auto each = parse_authorization(require_good("authorization", answer).body);
    // They come in any order and are told apart by their names only.
    const auto& names = task.csr.names();
    if (std::find(names.begin(), names.end(), each.name) == names.end())
      throw Failure(
          Fault::permanent, trace_id::unexpected,
          fmt::format("the CA wants to validate {}, which was not ordered", pki::printable(each.name)));
    if (each.status == AuthorizationStatus::valid) {
      validated_.insert(url);
      awaited_.erase(each.name);
      around_.tracer.info(trace_id::validated, {each.name});
    } else {
      open.push_back(std::move(each));
      retry_after_ = std::max(retry_after_, answer.retry_after);  // the next look asks for all of them
    }
  }
  return open;
}

// The responders of all workers can answer before the CA is told that it may ask.
bool Acme::answer(const std::vector<Open>& challenges, const Task& task) {
  std::vector<store::challenges::Challenge> rows;
  for (const auto& [name, challenge] : challenges)
    rows.push_back({challenge.token, pki::key_authorization(challenge.token, *key_)});
  int added = 0;
  around_.context.commit([&](store::Tx& tx) { added = store::challenges::add(tx, task.id, rows); });
  for (const auto& [name, challenge] : challenges) {
    around_.tracer.info(trace_id::offered, {name});
    FAULT_POINT("order.challenge.before");
    require_good("challenge", call("challenge", challenge.url, "{}"));
    FAULT_POINT("order.challenge.after");
    answered_.insert(challenge.url);
    awaited_.insert(name);
  }
  return added > 0;
}

void Acme::finalize(const AcmeOrder& order, const Task& task) {
  FAULT_POINT("order.finalize.before");
  auto answer = call("finalize", order.finalize, finalize_payload(task.csr.der()));
  FAULT_POINT("order.finalize.after");
  finalized_ = true;
  retry_after_ = answer.retry_after;
  // It is not ready any more: an earlier request whose reply was lost has done it. The next look tells.
  if (answer.is("orderNotReady")) return;
  require_good("finalize", answer);
  around_.tracer.info(trace_id::submitted, {});
}

void Acme::give_up(const Step& step, const std::string& order_url, const Task& task) {
  auto tries = static_cast<std::size_t>(task.attempts_failed);
  if (!step.again || tries >= waits_before_another.size())
    throw Failure(Fault::permanent, step.trace_id, step.why);
  around_.context.commit([&](store::Tx& tx) { store::orders::forget_url(tx, task.id, order_url); });
  throw Failure(Fault::retry, step.trace_id, step.why).after(waits_before_another.at(tries));
}

Issued Acme::download(const AcmeOrder& order) {
  auto answer = client_->post("certificate", order.certificate, *account_.account_url, "",
                              "application/pem-certificate-chain");
  return {require_good("certificate", answer).body};
}

}  // namespace certfleet::order

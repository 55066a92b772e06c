#include "workers/apply/apache.h"

#include <fmt/format.h>

#include <set>

#include "lib/base/error.h"
#include "lib/domain/remote_path.h"
#include "lib/pki/certificate.h"
#include "lib/pki/printable.h"
#include "lib/pki/random.h"
#include "workers/apply/apache_scripts.h"

namespace certfleet::apply {
namespace {

constexpr std::chrono::seconds login_limit{20};
// A reload waits for systemd and for slow disks; nothing here has a reason to take longer.
constexpr std::chrono::seconds script_limit{60};

Budget within(const Budget& budget, std::chrono::seconds limit) {
  return {budget.deadline.within(limit), budget.stop};
}

// What a program printed, as it goes into a failure or a trace. It may be in any encoding, and cut anywhere.
std::string one_line(std::string_view text) {
  constexpr std::size_t length_max = 500;
  return pki::one_line(text, length_max);
}

// Each cleaned as above.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < text.size()) {
    auto end = std::min(text.find('\n', start), text.size());
    lines.push_back(one_line(std::string_view(text).substr(start, end - start)));
    start = end + 1;
  }
  return lines;
}

std::string last_line(const std::string& text) {
  auto lines = lines_of(text);
  return lines.empty() ? std::string() : lines.back();
}

bool says_yes(const std::string& text, std::string_view word) {
  return text.find(fmt::format("{} yes\n", word)) != std::string::npos;
}

// The first certificate of a file, which may have others and a key after it.
std::string first_block(const std::string& pem) {
  constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view end = "-----END CERTIFICATE-----";
  auto from = pem.find(begin);
  auto to = from == std::string::npos ? from : pem.find(end, from);
  return to == std::string::npos ? std::string() : pem.substr(from, to + end.size() - from) + "\n";
}

void require_places(const domain::ApacheFiles& places) {
  domain::require_remote_path(places.cert_file, {"証明書ファイル", "certificate file"});
  domain::require_remote_path(places.key_file, {"鍵ファイル", "key file"});
  if (places.chain_file) domain::require_remote_path(*places.chain_file, {"中間証明書ファイル", "chain file"});
  domain::require_remote_path(places.work_dir, {"作業フォルダー", "work folder"});
  domain::require_remote_program(places.control, {"制御コマンド", "control program"});
  std::set<std::string> all = {places.cert_file, places.key_file};
  if (places.chain_file) all.insert(*places.chain_file);
  if (all.size() != (places.chain_file ? 3U : 2U))
    throw Failure(Fault::usage, "certificate, key and chain must be different files");
}

}  // namespace

ApacheTarget::ApacheTarget(Connect connect, const domain::Node& node, ApplyId apply, PairFiles files,
                           const Tracer& tracer)
    : connect_(std::move(connect)),
      tracer_(tracer),
      places_(node.apache),
      base_(fmt::format("{}/node-{}", node.apache.work_dir, node.id.value())),
      folder_(fmt::format("apply-{}", apply.value())),
      token_(pki::random_hex(16)),
      cert_pem_(std::move(files.leaf_pem)),
      chain_pem_(std::move(files.chain_pem)) {
  require_places(places_);
  // Up to Apache 2.4.7 the chain is a file of its own; later ones read it from behind the certificate.
  if (!places_.chain_file) cert_pem_ += chain_pem_;
  files_.push_back({"cert", places_.cert_file, cert_pem_});
  if (places_.chain_file) files_.push_back({"chain", *places_.chain_file, chain_pem_});
  files_.push_back({"key", places_.key_file, files.key_pem});
}

Reply ApacheTarget::run(const Script& script, std::vector<std::string> args, std::string_view input,
                        const Budget& budget) {
  CERTFLEET_INVARIANT(remote_ != nullptr, script.name);
  std::vector<std::string> all = {base_, folder_, token_};
  for (auto& arg : args) all.push_back(std::move(arg));
  auto own = within(budget, script_limit);
  try {
    auto reply = remote_->run(script, all, input, own);
    require_success(script, reply);
    return reply;
  } catch (const Failure& failure) {
    if (failure.trace_id() == 1810) tracer_.add(1810, {std::to_string(script_limit.count())});
    throw;
  }
}

void ApacheTarget::fail(int trace_id, const std::string& about, const Reply& reply) const {
  auto said = one_line(reply.err.empty() ? reply.out : reply.err);
  tracer_.add(trace_id, {about});
  if (!said.empty() && said != about) tracer_.add(1818, {said});
  throw Failure(Fault::permanent, trace_id,
                said.empty() || said == about ? about : fmt::format("{}: {}", about, said));
}

// The control program said no; what it printed is the reason.
void ApacheTarget::refused(const std::string& what, const std::string& said) const {
  int id = what == scripts::test.name ? 1829 : 1812;
  auto text = fmt::format("{} {}: {}", places_.control, what, said);
  tracer_.add(id, {text});
  throw Failure(Fault::permanent, id, text);
}

void ApacheTarget::require_success(const Script& script, const Reply& reply) const {
  std::string name(script.name);
  switch (reply.exit) {
    case 0:
      return;
    case scripts::locked:
      throw Failure(Fault::retry, 1810, "a command of an earlier attempt is still running on the node");
    case scripts::not_owner:
      throw Failure(Fault::stale, "another attempt has taken over the node");
    case scripts::bad_owner:
      fail(1817, last_line(reply.err), reply);
    case scripts::unsafe_work:
      fail(1812, base_ + " belongs to another user", reply);
    case scripts::control_failed:
      refused(name, one_line(reply.out));
    default:
      fail(1812, name, reply);
  }
}

void ApacheTarget::open(const Budget& budget) {
  close();
  auto own = within(budget, login_limit);
  remote_ = connect_(own);
  try {
    auto reply = remote_->run(scripts::open, {base_, token_}, {}, within(budget, script_limit));
    require_success(scripts::open, reply);
  } catch (const Failure&) {
    close();
    throw;
  }
}

void ApacheTarget::close() noexcept {
  if (remote_ == nullptr) return;
  remote_.reset();
  tracer_.add(1860);
}

Found ApacheTarget::look(const Budget& budget) {
  auto reply = run(scripts::look, budget);
  return {says_yes(reply.out, "ready"), says_yes(reply.out, "before"), says_yes(reply.out, "wanted")};
}

void ApacheTarget::prepare(const Budget& budget) {
  for (const auto& folder : lines_of(run(scripts::begin, budget).out)) tracer_.add(1826, {folder});
  tracer_.add(1851, {fmt::format("{}/{}", base_, folder_)});
  std::vector<std::string> targets;
  for (const auto& file : files_) {
    auto name = fmt::format("{}/{}/new/{}", base_, folder_, file.name);
    run(scripts::transfer, {std::string(file.name)}, file.content, budget);
    tracer_.add(1852, {name});
    targets.insert(targets.end(), {std::string(file.name), file.path});
  }
  run(scripts::back_up, std::move(targets), {}, budget);
  tracer_.add(1853);
}

void ApacheTarget::install(const Budget& budget) {
  run(scripts::install, budget);
  tracer_.add(1854);
}

void ApacheTarget::restore(const Budget& budget) {
  run(scripts::restore, budget);
  tracer_.add(1862);
}

void ApacheTarget::activate(Side side, const Budget& budget) {
  run(scripts::test, {places_.control}, {}, budget);
  tracer_.add(1828);
  run(scripts::reload, {side == Side::before ? "old" : "new", places_.control}, {}, budget);
  tracer_.add(1855);
}

std::optional<Identity> ApacheTarget::previous(const Budget& budget) {
  auto pem = first_block(run(scripts::previous, budget).out);
  if (pem.empty()) return std::nullopt;
  try {
    auto certificate = pki::Certificate::from_pem(pem);
    return Identity{certificate.serial(), certificate.sha256()};
  } catch (const Failure&) {
    return std::nullopt;  // no server ever served it
  }
}

void ApacheTarget::keep(const Budget& budget) {
  run(scripts::keep, budget);
}

void ApacheTarget::clean_up(Side outcome, const Budget& budget) {
  if (outcome == Side::wanted) {
    for (const auto& folder : lines_of(run(scripts::drop_older, budget).out)) tracer_.add(1858, {folder});
    return;
  }
  run(scripts::discard, budget);
  tracer_.add(1863);
  tracer_.add(1864);
}

}  // namespace certfleet::apply

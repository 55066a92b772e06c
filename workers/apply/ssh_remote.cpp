#include "workers/apply/ssh_remote.h"

#include <fmt/format.h>

#include <cstring>

#include "lib/base/error.h"
#include "lib/pki/printable.h"
#include "workers/apply/script_line.h"

namespace certfleet::apply {
namespace {

constexpr Script check = {"check", "echo certfleet-ready\n"};

// Password, mark and input in one piece of memory that is wiped.
class Input {
 public:
  Input(const std::optional<std::string_view>& password, std::string_view content) {
    // In full size from the start: growing would leave copies behind.
    text_.reserve((password ? password->size() : 0) + input_mark.size() + content.size() + 2);
    if (password) text_.append(*password) += '\n';
    text_.append(input_mark) += '\n';
    text_.append(content);
  }
  ~Input() { ::explicit_bzero(text_.data(), text_.size()); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  std::string_view view() const { return text_; }

 private:
  std::string text_;
};

std::string first_line(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  return pki::printable(text.substr(0, text.find('\n')), 200);
}

}  // namespace

SshRemote::SshRemote(const SshLogin& login, std::optional<Execution> execution, const Budget& budget)
    : session_(login, budget), execution_(std::move(execution)) {
  if (!execution_ || execution_->user == login.user) {
    execution_.reset();
    return;
  }
  std::string complaint = find_elevation(budget);
  if (elevation_ == Elevation::none)
    throw Failure(Fault::denied, 1811,
                  fmt::format("{}:{}: login {} can't become {}: {}", login.address, login.port, login.user,
                              execution_->user, complaint));
}

// Returns what sudo and su complained of.
std::string SshRemote::find_elevation(const Budget& budget) {
  std::string complaint;
  if (works(Elevation::sudo, complaint, budget)) return {};
  if (execution_->password) works(Elevation::su, complaint, budget);
  return complaint;
}

bool SshRemote::works(Elevation elevation, std::string& complaint, const Budget& budget) {
  auto line = script_line(check, {}, elevation, execution_->user, execution_->password.has_value());
  // The password alone, without a second line: one that is wrong must not be followed by a second wrong one.
  Input input(execution_->password, {});
  auto text = input.view();
  auto reply = session_.execute(line, text.substr(0, text.size() - input_mark.size() - 1), budget);
  if (reply.exit == 0 && reply.out == "certfleet-ready\n") {
    elevation_ = elevation;
    return true;
  }
  if (!complaint.empty()) complaint += "; ";
  complaint += first_line(reply.err.empty() ? reply.out : reply.err);
  return false;
}

Reply SshRemote::run(const Script& script, const std::vector<std::string>& args, std::string_view input,
                     const Budget& budget) {
  bool elevated = elevation_ != Elevation::none;
  bool password = elevated && execution_->password.has_value();
  auto line = script_line(script, args, elevation_, elevated ? execution_->user : std::string(), password);
  Input all(password ? execution_->password : std::nullopt, input);
  return session_.execute(line, all.view(), budget);
}

}  // namespace certfleet::apply

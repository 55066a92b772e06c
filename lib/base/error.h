// Operating failures: what went wrong, what the caller can do about it, and the id under which a person
// finds it (the catalogue in lib/trace). A broken invariant is not one of these: see CERTFLEET_INVARIANT.
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "lib/base/text.h"

namespace certfleet {

// What the caller can do. The command turns each into its exit code (DESIGN section 7).
enum class Fault {
  retry,        // may pass by itself: timeouts, 5xx, lost connections
  unreachable,  // the other side can't be reached; may pass by itself
  permanent,    // the same call will fail again
  usage,        // a wrong argument, a malformed file or value
  not_found,
  denied,
  conflict,   // somebody else changed or holds it
  stale,      // this attempt has lost its job: write nothing
  in_doubt,   // the outcome of a commit is not known: look before acting again
};

std::string_view to_string(Fault fault);

// The one exception type of this code base. Exceptions of libraries are caught where the library is called
// and become this, with what and where in one line. The text never holds a secret.
// What a person may have caused or can mend speaks both languages (Text); what() is its English.
class Failure : public std::runtime_error {
 public:
  Failure(Fault fault, const std::string& what) : std::runtime_error(what), fault_(fault) {}
  // trace_id: the number in the message catalogue (1811 for `<E1811>`).
  Failure(Fault fault, int trace_id, const std::string& what)
      : std::runtime_error(what), fault_(fault), trace_id_(trace_id) {}

  Failure(Fault fault, const Saying& text) : std::runtime_error(text.en), fault_(fault), ja_(text.ja) {}
  template <class... Arguments>
  Failure(Fault fault, const Text& text, const Arguments&... arguments)
      : Failure(fault, saying(text, arguments...)) {}
  template <class... Arguments>
  Failure(Fault fault, int trace_id, const Text& text, const Arguments&... arguments)
      : Failure(fault, saying(text, arguments...)) {
    trace_id_ = trace_id;
  }

  // As what it says can stand in another sentence.
  Saying text() const { return {ja_.value_or(what()), what()}; }

  Fault fault() const { return fault_; }
  std::optional<int> trace_id() const { return trace_id_; }

  // How long the other side asks us to wait before the next try, if it does.
  std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
  Failure& after(std::chrono::seconds wait) {
    retry_after_ = wait;
    return *this;
  }

  // True if the same work may succeed later without anybody changing anything.
  bool transient() const {
    return fault_ == Fault::retry || fault_ == Fault::unreachable || fault_ == Fault::in_doubt;
  }

 private:
  Fault fault_;
  std::optional<std::string> ja_;
  std::optional<int> trace_id_;
  std::optional<std::chrono::seconds> retry_after_;
};

// Prints expression, place and detail to standard error and aborts.
[[noreturn]] void invariant_broken(const char* expression, const char* file, int line, std::string_view detail);

}  // namespace certfleet

// Holds in release builds too. `detail` names the job, peer or row concerned; never a secret.
#define CERTFLEET_INVARIANT(expression, detail) \
  ((expression) ? void(0) : ::certfleet::invariant_broken(#expression, __FILE__, __LINE__, (detail)))

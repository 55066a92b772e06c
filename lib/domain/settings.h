// The settings of the whole installation (manual 6.2).
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

namespace certfleet::domain {

// How long one attempt of each kind of work may take (6.2.2); a job gets its timer when it is enqueued.
struct Timers {
  std::chrono::seconds csr{120}, order{600}, apply{300}, verify{60}, mail{60};
};

// Below the lowest an attempt can't do what it has to (an order waits half a minute for its CA, an apply starts
// a server twice); above the highest a job that hangs would hold its slot, and its node, for too long.
struct TimerBounds {
  const char* name;
  std::chrono::seconds Timers::*field;
  int lowest_s;
  int highest_s;
};
inline constexpr std::array timer_bounds = {
    TimerBounds{"csr", &Timers::csr, 10, 600},        TimerBounds{"order", &Timers::order, 60, 3600},
    TimerBounds{"apply", &Timers::apply, 60, 3600},   TimerBounds{"verify", &Timers::verify, 5, 600},
    TimerBounds{"mail", &Timers::mail, 10, 600},
};

struct Settings {
  std::optional<std::string> proxy;  // host:port, for CAs and for TLS checks by URL
  std::string time_zone = "UTC";
  std::string language = "ja";
  Timers timers{};
};

// In the form in which it is stored. Failure(usage) that names the field and the limit. Whether the time zone is
// known is the database's to say.
Settings checked(Settings settings);

}  // namespace certfleet::domain

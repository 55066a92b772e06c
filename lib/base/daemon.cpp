#include "lib/base/daemon.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/health.h"
#include "lib/base/log.h"

namespace certfleet {
namespace {

constexpr auto alive_limit = std::chrono::seconds(30);  // a main loop that turns slower than this is stuck

class RunningDaemon final : public Daemon {
 public:
  RunningDaemon() : drain_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    CERTFLEET_INVARIANT(drain_fd_ >= 0, "eventfd");
    sigset_t set = handled_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);  // before any thread starts: all inherit it
    waiter_ = std::thread([this] { wait_for_signals(); });
  }

  ~RunningDaemon() override {
    finished_ = true;
    pthread_kill(waiter_.native_handle(), SIGUSR2);
    waiter_.join();
    ::close(drain_fd_);
  }

  std::stop_token drain() const override { return drain_.get_token(); }
  std::stop_token abandon() const override { return abandon_.get_token(); }
  int drain_fd() const override { return drain_fd_; }

  void ready() override {
    alive();
    sd_notify(0, "READY=1");
  }

  void alive() override {
    alive_at_ = Monotonic::now().time_since_epoch().count();
    sd_notify(0, "WATCHDOG=1");
  }

  bool healthy() const {
    auto at = alive_at_.load();
    return at != 0 && Monotonic::now() - Instant(Monotonic::duration(at)) < alive_limit;
  }

  Metrics& metrics() override { return metrics_; }

 private:
  static sigset_t handled_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGTERM, SIGINT, SIGUSR2}) sigaddset(&set, signal);
    return set;
  }

  void wait_for_signals() {
    sigset_t set = handled_signals();
    while (!finished_) {
      int signal = 0;
      if (sigwait(&set, &signal) != 0 || signal == SIGUSR2) continue;
      if (drain_.stop_requested()) {
        log::warn("second signal: handing back at once");
        abandon_.request_stop();
        continue;
      }
      log::info("draining");
      sd_notify(0, "STOPPING=1");
      std::uint64_t one = 1;
      [[maybe_unused]] auto written = ::write(drain_fd_, &one, sizeof one);
      drain_.request_stop();
    }
  }

  int drain_fd_;
  std::stop_source drain_;
  std::stop_source abandon_;
  std::atomic<bool> finished_{false};
  std::atomic<Monotonic::rep> alive_at_{0};
  Metrics metrics_;
  std::thread waiter_;
};

struct Options {
  std::string config;
  bool version = false;
};

Options parse_options(int argc, char** argv, std::string_view name) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word == "--config" && i + 1 < argc)
      options.config = argv[++i];
    else if (word == "--version")
      options.version = true;
    else
      throw Failure(Fault::usage, fmt::format("unknown argument {}; usage: {} --config FILE", word, name));
  }
  if (options.config.empty() && !options.version)
    throw Failure(Fault::usage, fmt::format("usage: {} --config FILE", name));
  return options;
}

}  // namespace

Exit exit_code(const Failure& failure) {
  switch (failure.fault()) {
    case Fault::usage: return Exit::usage;
    case Fault::not_found: return Exit::not_found;
    case Fault::denied: return Exit::denied;
    case Fault::conflict: return Exit::conflict;
    case Fault::unreachable: return Exit::unreachable;
    default: return Exit::failed;
  }
}

void forbid_core_files() {
  rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int daemon_main(int argc, char** argv, std::string_view name,
                const std::function<void(Config&, Daemon&)>& body) {
  try {
    Options options = parse_options(argc, argv, name);
    if (options.version) {
      fmt::print("{} {}\n", name, CERTFLEET_VERSION);
      return 0;
    }
    forbid_core_files();
    ::signal(SIGPIPE, SIG_IGN);
    Config config = Config::load(options.config);
    log::start(name, config.choice("log.level", "info", {"trace", "debug", "info", "warning", "error", "critical"}));
    std::string listen = config.text("health.listen", "127.0.0.1:0");
    RunningDaemon daemon;
    std::unique_ptr<HealthServer> health;
    if (!listen.empty())
      health = std::make_unique<HealthServer>(
          listen, [&] { return daemon.metrics().render(); }, [&] { return daemon.healthy(); });
    body(config, daemon);
    log::info("ended");
    return 0;
  } catch (const Failure& failure) {
    fmt::print(stderr, "{}: {}\n", name, failure.what());
    return static_cast<int>(exit_code(failure));
  } catch (const std::exception& error) {
    // Nothing of a library's own should come this far; if it does, it is still one line.
    fmt::print(stderr, "{}: unexpected: {}\n", name, error.what());
    return static_cast<int>(Exit::failed);
  }
}

}  // namespace certfleet

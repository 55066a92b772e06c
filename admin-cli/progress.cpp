#include "admin-cli/progress.h"

#include <cstdio>

namespace certfleet::cli {

ProgressLine::ProgressLine(const Context& context)
    : context_(context), terminal_(Terminal::of_errors().width > 0) {}

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

std::function<void(std::size_t, std::size_t)> ProgressLine::teller() {
  return [this](std::size_t done, std::size_t all) {
    constexpr std::size_t worth_telling = 200;
    if (!terminal_ || all < worth_telling) return;
    auto percent = static_cast<int>(done * 100 / all);
    if (percent == percent_) return;
    percent_ = percent;
    shown_ = true;
    auto text = context_.say({"{} / {} 件 ({}%)", "{} of {} ({} %)"}, done, all, percent);
    std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
    std::fflush(stderr);
  };
}

}  // namespace certfleet::cli

#include "admin-cli/suggest.h"

#include <algorithm>

namespace certfleet::cli {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

int distance(std::string_view first, std::string_view second) {
  auto a = lower(first);
  auto b = lower(second);
  // Optimal string alignment: three rows of the table are enough.
  std::vector<int> two_back(b.size() + 1), back(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) back[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      int cost = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({back[j] + 1, now[j - 1] + 1, back[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], two_back[j - 2] + 1);
    }
    std::swap(two_back, back);
    std::swap(back, now);
  }
  return back[b.size()];
}

std::vector<std::string> near(std::string_view wrong, const std::vector<std::string>& names) {
  std::vector<std::pair<int, std::string>> found;
  for (const auto& name : names) {
    int far = distance(wrong, name);
    bool begins = wrong.size() >= 2 && lower(name).starts_with(lower(wrong));
    auto longest = static_cast<int>(std::max(wrong.size(), name.size()));
    if (begins || far <= std::max(1, longest / 3)) found.emplace_back(begins ? 0 : far, name);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (auto& [far, name] : found) {
    out.push_back(std::move(name));
    if (out.size() == 3) break;
  }
  return out;
}

std::vector<std::string> one_mistake_from(std::string_view wrong) {
  constexpr std::string_view usual = "abcdefghijklmnopqrstuvwxyz0123456789-_. ";
  constexpr std::size_t letters_max = 64;
  std::vector<std::size_t> at;  // where each letter begins, and the end
  for (std::size_t i = 0; i < wrong.size(); ++i)
    if ((static_cast<unsigned char>(wrong[i]) & 0xC0U) != 0x80U) at.push_back(i);
  auto letters = at.size();
  at.push_back(wrong.size());
  std::string text(wrong);
  std::vector<std::string> all{lower(wrong)};
  for (std::size_t i = 0; i < letters; ++i) {
    auto before = text.substr(0, at[i]);
    auto letter = text.substr(at[i], at[i + 1] - at[i]);
    auto behind = text.substr(at[i + 1]);
    all.push_back(before + behind);
    if (i + 1 < letters)
      all.push_back(before + text.substr(at[i + 1], at[i + 2] - at[i + 1]) + letter + text.substr(at[i + 2]));
    if (letters > letters_max) continue;
    for (char other : usual) {
      all.push_back(before + other + behind);
      all.push_back(before + other + letter + behind);
    }
  }
  if (letters <= letters_max)
    for (char other : usual) all.push_back(text + other);
  return all;
}

}  // namespace certfleet::cli

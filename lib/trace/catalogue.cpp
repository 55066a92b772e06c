#include "lib/trace/catalogue.h"

#include <algorithm>
#include <vector>

#include "lib/trace/messages.h"

namespace certfleet::trace {

Language language_from_locale(std::string_view locale) {
  return locale.starts_with("ja") ? Language::ja : Language::en;
}

std::span<const Message> all_messages() {
  static const std::vector<Message> all = [] {
    std::vector<Message> list;
    for (auto family : {base_messages(), apply_messages(), order_messages()})
      list.insert(list.end(), family.begin(), family.end());
    return list;
  }();
  return all;
}

const Message* find_message(int id) {
  auto all = all_messages();
  auto found = std::lower_bound(all.begin(), all.end(), id, [](const Message& m, int wanted) { return m.id < wanted; });
  return found != all.end() && found->id == id ? &*found : nullptr;
}

}  // namespace certfleet::trace

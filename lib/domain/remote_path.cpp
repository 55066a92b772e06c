#include "lib/domain/remote_path.h"

#include <fmt/format.h>

#include "lib/base/error.h"

namespace certfleet::domain {
namespace {

constexpr std::size_t length_max = 1024;  // well under PATH_MAX, with room for our temporary names

constexpr std::size_t user_length_max = 256;  // as of all login ids; useradd itself takes 32

constexpr std::string_view letters_digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool made_of(std::string_view text, std::string_view marks) {
  for (char c : text)
    if (letters_digits.find(c) == std::string_view::npos && marks.find(c) == std::string_view::npos)
      return false;
  return true;
}

template <class... Arguments>
[[noreturn]] void refuse(const Text& what, std::string_view value, const Text& why,
                         const Arguments&... arguments) {
  throw Failure(Fault::usage, Text{"{} \"{}\": {}", "{} \"{}\": {}"}, what, value, saying(why, arguments...));
}

void require_characters(std::string_view text, const Text& what) {
  if (text.empty()) refuse(what, text, {"空です", "is empty"});
  if (text.size() > length_max)
    refuse(what, text.substr(0, 40), {"{} バイトより長くなっています", "is longer than {} bytes"},
           length_max);
  if (!made_of(text, "/._-+@:,=~%"))
    refuse(what, text,
           {"英数字と / . _ - + @ : , = ~ % だけが使えます",
            "only letters, digits and / . _ - + @ : , = ~ % may be used"});
}

}  // namespace

void require_remote_path(std::string_view path, const Text& what) {
  require_characters(path, what);
  if (path.front() != '/') refuse(what, path, {"絶対パスで指定してください", "must be an absolute path"});
  std::string_view rest = path;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    auto part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == "..")
      refuse(what, path, {"空の部分や \".\" \"..\" は使えません", "has an empty, \".\" or \"..\" part"});
    rest.remove_prefix(part.size());
  }
}

void require_remote_program(std::string_view program, const Text& what) {
  require_characters(program, what);
  if (program.find('/') != std::string_view::npos) return require_remote_path(program, what);
  if (program.front() == '-')
    refuse(what, program, {"ハイフンで始めることはできません", "must not start with a hyphen"});
}

void require_remote_user(std::string_view user, const Text& what) {
  if (user.empty()) refuse(what, user, {"空です", "is empty"});
  if (user.size() > user_length_max)
    refuse(what, user.substr(0, 40), {"{} バイトより長くなっています", "is longer than {} bytes"}, user_length_max);
  if (user.front() == '-')
    refuse(what, user, {"ハイフンで始めることはできません", "must not start with a hyphen"});
  if (!made_of(user, "._-@"))
    refuse(what, user, {"英数字と . _ - @ だけが使えます", "only letters, digits and . _ - @ may be used"});
}

}  // namespace certfleet::domain

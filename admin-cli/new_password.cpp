#include "admin-cli/new_password.h"

#include "admin-cli/secrets.h"
#include "lib/domain/password.h"
#include "lib/pki/random.h"

namespace certfleet::cli {
namespace {

constexpr std::size_t code_length = 20;  // 119 bits
constexpr std::size_t code_piece = 5;

}  // namespace

void check_new_password(const Context& context, const pki::Secret& password, const std::string& user) {
  using domain::PasswordFault;
  auto fault = domain::password_fault(password.view(), user);
  if (!fault) return;
  switch (*fault) {
    case PasswordFault::too_short:
      context.fail(Fault::usage,
                   {"パスワード: {} 文字以上必要です", "password: is too short, at least {} characters are needed"},
                   domain::password_characters_min);
    case PasswordFault::control_character:
      context.fail(Fault::usage,
                   {"パスワード: 制御文字は使えません", "password: control characters are not allowed"});
    case PasswordFault::mail_address:
      context.fail(Fault::usage, {"パスワード: メールアドレスを含めることはできません",
                                  "password: must not hold the mail address"});
    case PasswordFault::repeated:
      context.fail(Fault::usage, {"パスワード: 同じ文字の繰り返しは使えません",
                                  "password: repeats the same few characters"});
  }
}

pki::Secret take_new_password(const Context& context, bool input, const std::string& user) {
  auto password = input ? secret_from_input()
                        : ask_secret(context, context.say({"{} の新しいパスワード", "New password of {}"}, user), true,
                                     "--password-stdin");
  check_new_password(context, password, user);
  return password;
}

OneTimeCode make_code(int hours) {
  auto letters = pki::random_password(code_length);
  std::string code;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i > 0 && i % code_piece == 0) code += '-';
    code += letters.view()[i];
  }
  return {pki::Secret(std::move(code)), SystemClock().wall() + std::chrono::hours(hours)};
}

}  // namespace certfleet::cli

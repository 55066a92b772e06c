// Secrets as the database has them: sealed boxes (lib/pki/sealed_box.h), bound to what they are for.
#pragma once

#include <string>
#include <string_view>

namespace certfleet::domain {

using Sealed = std::string;  // the bytes of a sealed box

// Purposes that sealed boxes are bound to; a box opened for another purpose does not open.
namespace purpose {
inline constexpr std::string_view access_login = "access.login";
inline constexpr std::string_view access_login_key = "access.login_key";
inline constexpr std::string_view access_exec = "access.exec";
inline constexpr std::string_view smtp_password = "smtp.password";
inline constexpr std::string_view ca_account_key = "ca_account.key";
inline constexpr std::string_view ca_account_api_key = "ca_account.api_key";
std::string key_pair(std::string_view spki_sha256);
}  // namespace purpose

}  // namespace certfleet::domain

// What an administrator configures, as plain values (manual chapters 5 to 9). Secrets are sealed boxes here
// (lib/pki/sealed_box.h) and never anything else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"

namespace certfleet::domain {

using Sealed = std::string;  // the bytes of a sealed box

// Purposes that sealed boxes are bound to; a box opened for another purpose does not open.
namespace purpose {
inline constexpr std::string_view access_login = "access.login";
inline constexpr std::string_view access_login_key = "access.login_key";
inline constexpr std::string_view access_exec = "access.exec";
inline constexpr std::string_view smtp_password = "smtp.password";
inline constexpr std::string_view ca_account_key = "ca_account.key";
std::string key_pair(std::string_view spki_sha256);
}  // namespace purpose

struct Site {
  SiteId id;
  std::string name;
};

struct KeySpec {
  std::string algorithm = "rsa-2048";  // rsa-2048, rsa-4096, ecdsa-p256, ecdsa-p384
  std::string country;
  std::string state;
  std::string locality;
  std::string organization;
  std::string unit;
  std::string email;
};

struct Service {
  ServiceId id;
  std::string name;
  GroupId group;
  bool enabled = true;
  std::string common_name;
  std::vector<std::string> sans;  // without the common name
  bool separate_chain = false;
  CaAccountId ca_account;          // 0: no automatic orders
  std::optional<KeySpec> key_spec;
};

struct CaAccount {
  CaAccountId id;
  std::string name;
  std::string kind = "acme";
  std::string directory_url;
  std::optional<std::string> contact;
  std::optional<std::string> ca_pem;       // trust for the directory; none: the system's
  std::optional<Sealed> account_key;       // only the order worker reads it
  std::optional<std::string> account_url;
};

struct Access {
  AccessId id;
  std::string name;
  std::string address;
  std::optional<int> port;  // none: the protocol's own
  std::string login_id;
  std::optional<Sealed> login_secret;
  std::optional<Sealed> login_key;
  std::optional<std::string> exec_id;  // runs the commands by sudo; none: the login itself
  std::optional<Sealed> exec_secret;
  std::optional<std::string> host_key;  // "SHA256:…"
};

enum class VerifyMode { url, address, none };
std::string_view to_string(VerifyMode mode);
std::optional<VerifyMode> verify_mode_from(std::string_view text);

// How a TLS handshake reaches a node (manual 9.1.4).
struct VerifyBy {
  VerifyMode mode = VerifyMode::none;
  std::string host;
  int port = 443;
  std::optional<std::string> name;  // SNI; in mode url it is the host itself
};

// Apache's files (manual 9.1.5).
struct ApacheFiles {
  std::string cert_file;                  // SSLCertificateFile
  std::string key_file;                   // SSLCertificateKeyFile
  std::optional<std::string> chain_file;  // SSLCertificateChainFile; none: in cert_file, Apache 2.4.8 and later
  std::string work_dir;
  std::string control = "apachectl";
};

struct Node {
  NodeId id;
  ServiceId service;
  SiteId site;
  AccessId access;
  std::string name;
  std::string kind = "apache";
  bool enabled = true;
  VerifyBy verify;
  ApacheFiles apache;
};

struct MailSettings {
  std::string from_address;
  std::string host;
  int port = 587;
  std::optional<std::string> auth_user;
  std::optional<Sealed> auth_password;
  std::optional<std::string> ca_pem;
};

struct NotificationTable {
  NotificationId id;
  std::string name;
  std::string title;
  std::string body;
  bool expiry_90 = true, expiry_60 = true, expiry_30 = true, expiry_15 = true, expired = true;
  bool order_started = true, order_progress = true, order_ended = true;
  bool apply_started = true, apply_ended = true;
  std::vector<std::string> to;  // at most 5
  std::vector<std::string> cc;  // at most 5
};

struct Settings {
  std::optional<std::string> proxy;  // host:port
  std::string time_zone = "UTC";
  std::string language = "ja";
};

// A certificate of a service as stored.
struct StoredCertificate {
  CertificateId id;
  ServiceId service;
  int slot = 1;
  std::string serial;  // hex, lower case
  std::string sha256;
  std::string common_name;
  WallTime not_before;
  WallTime not_after;
  std::string leaf_pem;
  std::string chain_pem;
  KeyPairId key_pair;  // 0: the key is not ours
};

}  // namespace certfleet::domain

// Where certificates are installed and how to get there, as plain values (manual 9.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/id.h"
#include "lib/domain/sealed.h"

namespace certfleet::domain {

struct Site {
  SiteId id;
  std::string name;
};

// How to log in (9.1.6). An SSH key may stand beside the password or instead of it.
struct Access {
  AccessId id;
  std::string name;
  std::string address;
  std::optional<int> port;  // of SSH; none: 22. The other kinds have ports of their own and ignore it
  std::string login_id;
  std::optional<Sealed> login_secret;
  std::optional<Sealed> login_key;
  std::optional<std::string> exec_id;  // runs the commands by sudo; none: the login itself. Only for SSH
  std::optional<Sealed> exec_secret;
  std::optional<std::string> host_key;  // "SHA256:…"
  // Which secrets are stored, for those who may not read them.
  bool login_secret_set = false;
  bool login_key_set = false;
  bool exec_secret_set = false;

  // What it has once it is written: a secret that is none leaves the stored one, an empty one removes it.
  bool has_password() const { return login_secret ? !login_secret->empty() : login_secret_set; }
  bool has_exec_password() const { return exec_secret ? !exec_secret->empty() : exec_secret_set; }
};

enum class VerifyMode { url, address, none };
std::string_view to_string(VerifyMode mode);
std::optional<VerifyMode> verify_mode_from(std::string_view text);

// How a TLS handshake reaches a node (9.1.4).
struct VerifyBy {
  VerifyMode mode = VerifyMode::none;
  std::string host;
  int port = 443;
  std::optional<std::string> name;  // SNI; in mode url it is the host itself
};

namespace node_kind {
inline constexpr std::string_view apache = "apache";
inline constexpr std::string_view bigip = "bigip";
inline constexpr std::string_view iis = "iis";
}  // namespace node_kind

// Apache's files (9.1.5).
struct ApacheFiles {
  std::string cert_file;                  // SSLCertificateFile
  std::string key_file;                   // SSLCertificateKeyFile
  std::optional<std::string> chain_file;  // SSLCertificateChainFile; none: in cert_file, Apache 2.4.8 and later
  std::string work_dir;
  std::string control = "apachectl";

  bool operator==(const ApacheFiles&) const = default;
};

// What a BIG-IP serves (9.1.5).
struct BigIpProfile {
  std::string profile;               // SSL profile of the client side
  std::string import_name;           // of certificate and key: letters, digits, hyphen, dot, underscore
  std::string partition = "Common";  // where profile and imports are; folders by slashes: "Common/shop.app"

  bool operator==(const BigIpProfile&) const = default;
};

// What IIS serves (9.1.5).
struct IisSite {
  std::string site;             // as the IIS manager names it
  std::string binding;          // host:ip:port; the host may be empty, the ip is * for all addresses
  std::string windows_version;  // 2012, 2012r2, 2016, 2016r2, 2019 or 2022
  bool windows_key = false;     // the key was made there and stays there; the service then has no other node

  bool operator==(const IisSite&) const = default;
};

struct Node {
  NodeId id;
  ServiceId service;
  SiteId site;
  AccessId access;
  std::string name;
  std::string kind = std::string(node_kind::apache);
  bool enabled = true;
  VerifyBy verify;
  // The one that the kind asks for; the others are as they are made.
  ApacheFiles apache;
  BigIpProfile bigip;
  IisSite iis;
};

// A binding's parts.
struct Binding {
  std::string host;  // empty: any
  std::string ip;    // "*", IPv4, or IPv6 without brackets
  int port = 443;
};
// Failure(usage) that says what is wrong. Host names and addresses come back in their stored form.
Binding binding_from(std::string_view text);
std::string to_string(const Binding& binding);

// A node needs an access of its sort: apache an SSH host key and a login id that a shell can't misread, the others a
// password (manual 9.1.6). Failure(usage) that names the access.
void require_access_for(std::string_view kind, const Access& access);

// Failure(conflict, 1830) if this version applies nothing to nodes of the kind.
void require_target(std::string_view kind, std::string_view node);

}  // namespace certfleet::domain

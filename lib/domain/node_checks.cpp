// The limits of nodes and accesses (manual 9.1); the functions are declared in checks.h.
#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/domain/check_text.h"
#include "lib/domain/checks.h"
#include "lib/domain/idn.h"
#include "lib/domain/nouns.h"
#include "lib/domain/remote_path.h"
#include "lib/pki/host_name.h"

namespace certfleet::domain {
namespace {

constexpr std::size_t login_bytes_max = 256;
constexpr std::size_t bigip_name_bytes_max = 255;  // of what is there already
// Of what is made there, as long as F5 confirms no more; and each deployment imports anew under this name with what
// tells its objects apart behind it.
constexpr std::size_t bigip_object_bytes_max = 128;
constexpr std::string_view bigip_object_suffix = "-yyyymmddhhmmss-chain.crt";
constexpr std::size_t import_name_bytes_max = bigip_object_bytes_max - bigip_object_suffix.size();
static_assert(import_name_bytes_max == 103);  // sql/functions/inventory_rules.sql and docs/inventory.md have it, too
constexpr std::size_t iis_site_bytes_max = 256;    // IIS keeps 259 characters for a site's folder
constexpr std::string_view letters_digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

// As ssh-keygen -lf shows it: 32 bytes are 43 characters of Base64 without padding.
void check_fingerprint(std::string_view text) {
  constexpr std::string_view prefix = "SHA256:";
  constexpr std::size_t digits = 43;
  bool good = text.starts_with(prefix) && text.size() == prefix.size() + digits;
  for (char c : good ? text.substr(prefix.size()) : std::string_view())
    good = good && (letters_digits.find(c) != std::string_view::npos || c == '+' || c == '/');
  if (!good)
    refuse({"ホスト鍵", "host key"},
           {"\"{}\" は指紋ではありません。ssh-keygen -lf が SHA256:… の形で表示します",
            "\"{}\" is no fingerprint; ssh-keygen -lf shows it as SHA256:…"},
           text);
}

// The name of the field before what is wrong with its host.
template <class F>
std::string field(const Text& what, F&& normalize) {
  try {
    return normalize();
  } catch (const Failure& failure) {
    refuse(what, {"{}", "{}"}, failure.text());
  }
}
std::string dns_name(const Text& what, std::string_view text) {
  return field(what, [&] { return pki::normalize_dns_name(a_labels(text), pki::Wildcard::refused); });
}
std::string host(const Text& what, std::string_view text) {
  return field(what, [&] { return pki::normalize_host(a_labels(text)); });
}

VerifyBy checked(VerifyBy verify) {
  if (verify.mode == VerifyMode::none) return {};
  if (verify.mode == VerifyMode::url) {
    verify.host = dns_name({"確認用 URL", "verification URL"}, verify.host);
    verify.name = verify.host;  // 9.1.4: the name of the URL is what is asked for
  } else {
    verify.host = host({"確認用アドレス", "verification address"}, verify.host);
    if (verify.name) verify.name = dns_name({"確認用 FQDN", "verification name"}, *verify.name);
  }
  check_port(verify.port, {"確認用ポート", "verification port"});
  return verify;
}

ApacheFiles checked(ApacheFiles files) {
  require_remote_path(files.cert_file, {"証明書ファイル", "certificate file"});
  require_remote_path(files.key_file, {"鍵ファイル", "key file"});
  if (files.chain_file) require_remote_path(*files.chain_file, {"中間証明書ファイル", "chain file"});
  require_remote_path(files.work_dir, {"作業フォルダー", "work folder"});
  require_remote_program(files.control, {"制御コマンド", "control program"});
  if (files.key_file == files.cert_file || files.key_file == files.chain_file ||
      files.chain_file == files.cert_file)
    refuse(nouns::node, {"証明書・鍵・中間証明書には別々のファイルが必要です",
                         "certificate, key and chain need a file each"});
  return files;
}

// 9.1.5: letters, digits, hyphen, dot and underscore.
void check_bigip_name(std::string_view name, std::size_t bytes_max, const Text& what) {
  if (name.empty()) refuse(what, is_needed);
  check_line(name, bytes_max, what);
  for (char c : name)
    if (letters_digits.find(c) == std::string_view::npos &&
        std::string_view("-._").find(c) == std::string_view::npos)
      refuse(what,
             {"\"{}\": 英数字・ハイフン・ドット・アンダーバーだけが使えます",
              "\"{}\": only letters, digits, hyphen, dot and underscore are allowed"},
             name);
}

BigIpProfile checked(BigIpProfile bigip) {
  check_bigip_name(bigip.profile, bigip_name_bytes_max, {"SSLプロファイル名", "SSL profile"});
  check_bigip_name(bigip.import_name, import_name_bytes_max, {"インポート名称", "import name"});
  for (std::string_view rest = bigip.partition;;) {
    auto slash = rest.find('/');
    check_bigip_name(rest.substr(0, slash), bigip_name_bytes_max, {"パーティション", "partition"});
    if (slash == std::string_view::npos) return bigip;
    rest.remove_prefix(slash + 1);
  }
}

IisSite checked(IisSite iis) {
  if (iis.site.empty()) refuse({"IIS サイト名", "IIS site"}, is_needed);
  check_line(iis.site, iis_site_bytes_max, {"IIS サイト名", "IIS site"});
  // What IIS itself refuses in the name of a site.
  if (auto at = iis.site.find_first_of("\\/?;:@&=+$,|\"<>*"); at != std::string::npos)
    refuse({"IIS サイト名", "IIS site"},
           {"\"{}\": IIS のサイト名に {} は使えません", "\"{}\": IIS allows no {} in a name"}, iis.site,
           iis.site[at]);
  if (iis.binding.empty())
    refuse({"バインド", "binding"}, {"ホスト:IP:ポート の形で必要です", "is needed, as host:ip:port"});
  iis.binding = to_string(binding_from(iis.binding));
  check_one_of(iis.windows_version, {"2012", "2012r2", "2016", "2016r2", "2019", "2022"},
               {"Windows のバージョン", "Windows version"});
  return iis;
}

// A field that belongs to another kind is a misunderstanding, not something to be forgotten.
void refuse_fields_of_others(const Node& node) {
  auto alien = [&](std::string_view owner, bool given, const Text& field) {
    if (given && node.kind != owner)
      refuse(field, {"種別 {} のノードにはありません", "a node of kind {} has none"}, node.kind);
  };
  const ApacheFiles no_files;
  alien(node_kind::apache, node.apache.cert_file != no_files.cert_file,
        {"証明書ファイル", "certificate file"});
  alien(node_kind::apache, node.apache.key_file != no_files.key_file, {"鍵ファイル", "key file"});
  alien(node_kind::apache, node.apache.chain_file != no_files.chain_file,
        {"中間証明書ファイル", "chain file"});
  alien(node_kind::apache, node.apache.work_dir != no_files.work_dir, {"作業フォルダー", "work folder"});
  alien(node_kind::apache, node.apache.control != no_files.control, {"制御コマンド", "control program"});
  const BigIpProfile no_profile;
  alien(node_kind::bigip, node.bigip.profile != no_profile.profile, {"SSLプロファイル名", "SSL profile"});
  alien(node_kind::bigip, node.bigip.import_name != no_profile.import_name,
        {"インポート名称", "import name"});
  alien(node_kind::bigip, node.bigip.partition != no_profile.partition, {"パーティション", "partition"});
  const IisSite no_site;
  alien(node_kind::iis, node.iis.site != no_site.site, {"IIS サイト名", "IIS site"});
  alien(node_kind::iis, node.iis.binding != no_site.binding, {"バインド", "binding"});
  alien(node_kind::iis, node.iis.windows_version != no_site.windows_version,
        {"Windows のバージョン", "Windows version"});
  alien(node_kind::iis, node.iis.windows_key, {"Windows の鍵", "key on Windows"});
}

}  // namespace

Access checked(Access access) {
  check_name(access.name, nouns::access);
  access.address = host({"アドレス", "address"}, access.address);
  if (access.port) check_port(*access.port, {"ポート", "port"});
  check_line(access.login_id, login_bytes_max, {"ログインID", "login id"});
  if (access.login_id.empty()) refuse({"ログインID", "login id"}, is_needed);
  if (access.exec_id) require_remote_user(*access.exec_id, {"実行ID", "execution id"});
  if (access.has_exec_password() && !access.exec_id)
    refuse({"実行パスワード", "execution password"}, {"実行IDが必要です", "needs an execution id"});
  if (access.host_key) check_fingerprint(*access.host_key);
  return access;
}

Node checked(Node node) {
  check_name(node.name, nouns::node);
  check_one_of(node.kind, {node_kind::apache, node_kind::bigip, node_kind::iis},
               {"ノードの種別", "kind of node"});
  node.verify = checked(node.verify);
  refuse_fields_of_others(node);
  if (node.kind == node_kind::apache) node.apache = checked(node.apache);
  if (node.kind == node_kind::bigip) node.bigip = checked(node.bigip);
  if (node.kind == node_kind::iis) node.iis = checked(node.iis);
  return node;
}

}  // namespace certfleet::domain

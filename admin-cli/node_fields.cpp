#include "admin-cli/node_fields.h"

#include "admin-cli/lookup.h"
#include "lib/domain/checks.h"
#include "lib/store/accesses.h"

namespace certfleet::cli {
namespace {

namespace kinds = domain::node_kind;

void declare_verification(Verb& verb, NodeFields& f) {
  verb.option(f.verify_url, "--verify-url", "FQDN",
              {"この FQDN に接続して確認する", "Check by connecting to this name, which is the SNI too"})
      .option(f.verify_address, "--verify-address", "HOST",
              {"このアドレスに接続して確認する", "Check by connecting to this address"})
      .not_with("--verify-url")
      .option(f.verify_port, "--verify-port", "PORT", 1, 65535,
              {"確認するポート (443)", "Port to check (443)"})
      .option(f.verify_name, "--verify-name", "FQDN",
              {"SNI の FQDN。省略時は SNI なし", "SNI; none is sent without"})
      .not_with("--verify-url")
      .flag(f.no_verify, "--no-verify", {"確認しない", "Don't check"})
      .not_with("--verify-url")
      .not_with("--verify-address")
      .not_with("--verify-name")
      .not_with("--verify-port");
}

void declare_apache(Verb& verb, NodeFields& f) {
  verb.option(f.cert_file, "--cert-file", "PATH",
              {"apache: 証明書ファイル (SSLCertificateFile)", "apache: SSLCertificateFile"})
      .option(f.key_file, "--key-file", "PATH",
              {"apache: 鍵ファイル (SSLCertificateKeyFile)", "apache: SSLCertificateKeyFile"})
      .option(f.chain_file, "--chain-file", "PATH",
              {"apache: 中間証明書ファイル (SSLCertificateChainFile、2.4.7 以前)",
               "apache: SSLCertificateChainFile (2.4.7 and older)"})
      .option(f.work_dir, "--work-dir", "PATH", {"apache: 作業フォルダー", "apache: folder for our copies"})
      .option(f.control, "--control", "PROGRAM",
              {"apache: 制御コマンド (apachectl)", "apache: program that tests and reloads (apachectl)"});
}

void declare_bigip(Verb& verb, NodeFields& f) {
  verb.option(f.ssl_profile, "--ssl-profile", "NAME", {"bigip: SSLプロファイル名", "bigip: SSL profile"})
      .option(f.import_name, "--import-name", "NAME",
              {"bigip: インポート名称 (英数字 - . _)", "bigip: name to import as (letters, digits, - . _)"})
      .option(f.partition, "--partition", "NAME",
              {"bigip: パーティション (Common)", "bigip: partition (Common)"});
}

void declare_iis(Verb& verb, NodeFields& f) {
  verb.option(f.iis_site, "--iis-site", "NAME",
              {"iis: IISマネージャーサイト名", "iis: site as the IIS manager names it"})
      .option(f.binding, "--binding", "HOST:IP:PORT",
              {"iis: バインドホスト名。未使用のIPアドレスすべては *", "iis: binding; * for all addresses"})
      .choice(f.windows_version, "--windows-version", {"2012", "2012r2", "2016", "2016r2", "2019", "2022"},
              {"iis: Windows Server の版", "iis: version of Windows Server"})
      .choice(f.windows_key, "--windows-key",
              {"iis: 鍵は Windows 上で生成した", "iis: the key was made on Windows and stays there"});
}

// Every field with the option that sets it and the kind that has it.
struct KindField {
  std::string_view kind;
  const char* option;
  bool given;
  bool needed;
};
std::vector<KindField> kind_fields(const NodeFields& f) {
  return {{kinds::apache, "--cert-file", f.cert_file.has_value(), true},
          {kinds::apache, "--key-file", f.key_file.has_value(), true},
          {kinds::apache, "--chain-file", f.chain_file.has_value(), false},
          {kinds::apache, "--work-dir", f.work_dir.has_value(), true},
          {kinds::apache, "--control", f.control.has_value(), false},
          {kinds::bigip, "--ssl-profile", f.ssl_profile.has_value(), true},
          {kinds::bigip, "--import-name", f.import_name.has_value(), true},
          {kinds::bigip, "--partition", f.partition.has_value(), false},
          {kinds::iis, "--iis-site", f.iis_site.has_value(), true},
          {kinds::iis, "--binding", f.binding.has_value(), true},
          {kinds::iis, "--windows-version", f.windows_version.has_value(), true},
          {kinds::iis, "--windows-key", f.windows_key.has_value(), false}};
}

void refuse_alien(const Context& context, const NodeFields& f, std::string_view kind) {
  for (const auto& field : kind_fields(f))
    if (field.given && field.kind != kind)
      context.fail(Fault::usage, {"{} は種別 {} のノードにはありません", "{}: a node of kind {} has none"},
                   field.option, kind);
}

void take_verification(const Context& context, domain::VerifyBy& verify, const NodeFields& f) {
  if (f.no_verify) verify = {};
  if (f.verify_url) verify = {domain::VerifyMode::url, *f.verify_url, verify.port, std::nullopt};
  if (f.verify_address) {
    // The name of a URL is no SNI that somebody chose.
    auto name = verify.mode == domain::VerifyMode::address ? verify.name : std::nullopt;
    verify = {domain::VerifyMode::address, *f.verify_address, verify.port, name};
  }
  if ((f.verify_port || f.verify_name) && verify.mode == domain::VerifyMode::none)
    context.fail(Fault::usage, {"--verify-url か --verify-address が必要です",
                                "--verify-url or --verify-address is needed"});
  if (f.verify_name && verify.mode == domain::VerifyMode::url)
    context.fail(Fault::usage, {"URL による確認では SNI は URL の FQDN です",
                                "a check by URL asks for the URL's own name"});
  if (f.verify_port) verify.port = *f.verify_port;
  if (f.verify_name) verify.name = *f.verify_name;
}

void take_kind(domain::Node& node, const NodeFields& f) {
  if (f.kind && *f.kind != node.kind) {
    node.kind = *f.kind;
    node.apache = {};
    node.bigip = {};
    node.iis = {};
  }
  auto take = [](const std::optional<std::string>& given, std::string& into) {
    if (given) into = *given;
  };
  take(f.cert_file, node.apache.cert_file);
  take(f.key_file, node.apache.key_file);
  if (f.chain_file) node.apache.chain_file = *f.chain_file;
  take(f.work_dir, node.apache.work_dir);
  take(f.control, node.apache.control);
  take(f.ssl_profile, node.bigip.profile);
  take(f.import_name, node.bigip.import_name);
  take(f.partition, node.bigip.partition);
  take(f.iis_site, node.iis.site);
  take(f.binding, node.iis.binding);
  take(f.windows_version, node.iis.windows_version);
  if (f.windows_key) node.iis.windows_key = *f.windows_key;
}

}  // namespace

void declare_node_fields(Verb& verb, NodeFields& f) {
  verb.option(f.service, "--service", "NAME", {"サービス", "Service whose certificate it serves"})
      .option(f.site, "--site", "NAME", {"拠点", "Site where it stands"})
      .option(f.access, "--access", "NAME", {"アクセス情報", "How to log in"})
      .choice(f.enabled, "--enabled", {"有効/無効", "Whether it is applied to and checked"})
      .choice(f.kind, "--kind",
              {std::string(kinds::apache), std::string(kinds::bigip), std::string(kinds::iis)},
              {"種別 (apache)", "Kind (apache)"});
  declare_verification(verb, f);
  declare_apache(verb, f);
  declare_bigip(verb, f);
  declare_iis(verb, f);
}

void require_node_fields(const Context& context, const NodeFields& f) {
  std::string_view kind = f.kind ? std::string_view(*f.kind) : kinds::apache;
  refuse_alien(context, f, kind);
  auto need = [&](const char* option, bool given) {
    if (!given)
      context.fail(Fault::usage,
                   {"{} が必要です (certfleet node add --help)", "{} is needed (certfleet node add --help)"},
                   option);
  };
  need("--service", f.service.has_value());
  need("--access", f.access.has_value());
  for (const auto& field : kind_fields(f))
    if (field.kind == kind && field.needed) need(field.option, field.given);
  need("--verify-url, --verify-address, --no-verify", f.verify_url || f.verify_address || f.no_verify);
}

void take_node_fields(const Context& context, store::Tx& tx, domain::Node& node, const NodeFields& f) {
  if (f.service) node.service = service_named(context, tx, *f.service).id;
  if (f.site) node.site = site_named(context, tx, *f.site).id;
  if (f.enabled) node.enabled = *f.enabled;
  refuse_alien(context, f, f.kind ? std::string_view(*f.kind) : std::string_view(node.kind));
  take_verification(context, node.verify, f);
  take_kind(node, f);
  auto access = f.access ? access_named(context, tx, *f.access) : store::accesses::get(tx, node.access);
  node.access = access.id;
  domain::require_access_for(node.kind, access);
}

}  // namespace certfleet::cli

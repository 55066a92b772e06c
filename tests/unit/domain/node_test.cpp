// Nodes of every kind, and the accesses they need (manual 9.1). Each limit at it and just past it.
#include "lib/domain/node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/domain/checks.h"

namespace certfleet::domain {
namespace {

template <class T>
std::string refusal(const T& value) {
  try {
    checked(value);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage);
    return failure.what();
  }
  return "";
}

Node bigip() {
  Node node;
  node.name = "lb1";
  node.kind = "bigip";
  node.bigip = {"shop-clientssl", "shop_2026.1", "Common"};
  return node;
}

Node iis() {
  Node node;
  node.name = "win1";
  node.kind = "iis";
  node.iis = {"Default Web Site", "rx-7.srv.world:*:443", "2019", false};
  return node;
}

TEST(NodeKinds, an_import_name_has_letters_digits_hyphens_dots_and_underscores) {
  EXPECT_EQ(refusal(bigip()), "");
  auto node = bigip();
  node.bigip.import_name = std::string(103, 'a');  // 128 of an object, less what a deployment puts behind it
  EXPECT_EQ(refusal(node), "");
  for (const auto& bad : {std::string(), std::string(104, 'a'), std::string("a b"), std::string("a/b"),
                          std::string("a~b"), std::string("a@b"), std::string("名前")}) {
    node.bigip.import_name = bad;
    EXPECT_THAT(refusal(node), ::testing::StartsWith("import name")) << bad;
  }
}

TEST(NodeKinds, a_profile_and_its_partition_are_names_of_a_bigip) {
  auto node = bigip();
  node.bigip.partition = "Common/shop.app";
  EXPECT_EQ(refusal(node), "");
  for (const auto* bad : {"", "/Common", "Common/", "Common//x", "Com mon", "Common~x"}) {
    node.bigip.partition = bad;
    EXPECT_THAT(refusal(node), ::testing::StartsWith("partition")) << bad;
  }
  node = bigip();
  for (const auto* bad : {"", "/Common/prof", "prof 1"}) {
    node.bigip.profile = bad;
    EXPECT_THAT(refusal(node), ::testing::StartsWith("SSL profile")) << bad;
  }
}

TEST(NodeKinds, a_binding_is_host_ip_and_port) {
  auto node = iis();
  for (const auto* good : {"rx-7.srv.world:*:443", ":*:443", "www.example.com:192.0.2.1:8443", ":[2001:db8::1]:443",
                           "*.example.com:*:1", "a:*:65535"}) {
    node.iis.binding = good;
    EXPECT_EQ(refusal(node), "") << good;
    EXPECT_EQ(checked(node).iis.binding, good);
  }
  for (const auto* bad : {"", "*:443", "443", "www.example.com", "a:*:0", "a:*:65536", "a:*:", "a:*:443x", "a::443",
                          "a:192.0.2.256:443", "a:2001:db8::1:443", "a b:*:443", "名前:*:443", "a:*:443:x"}) {
    node.iis.binding = bad;
    EXPECT_THAT(refusal(node), ::testing::StartsWith("binding")) << bad;
  }
  node.iis.binding = "RX-7.SRV.World:*:443";
  EXPECT_EQ(checked(node).iis.binding, "rx-7.srv.world:*:443");
}

TEST(NodeKinds, the_versions_of_windows_are_the_manuals) {
  auto node = iis();
  for (const auto* good : {"2012", "2012r2", "2016", "2016r2", "2019", "2022"}) {
    node.iis.windows_version = good;
    EXPECT_EQ(refusal(node), "") << good;
  }
  for (const auto* bad : {"", "2008", "2025", "2012 R2"}) {
    node.iis.windows_version = bad;
    EXPECT_THAT(refusal(node), ::testing::StartsWith("Windows version")) << bad;
  }
}

TEST(NodeKinds, a_site_of_iis_has_the_names_that_iis_allows) {
  auto node = iis();
  for (const auto& good : {std::string("既定の Web サイト"), std::string("shop (1)"), std::string(256, 's')}) {
    node.iis.site = good;
    EXPECT_EQ(refusal(node), "") << good;
  }
  for (const auto& bad : {std::string(), std::string(257, 's'), std::string("a/b"), std::string("a\"b"),
                          std::string("a$b"), std::string("a\nb")}) {
    node.iis.site = bad;
    EXPECT_THAT(refusal(node), ::testing::StartsWith("IIS site")) << bad;
  }
}

TEST(NodeKinds, fields_of_another_kind_are_refused_by_name) {
  auto node = bigip();
  node.apache.cert_file = "/etc/ssl/shop.crt";
  EXPECT_EQ(refusal(node), "certificate file: a node of kind bigip has none");
  node = bigip();
  node.apache.control = "apache2ctl";
  EXPECT_EQ(refusal(node), "control program: a node of kind bigip has none");
  node = bigip();
  node.iis.windows_key = true;
  EXPECT_EQ(refusal(node), "key on Windows: a node of kind bigip has none");
  node = iis();
  node.bigip.partition = "Other";
  EXPECT_EQ(refusal(node), "partition: a node of kind iis has none");
  node = iis();
  node.apache.work_dir = "/var/work";
  EXPECT_EQ(refusal(node), "work folder: a node of kind iis has none");
  node = Node();
  node.name = "web1";
  node.apache = {"/a.crt", "/a.key", std::nullopt, "/w", "apachectl"};
  EXPECT_EQ(refusal(node), "");
  node.bigip.profile = "p";
  EXPECT_EQ(refusal(node), "SSL profile: a node of kind apache has none");
  node.kind = "nginx";
  EXPECT_THAT(refusal(node), ::testing::StartsWith("kind of node"));
}

TEST(NodeKinds, names_and_paths_at_their_limits) {
  auto node = bigip();
  node.name = std::string(name_bytes_max, 'n');
  EXPECT_EQ(refusal(node), "");
  node.name += 'n';
  EXPECT_THAT(refusal(node), ::testing::StartsWith("node"));
  Node web;
  web.name = "web1";
  web.apache = {"/" + std::string(1023, 'c'), "/a.key", std::nullopt, "/w", "apachectl"};
  EXPECT_EQ(refusal(web), "");
  web.apache.cert_file += 'c';
  EXPECT_THAT(refusal(web), ::testing::StartsWith("certificate file"));
}

TEST(NodeKinds, a_check_is_by_a_port_from_1_to_65535) {
  auto node = bigip();
  for (int port : {1, 443, 65535}) {
    node.verify = {VerifyMode::address, "2001:db8::1", port, std::nullopt};
    EXPECT_EQ(refusal(node), "") << port;
  }
  for (int port : {0, 65536}) {
    node.verify.port = port;
    EXPECT_THAT(refusal(node), ::testing::StartsWith("verification port")) << port;
  }
}

Access access() {
  Access access;
  access.name = "web1";
  access.address = "192.0.2.1";
  access.login_id = "deploy";
  access.host_key = "SHA256:" + std::string(43, 'A');
  return access;
}

TEST(Accesses, an_address_is_ipv4_ipv6_or_a_host_name) {
  auto value = access();
  for (const auto* good : {"192.0.2.1", "2001:db8::1", "web1.example.com", "web1"}) {
    value.address = good;
    EXPECT_EQ(refusal(value), "") << good;
  }
  for (const auto* bad : {"", "web 1", "https://web1", "192.0.2.256", "[2001:db8::1]", "web1:22", "ホ スト"}) {
    value.address = bad;
    EXPECT_THAT(refusal(value), ::testing::StartsWith("address")) << bad;
  }
}

TEST(Accesses, ports_and_ids_at_their_limits) {
  auto value = access();
  for (int port : {1, 65535}) {
    value.port = port;
    EXPECT_EQ(refusal(value), "") << port;
  }
  for (int port : {0, 65536}) {
    value.port = port;
    EXPECT_THAT(refusal(value), ::testing::StartsWith("port")) << port;
  }
  value.port.reset();
  value.login_id = std::string(256, 'a');
  EXPECT_EQ(refusal(value), "");
  value.login_id += 'a';
  EXPECT_THAT(refusal(value), ::testing::StartsWith("login id"));
  value.login_id = "EXAMPLE\\deploy";  // Windows
  EXPECT_EQ(refusal(value), "");
}

std::string sort_refusal(std::string_view kind, const Access& value) {
  try {
    require_access_for(kind, value);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

TEST(Accesses, only_apache_needs_a_host_key_and_a_login_that_a_shell_knows) {
  auto value = access();
  EXPECT_EQ(sort_refusal("apache", value), "");
  value.host_key.reset();
  EXPECT_THAT(sort_refusal("apache", value), ::testing::HasSubstr("has no host key"));
  value.login_secret_set = true;
  EXPECT_EQ(sort_refusal("bigip", value), "");
  EXPECT_EQ(sort_refusal("iis", value), "");
  value = access();
  value.login_secret_set = true;
  value.login_id = "EXAMPLE\\deploy";
  EXPECT_THAT(sort_refusal("apache", value), ::testing::HasSubstr("login id"));
  EXPECT_EQ(sort_refusal("iis", value), "");
}

// 9.1.6: REST and WinRM log in by id and password.
TEST(Accesses, a_bigip_and_iis_need_a_password) {
  auto value = access();
  value.login_key_set = true;
  for (const auto* kind : {"bigip", "iis"}) {
    value.login_secret_set = false;
    value.login_secret.reset();
    EXPECT_EQ(sort_refusal(kind, value), std::string("access web1 has no password, which nodes of kind ") + kind +
                                             " need: certfleet access set web1 --password");
    value.login_secret = "sealed";
    EXPECT_EQ(sort_refusal(kind, value), "") << "it comes with this change";
    value.login_secret_set = true;
    value.login_secret = "";
    EXPECT_NE(sort_refusal(kind, value), "") << "it goes with this change";
  }
  EXPECT_EQ(sort_refusal("apache", value), "") << "a key is enough for SSH";
}

TEST(Accesses, an_execution_id_has_256_bytes_as_a_login_id) {
  auto value = access();
  value.exec_id = std::string(256, 'e');
  EXPECT_EQ(refusal(value), "");
  *value.exec_id += 'e';
  EXPECT_THAT(refusal(value), ::testing::StartsWith("execution id"));
  EXPECT_THAT(refusal(value), ::testing::HasSubstr("longer than 256 bytes"));
}

TEST(Accesses, an_execution_password_needs_its_id) {
  auto value = access();
  value.exec_secret = "sealed";
  EXPECT_EQ(refusal(value), "execution password: needs an execution id");
  value.exec_id = "root";
  EXPECT_EQ(refusal(value), "");
  value.exec_id.reset();
  value.exec_secret.reset();
  value.exec_secret_set = true;
  EXPECT_EQ(refusal(value), "execution password: needs an execution id");
  value.exec_secret = "";
  EXPECT_EQ(refusal(value), "") << "both go";
}

TEST(NodeKinds, what_has_no_target_is_refused_with_its_id) {
  EXPECT_NO_THROW(require_target("apache", "web1"));
  for (const auto* kind : {"bigip", "iis"}) {
    try {
      require_target(kind, "lb1");
      FAIL();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.fault(), Fault::conflict);
      EXPECT_EQ(failure.trace_id(), 1830);
    }
  }
}

}  // namespace
}  // namespace certfleet::domain

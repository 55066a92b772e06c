// By URL, a check goes through the installation's proxy (manual 6.2.1): seen by a proxy that notes what it is asked.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/pki/chain.h"
#include "lib/store/jobs.h"
#include "tests/integration/net/servers.h"
#include "tests/support/bench/test_worker.h"
#include "tests/support/part.h"
#include "workers/verify/verify_node.h"

namespace certfleet::verify {
namespace {

TEST(VerifyByProxy, a_check_by_url_asks_the_proxy_for_the_node_and_one_by_address_does_not) {
  testing::TestDatabase database;
  testing::Part apache("apache");
  net::testing::Proxy proxy;
  testing::TestWorker worker(database, domain::Queue::verify, "certfleet_verify");
  VerifyNode handler;
  auto port = apache.env("APACHE_PORT");
  database.sql(fmt::format(
      "UPDATE settings SET proxy = '{}';"
      "INSERT INTO site (name) VALUES ('tokyo'); INSERT INTO user_group (name) VALUES ('web');"
      "INSERT INTO service (name, group_id, common_name) VALUES ('shop', 1, 'www.demo.test');"
      "INSERT INTO access (name, address, login_id, login_secret_sealed, host_key)"
      " VALUES ('a', '192.0.2.1', 'root', 'x', 'SHA256:' || repeat('A', 43));"
      "INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, verify_host, verify_port, cert_file,"
      " key_file, work_dir, control) VALUES"
      " (1, 1, 1, 'by_url', 'apache', 'url', '127.0.0.1', {}, '/c', '/k', '/w', 'apachectl'),"
      " (1, 1, 1, 'by_address', 'apache', 'address', '127.0.0.1', {}, '/c', '/k', '/w', 'apachectl')",
      net::to_string(proxy.address()), port, port));
  store::Database owner(database.settings());
  owner.write([](store::Tx& tx) {
    for (int node : {1, 2}) store::jobs::enqueue(tx, {.kind = "verify.node", .subject = node, .node = NodeId(node)});
  });
  worker.run_all(handler);
  auto serial = pki::certificates_from_pem(read_file(apache.env("APACHE_CERT_FILE"))).front().serial();
  EXPECT_EQ(database.sql("SELECT count(*) FROM node WHERE served_serial = '" + serial + "'"), "2");
  EXPECT_THAT(proxy.asked(), ::testing::ElementsAre("127.0.0.1:" + port));
}

}  // namespace
}  // namespace certfleet::verify

#include "lib/bus/curve.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/bus/dealer.h"
#include "lib/bus/uuid.h"

namespace certfleet::bus {
namespace {

TEST(PublicKey, is_read_as_it_is_written) {
  auto pair = KeyPair::generate();
  EXPECT_EQ(pair.public_key.text().size(), 40U);
  EXPECT_EQ(PublicKey::parse(pair.public_key.text()), pair.public_key);
}

TEST(PublicKey, the_example_of_the_zeromq_manual_is_read) {
  auto key = PublicKey::parse("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
  EXPECT_EQ(key.bytes()[0], 0xBB);
  EXPECT_EQ(key.bytes()[31], 0x18);
}

TEST(PublicKey, refuses_what_is_not_z85_of_32_bytes) {
  for (std::string text : {std::string(), std::string("short"), std::string(41, 'a'), std::string(40, '~'),
                           std::string(40, '\0'), std::string(40, '#')})
    EXPECT_THROW(PublicKey::parse(text), Failure) << text;
}

TEST(KeyPair, no_two_are_alike) {
  EXPECT_NE(KeyPair::generate().public_key, KeyPair::generate().public_key);
}

TEST(SecretKey, leaves_nothing_behind_where_it_moved_from) {
  auto pair = KeyPair::generate();
  auto bytes = pair.secret_key.bytes();
  SecretKey moved = std::move(pair.secret_key);
  EXPECT_EQ(moved.bytes(), bytes);
  EXPECT_EQ(pair.secret_key.bytes(), KeyBytes{});
}

TEST(BrokerAddress, is_an_endpoint_and_a_key) {
  auto key = KeyPair::generate().public_key;
  auto address = BrokerAddress::parse("tcp://broker.example:9020 " + key.text());
  EXPECT_EQ(address, (BrokerAddress{"tcp://broker.example:9020", key}));
}

TEST(BrokerAddress, refuses_what_lacks_either) {
  for (std::string text : {"tcp://broker:9020", "broker:9020 rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", "",
                           "tcp://broker:9020 key"})
    EXPECT_THROW(BrokerAddress::parse(text), Failure) << text;
}

TEST(RandomUuid, has_the_form_of_version_4) {
  auto text = random_uuid();
  ASSERT_EQ(text.size(), 36U);
  EXPECT_EQ(text[14], '4');
  EXPECT_NE(text, random_uuid());
}

}  // namespace
}  // namespace certfleet::bus

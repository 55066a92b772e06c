// Jobs mail.test: a mail to the recipients of a notification table that somebody asked for, to see whether
// mail leaves the installation (certfleet mail test). One attempt: the person waits for the answer.
#pragma once

#include <memory>
#include <vector>

#include "lib/pipeline/handler.h"
#include "lib/pki/key_ring.h"

namespace certfleet::mail {

class MailTest final : public pipeline::Handler {
 public:
  explicit MailTest(std::shared_ptr<pki::KeyRing> keys) : keys_(std::move(keys)) {}

  std::string_view kind() const override { return "mail.test"; }
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override;
  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure& why) override;

 private:
  std::shared_ptr<pki::KeyRing> keys_;
};

}  // namespace certfleet::mail

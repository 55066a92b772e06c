// Jobs mail.test: a mail to the recipients of a notification table that somebody asked for, to see whether
// mail leaves the installation (certfleet mail test). One attempt: the person waits for the answer.
#pragma once

#include <vector>

#include "lib/pipeline/handler.h"
#include "lib/pki/sealed_box.h"

namespace certfleet::mail {

class MailTest final : public pipeline::Handler {
 public:
  explicit MailTest(std::vector<pki::SealingKey> keys) : keys_(std::move(keys)) {}

  std::string_view kind() const override { return "mail.test"; }
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override;
  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure& why) override;

 private:
  std::vector<pki::SealingKey> keys_;
};

}  // namespace certfleet::mail

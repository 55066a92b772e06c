// Jobs mail.send: one mail, composed from the database's facts and sent.
#pragma once

#include <vector>

#include "lib/pipeline/handler.h"
#include "lib/pki/sealed_box.h"

namespace certfleet::mail {

class MailSend final : public pipeline::Handler {
 public:
  explicit MailSend(std::vector<pki::SealingKey> keys) : keys_(std::move(keys)) {}

  std::string_view kind() const override { return "mail.send"; }
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override;
  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure& why) override;

 private:
  std::vector<pki::SealingKey> keys_;
};

}  // namespace certfleet::mail

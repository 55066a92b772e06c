// Jobs mail.send: one mail, composed from the database's facts and sent.
#pragma once

#include <memory>
#include <vector>

#include "lib/pipeline/handler.h"
#include "lib/pki/key_ring.h"

namespace certfleet::mail {

class MailSend final : public pipeline::Handler {
 public:
  explicit MailSend(std::shared_ptr<pki::KeyRing> keys) : keys_(std::move(keys)) {}

  std::string_view kind() const override { return "mail.send"; }
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override;
  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure& why) override;

 private:
  std::shared_ptr<pki::KeyRing> keys_;
};

}  // namespace certfleet::mail

// The handler of jobs that seal anew to the active key what is sealed to older ones (docs/sealing-keys.md):
// apply.reseal, order.reseal and mail.reseal. Each kind of worker does it for the columns that its database role may
// open and write, and for no others.
#pragma once

#include <memory>

#include "lib/pipeline/handler.h"
#include "lib/pki/key_ring.h"

namespace certfleet::pipeline {

class Reseal final : public Handler {
 public:
  // `kind` is one of the three.
  Reseal(std::string_view kind, std::shared_ptr<pki::KeyRing> keys, int batch = 200);

  std::string_view kind() const override { return kind_; }
  // Commits batch by batch; what is done stays done, whatever becomes of the attempt. A secret that somebody sets
  // meanwhile is never overwritten. Fails, at its end, if a box can't be opened.
  Outcome run(const domain::Job& job, Context& context) override;
  std::vector<Write> gave_up(const domain::Job& job, const Failure& why) override;

 private:
  std::string_view kind_;
  std::shared_ptr<pki::KeyRing> keys_;
  int batch_;
};

}  // namespace certfleet::pipeline

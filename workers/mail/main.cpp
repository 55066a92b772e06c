#include "lib/pipeline/reseal.h"
#include "lib/pipeline/worker.h"
#include "workers/mail/mail_send.h"
#include "workers/mail/mail_test.h"

namespace {

// Keys of its own: sealing.key_files, the private halves that open what the command has sealed.
certfleet::pipeline::Handlers handlers(certfleet::Config& config, certfleet::pipeline::Toolbox& tools) {
  using namespace certfleet;
  auto folder = std::filesystem::path(config.name()).parent_path();
  tools.sealing_keys = std::make_shared<pki::KeyRing>(config.texts("sealing.key_files"), folder);
  pipeline::Handlers all;
  all.push_back(std::make_unique<mail::MailSend>(tools.sealing_keys));
  all.push_back(std::make_unique<mail::MailTest>(tools.sealing_keys));
  all.push_back(std::make_unique<pipeline::Reseal>("mail.reseal", tools.sealing_keys));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return certfleet::pipeline::worker_main(argc, argv, "certfleet-worker-mail", certfleet::domain::Queue::mail,
                                          handlers);
}

#include "lib/pipeline/worker.h"
#include "lib/pki/sealing_key_files.h"
#include "workers/mail/mail_send.h"
#include "workers/mail/mail_test.h"

namespace {

// Keys of its own: sealing.key_files, the private halves that open what the command has sealed.
certfleet::pipeline::Handlers handlers(certfleet::Config& config, certfleet::pipeline::Toolbox& tools) {
  auto folder = std::filesystem::path(config.name()).parent_path();
  auto files = config.texts("sealing.key_files");
  auto keys = [&] { return certfleet::pki::load_sealing_keys(files, folder); };
  for (const auto& key : keys()) tools.sealing_keys.push_back(key.id());
  certfleet::pipeline::Handlers all;
  all.push_back(std::make_unique<certfleet::mail::MailSend>(keys()));
  all.push_back(std::make_unique<certfleet::mail::MailTest>(keys()));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return certfleet::pipeline::worker_main(argc, argv, "certfleet-worker-mail", certfleet::domain::Queue::mail,
                                          handlers);
}

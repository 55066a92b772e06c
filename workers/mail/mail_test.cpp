#include "workers/mail/mail_test.h"

#include <fmt/format.h>

#include "lib/store/mail_settings.h"
#include "lib/store/notifications.h"
#include "lib/store/settings.h"
#include "lib/trace/render.h"
#include "workers/mail/server.h"

namespace certfleet::mail {
namespace {

struct Task {
  domain::NotificationTable table;
  std::optional<domain::MailSettings> settings;
  trace::Language language = trace::Language::ja;
};

Task load(store::Tx& tx, NotificationId id) {
  return {store::notifications::get(tx, id), store::mail_settings::get_with_secrets(tx),
          trace::language_from_locale(store::settings::get(tx).language)};
}

Text text_for(const Task& task) {
  bool ja = task.language == trace::Language::ja;
  Text text;
  text.subject =
      task.table.title + (task.table.title.empty() ? "" : " ") + (ja ? "テストメール" : "Test mail");
  if (!task.table.body.empty()) text.body = task.table.body + "\n\n";
  text.body +=
      ja ? "メール送信設定の確認のために送信しました。\n" : "Sent to see whether the mail settings work.\n";
  return text;
}

}  // namespace

pipeline::Outcome MailTest::run(const domain::Job& job, pipeline::Context& context) {
  auto task = context.reading([&](store::Tx& tx) { return load(tx, NotificationId(job.subject)); });
  try {
    auto server = server_of(task.settings, *keys_);
    // A job that is handed out twice sends the same mail twice, not two mails.
    Envelope envelope{task.settings->from_address, task.table.to, task.table.cc,
                      fmt::format("<test-{}-{}@certfleet>", job.id.value(), job.request_no),
                      std::chrono::system_clock::now()};
    auto text = text_for(task);
    auto sent = send(server, envelope, text, context.deadline(), context.stop());
    if (!sent.encrypted) context.trace(trace::line(2203, {server.host}));
    for (const auto& why : sent.refused) context.trace(trace::line(2201, {why}));
    context.trace(trace::line(2204, {text.subject, std::to_string(sent.recipients)}));
  } catch (const Failure& failure) {
    if (context.stop().stop_requested()) return pipeline::Outcome::cancelled();
    context.trace(trace::line(failure.trace_id().value_or(2201), {failure.what()}));
    // Whoever waits for it tries again himself.
    return pipeline::Outcome::failed(failure);
  }
  return pipeline::Outcome::done();
}

std::vector<pipeline::Write> MailTest::gave_up(const domain::Job&, const Failure&) {
  return {};
}

}  // namespace certfleet::mail

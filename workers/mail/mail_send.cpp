#include "workers/mail/mail_send.h"

#include "lib/store/mail_settings.h"
#include "lib/store/mails.h"
#include "lib/store/settings.h"
#include "lib/store/traces.h"
#include "lib/trace/render.h"
#include "workers/mail/server.h"

namespace certfleet::mail {
namespace {

constexpr int traces_max = 200;  // lines of one mail

struct Task {
  store::mails::Mail mail;
  std::optional<domain::MailSettings> settings;
  trace::Language language = trace::Language::ja;
  std::vector<std::string> traces;
};

// After an apply the mail carries what happened (manual 12.2.3).
bool carries_traces(domain::MailEvent event) {
  return event == domain::MailEvent::apply_succeeded || event == domain::MailEvent::apply_failed ||
         event == domain::MailEvent::order_failed;
}

Task load(store::Tx& tx, MailId id) {
  Task task;
  task.mail = store::mails::get(tx, id);
  task.settings = store::mail_settings::get_with_secrets(tx);
  task.language = trace::language_from_locale(store::settings::get(tx).language);
  if (task.mail.request_no == 0 || !carries_traces(task.mail.event)) return task;
  store::traces::Filter filter;
  filter.request_no = task.mail.request_no;
  // Request numbers come round again; a request of a day ago is another one.
  filter.since = task.mail.created_at - std::chrono::hours(24);
  filter.until = task.mail.created_at + std::chrono::seconds(1);
  for (const auto& stored : store::traces::newest(tx, filter, traces_max))
    if (stored.line.module != "mail") task.traces.push_back(trace::render(stored.line, task.language));
  return task;
}

Facts facts_of(const Task& task) {
  Facts facts;
  facts.event = task.mail.event;
  facts.title = task.mail.table.title;
  facts.text = task.mail.table.body;
  facts.service = task.mail.service;
  facts.node = task.mail.node;
  facts.site = task.mail.site;
  facts.error = task.mail.error;
  facts.not_after = task.mail.not_after;
  facts.traces = task.traces;
  facts.language = task.language;
  return facts;
}

}  // namespace

pipeline::Outcome MailSend::run(const domain::Job& job, pipeline::Context& context) {
  auto task = context.reading([&](store::Tx& tx) { return load(tx, MailId(job.subject)); });
  if (task.mail.sent) return pipeline::Outcome::done();  // an earlier attempt ended just before its commit
  auto server = server_of(task.settings, keys_);
  Envelope envelope{task.settings->from_address, task.mail.table.to, task.mail.table.cc, task.mail.message_id,
                    task.mail.created_at};
  auto text = compose(facts_of(task));
  Sent sent;
  try {
    sent = send(server, envelope, text, context.deadline());
  } catch (const Failure& failure) {
    context.trace(trace::line(failure.trace_id().value_or(2201), {failure.what()}));
    throw;
  }
  if (!sent.encrypted) context.trace(trace::line(2203, {server.host}));
  context.trace(trace::line(2204, {text.subject, std::to_string(envelope.to.size() + envelope.cc.size())}));
  return pipeline::Outcome::done().with([id = task.mail.id](store::Tx& tx) { store::mails::record_sent(tx, id); });
}

// The traces tell it; nothing else hangs on a mail.
std::vector<pipeline::Write> MailSend::gave_up(const domain::Job&, const Failure&) { return {}; }

}  // namespace certfleet::mail

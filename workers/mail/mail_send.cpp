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
  std::string last_day;
  std::vector<std::string> traces;
  std::string began, ended;
};

// After an apply the mail carries what happened (manual 12.2.3), and after a failed order too.
bool carries_traces(domain::MailEvent event) {
  return event == domain::MailEvent::apply_succeeded || event == domain::MailEvent::apply_failed ||
         event == domain::MailEvent::order_failed;
}

std::string day_of(std::string local_time) {
  local_time.resize(std::min<std::size_t>(local_time.size(), 10));
  std::erase(local_time, '/');
  return local_time;
}

// What was traced under the mail's request about its subject, until the mail was made.
std::vector<store::traces::Stored> traces_of(store::Tx& tx, const store::mails::Mail& mail) {
  store::traces::Filter filter;
  filter.request_no = mail.request_no;
  filter.service = mail.service_id;
  filter.node = mail.node_id;
  // Request numbers come round again; a request of a day ago is another one.
  filter.since = mail.created_at - std::chrono::hours(24);
  filter.until = mail.created_at + std::chrono::seconds(5);  // the clocks of hosts differ a little
  auto all = store::traces::newest(tx, filter, traces_max);
  std::erase_if(all, [](const auto& stored) { return stored.line.module == "mail"; });
  return all;
}

Task load(store::Tx& tx, MailId id) {
  Task task;
  task.mail = store::mails::get(tx, id);
  task.settings = store::mail_settings::get_with_secrets(tx);
  task.language = trace::language_from_locale(store::settings::get(tx).language);
  if (task.mail.not_after) task.last_day = day_of(store::settings::local_time(tx, *task.mail.not_after));
  if (task.mail.request_no == 0 || !carries_traces(task.mail.event)) return task;
  auto traces = traces_of(tx, task.mail);
  for (const auto& stored : traces) task.traces.push_back(trace::render(stored.line, task.language));
  if (traces.empty()) return task;
  task.began = store::settings::local_time(tx, traces.front().line.at);
  task.ended = store::settings::local_time(tx, traces.back().line.at);
  return task;
}

Facts facts_of(const Task& task) {
  Facts facts;
  facts.event = task.mail.event;
  facts.title = task.mail.table.title;
  facts.text = task.mail.table.body;
  facts.service = task.mail.service;
  facts.node = task.mail.node;
  facts.node_kind = task.mail.node_kind;
  facts.site = task.mail.site;
  facts.error = task.mail.error;
  facts.last_day = task.last_day;
  facts.traces = task.traces;
  facts.began = task.began;
  facts.ended = task.ended;
  facts.language = task.language;
  return facts;
}

Sent deliver(const Task& task, const Text& text, pki::KeyRing& keys, pipeline::Context& context) {
  auto server = server_of(task.settings, keys);
  const auto& table = task.mail.table;
  if (table.to.empty() && table.cc.empty())
    throw Failure(Fault::usage, 2202, "the notification table " + table.name + " names nobody any more");
  Envelope envelope{task.settings->from_address, table.to, table.cc, task.mail.message_id, task.mail.created_at};
  auto sent = send(server, envelope, text, context.deadline(), context.stop());
  if (!sent.encrypted) context.trace(trace::line(2203, {server.host}));
  return sent;
}

}  // namespace

pipeline::Outcome MailSend::run(const domain::Job& job, pipeline::Context& context) {
  auto task = context.reading([&](store::Tx& tx) { return load(tx, MailId(job.subject)); });
  if (task.mail.sent) return pipeline::Outcome::done();  // an earlier attempt ended just before its commit
  auto text = compose(facts_of(task));
  context.trace(trace::line(21, {text.subject}));
  Sent sent;
  try {
    sent = deliver(task, text, *keys_, context);
  } catch (const Failure& failure) {
    // Interrupted by us: that is not the mail's failure.
    if (context.stop().stop_requested()) return pipeline::Outcome::cancelled();
    context.trace(trace::line(failure.trace_id().value_or(2201), {failure.what()}));
    throw;
  }
  for (const auto& why : sent.refused) context.trace(trace::line(2201, {why}));
  context.trace(trace::line(2204, {text.subject, std::to_string(sent.recipients)}));
  return pipeline::Outcome::done().with([id = task.mail.id](store::Tx& tx) { store::mails::record_sent(tx, id); });
}

// The traces tell it; nothing else hangs on a mail.
std::vector<pipeline::Write> MailSend::gave_up(const domain::Job&, const Failure&) { return {}; }

}  // namespace certfleet::mail

// The fields of each noun in documents, once for both ways: `form` is a FormWriter or a FormReader. The keys
// are the words of the command line and of the database.
#pragma once

#include "admin-cli/form.h"
#include "lib/domain/inventory.h"
#include "lib/domain/people.h"
#include "lib/domain/schedule.h"

namespace certfleet::cli {

template <class F>
void fields(F&, domain::Site&) {}

template <class F>
void fields(F& form, domain::Settings& settings) {
  form.text("proxy", settings.proxy);
  form.text("time_zone", settings.time_zone);
  form.text("language", settings.language);
  auto timer = [&](const char* key, std::chrono::seconds& value) {
    auto seconds = static_cast<int>(value.count());
    form.number(key, seconds);
    value = std::chrono::seconds(seconds);
  };
  timer("timers.csr", settings.timers.csr);
  timer("timers.order", settings.timers.order);
  timer("timers.apply", settings.timers.apply);
  timer("timers.verify", settings.timers.verify);
  timer("timers.mail", settings.timers.mail);
}

template <class F>
void fields(F& form, domain::Schedule& schedule) {
  form.flag("enabled", schedule.enabled);
  form.text("cron", schedule.cron);
  form.text("time_zone", schedule.time_zone);
  form.number("within_days", schedule.within_days);
}

template <class F>
void fields(F& form, domain::MailSettings& mail) {
  form.text("from", mail.from_address);
  form.text("host", mail.host);
  form.number("port", mail.port);
  form.text("auth_user", mail.auth_user);
  form.secret("auth_password", mail.auth_password, mail.auth_password_set, domain::purpose::smtp_password);
  form.text("ca_pem", mail.ca_pem);
}

template <class F>
void fields(F& form, domain::NotificationTable& table) {
  form.text("title", table.title);
  form.text("body", table.body);
  form.flag("expiry_90", table.expiry_90);
  form.flag("expiry_60", table.expiry_60);
  form.flag("expiry_30", table.expiry_30);
  form.flag("expiry_15", table.expiry_15);
  form.flag("expired", table.expired);
  form.flag("order_started", table.order_started);
  form.flag("order_progress", table.order_progress);
  form.flag("order_ended", table.order_ended);
  form.flag("apply_started", table.apply_started);
  form.flag("apply_ended", table.apply_ended);
  form.number("order_interval_min", table.order_interval_min);
  form.list("to", table.to);
  form.list("cc", table.cc);
}

template <class F>
void fields(F& form, domain::User& user) {
  form.text("role", user.role);
  form.text("contact", user.contact);
}

template <class F>
void fields(F& form, domain::Group& group) {
  form.reference("notification", "notification", group.notification);
}

template <class F>
void fields(F& form, domain::CaAccount& account) {
  form.text("kind", account.kind);
  form.text("directory_url", account.directory_url);
  form.text("contact", account.contact);
  form.text("api_url", account.api_url);
  form.secret("api_key", account.api_key, account.api_key_set, domain::purpose::ca_account_api_key);
  form.text("ca_pem", account.ca_pem);
}

template <class F>
void fields(F& form, domain::Organization& organization) {
  form.text("number", organization.number);
  form.text("note", organization.note);
}

template <class F>
void fields(F& form, domain::Applicant& applicant) {
  form.text("user_id", applicant.user_id);
  form.text("person.name", applicant.person.name);
  form.text("person.country", applicant.person.country);
  form.text("person.postal_code", applicant.person.postal_code);
  form.text("person.address_1", applicant.person.address_1);
  form.text("person.address_2", applicant.person.address_2);
  form.text("person.phone", applicant.person.phone);
  form.text("person.title", applicant.person.title);
  form.text("person.email", applicant.person.email);
}

template <class F>
void fields(F& form, domain::Access& access) {
  form.text("address", access.address);
  form.number("port", access.port);
  form.text("login_id", access.login_id);
  form.secret("login_secret", access.login_secret, access.login_secret_set, domain::purpose::access_login);
  form.secret("login_key", access.login_key, access.login_key_set, domain::purpose::access_login_key);
  form.text("exec_id", access.exec_id);
  form.secret("exec_secret", access.exec_secret, access.exec_secret_set, domain::purpose::access_exec);
  form.text("host_key", access.host_key);
}

template <class F>
void fields(F& form, domain::KeySpec& key) {
  form.text("key.algorithm", key.algorithm);
  form.text("key.country", key.country);
  form.text("key.state", key.state);
  form.text("key.locality", key.locality);
  form.text("key.organization", key.organization);
  form.text("key.unit", key.unit);
  form.text("key.email", key.email);
}

template <class F>
void fields(F& form, domain::Service& service) {
  form.reference("group", "group", service.group);
  form.flag("enabled", service.enabled);
  form.text("common_name", service.common_name);
  form.list("sans", service.sans);
  form.flag("separate_chain", service.separate_chain);
  auto& order = service.order;
  form.flag("order.automatic", order.automatic);
  form.reference("order.ca_account", "ca-account", order.ca_account);
  form.word("order.product", order.product, domain::to_string, domain::product_from);
  form.number("order.licences", order.licences);
  form.text("order.previous_order", order.previous_order);
  form.reference("order.organization", "organization", order.organization);
  form.reference("order.applicant", "applicant", order.applicant);
  form.reference("order.ev_approver", "ev-approver", order.ev_approver);
  form.word("order.csr_source", order.csr_source, domain::to_string, domain::csr_source_from);
  if (form.group("key", service.key_spec)) fields(form, *service.key_spec);
}

template <class F>
void fields(F& form, domain::Node& node) {
  form.reference("service", "service", node.service);
  form.reference("site", "site", node.site);
  form.reference("access", "access", node.access);
  form.text("kind", node.kind);
  form.flag("enabled", node.enabled);
  form.word("verify.mode", node.verify.mode, domain::to_string, domain::verify_mode_from);
  form.text("verify.host", node.verify.host);
  form.number("verify.port", node.verify.port);
  form.text("verify.name", node.verify.name);
  form.text("apache.cert_file", node.apache.cert_file);
  form.text("apache.key_file", node.apache.key_file);
  form.text("apache.chain_file", node.apache.chain_file);
  form.text("apache.work_dir", node.apache.work_dir);
  if (form.only_if(node.kind == domain::node_kind::apache)) form.text("apache.control", node.apache.control);
  form.text("bigip.profile", node.bigip.profile);
  form.text("bigip.import_name", node.bigip.import_name);
  if (form.only_if(node.kind == domain::node_kind::bigip)) form.text("bigip.partition", node.bigip.partition);
  form.text("iis.site", node.iis.site);
  form.text("iis.binding", node.iis.binding);
  form.text("iis.windows_version", node.iis.windows_version);
  if (form.only_if(node.kind == domain::node_kind::iis)) form.flag("iis.windows_key", node.iis.windows_key);
}

}  // namespace certfleet::cli

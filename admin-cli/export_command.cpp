// certfleet export
#include <algorithm>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/csv.h"
#include "admin-cli/document.h"
#include "admin-cli/form_nouns.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "lib/base/file.h"

namespace certfleet::cli {
namespace {

struct Export {
  std::vector<std::string> only;
  std::vector<std::string> services;
  std::optional<std::string> csv;
  std::optional<std::string> output;
};

// Of --service: it, its nodes, and the accesses of these.
void keep_services(Document& document, const std::vector<std::string>& services) {
  auto is = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  auto value = [](const Form& form, std::string_view key) {
    const auto* entry = form.find(key);
    return entry == nullptr ? std::string() : shown(entry->value);
  };
  std::vector<std::string> accesses;
  for (auto& section : document) {
    if (section.name != "nodes") continue;
    std::erase_if(section.forms, [&](const Form& form) { return !is(services, value(form, "service")); });
    for (const auto& form : section.forms) accesses.push_back(value(form, "access"));
  }
  for (auto& section : document) {
    if (section.name == "services")
      std::erase_if(section.forms, [&](const Form& form) { return !is(services, form.name); });
    if (section.name == "accesses")
      std::erase_if(section.forms, [&](const Form& form) { return !is(accesses, form.name); });
  }
}

Document read_all(Context& context, const Export& a) {
  auto wanted = a.only;
  if (a.csv) wanted = {*a.csv};
  if (!a.services.empty()) wanted = {"accesses", "services", "nodes"};
  for (const auto& section : wanted)
    if (find_form_noun(section) == nullptr)
      context.fail(Fault::usage,
                   {"--only: \"{}\" という種類はありません", "--only: there is no section \"{}\""}, section);
  return context.database().reading([&](store::Tx& tx) {
    for (const auto& name : a.services) service_named(context, tx, name);
    FormNames names(tx);
    Document document;
    for (const auto& noun : form_nouns()) {
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), noun.section) == wanted.end()) continue;
      auto forms = noun.all(tx, names);
      if (!forms.empty()) document.push_back({noun.section, noun.single, std::move(forms), 0});
    }
    if (!a.services.empty()) keep_services(document, a.services);
    return document;
  });
}

void run_export(Context& context, const Export& a) {
  auto document = read_all(context, a);
  std::string text;
  if (a.csv) {
    auto keys = find_form_noun(*a.csv)->keys;
    text = to_csv(document.empty() ? std::vector<Form>() : document.front().forms, keys);
  } else {
    text = to_yaml(document);
  }
  if (!a.output) return context.out().raw(text);
  write_file(*a.output, text, 0600);
  std::size_t things = 0;
  for (const auto& section : document) things += section.forms.size();
  context.out().done(
      context.say({"{} に {} 件を書き出しました", "{1} things written to {0}"}, *a.output, things),
      {{{"file", {"ファイル", "file"}, *a.output},
        {"things", {"件数", "things"}, static_cast<std::int64_t>(things)}},
       {}});
}

}  // namespace

void add_export_command(Commands& commands) {
  commands.verb<Export>(
      nullptr, "export",
      {"設定を YAML か CSV で書き出す (秘密情報は含まない)",
       "Write the configuration as YAML or CSV, without secrets"},
      "certfleet export --output certfleet.yaml\n  certfleet export --service shop\n  certfleet export --csv "
      "nodes",
      [](Verb& verb, Export& a) {
        verb.list(a.only, "--only", "SECTION",
                  {"この種類だけ (sites、services など)", "Only this section, such as services"})
            .list(a.services, "--service", "NAME",
                  {"このサービスとそのノード・アクセスだけ", "Only this service with its nodes and accesses"})
            .not_with("--only")
            .choice(a.csv, "--csv", {"services", "nodes"}, {"CSV の一覧にする", "As a list in CSV"})
            .not_with("--only")
            .not_with("--service")
            .option(a.output, "--output", "FILE", {"書き出すファイル", "File to write"});
      },
      run_export);
}

}  // namespace certfleet::cli

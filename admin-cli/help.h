// The text of --help, in the person's language, for a terminal.
#pragma once

#include <CLI/CLI.hpp>

#include "admin-cli/text.h"

namespace certfleet::cli {

class Help final : public CLI::FormatterBase {
 public:
  explicit Help(Language language) : language_(language) {}
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;

 private:
  std::string usage(const CLI::App& app) const;
  Language language_;
};

// "certfleet service add"
std::string path_of(const CLI::App& app);

}  // namespace certfleet::cli

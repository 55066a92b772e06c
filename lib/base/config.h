// A daemon's configuration: one TOML file, read strictly. An unknown key, a missing one or a value of the
// wrong type is a Failure(usage) that names file, key and what was expected.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace certfleet {

class Config {
 public:
  // Failure(usage) if the file can't be read or parsed.
  static Config load(const std::filesystem::path& file);
  // From text, for tests; `name` stands for the file in messages.
  static Config parse(std::string_view text, const std::string& name);

  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;
  ~Config();

  // Dotted keys: "database.dsn". Each access marks the key as known.
  std::string text(std::string_view key);
  std::string text(std::string_view key, std::string_view otherwise);
  std::int64_t number(std::string_view key, std::int64_t otherwise, std::int64_t lowest, std::int64_t highest);
  // One of the words in `allowed`.
  std::string choice(std::string_view key, std::string_view otherwise, const std::vector<std::string>& allowed);
  bool flag(std::string_view key, bool otherwise);
  std::vector<std::string> texts(std::string_view key);
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> otherwise);
  // A path; relative ones count from the folder of the configuration file.
  std::filesystem::path path(std::string_view key);
  std::optional<std::filesystem::path> path_if_set(std::string_view key);

  // To be called when everything has been read: any key that nobody asked for is a Failure(usage).
  void refuse_unknown() const;

  // For rules that are not about one value's form: Failure(usage) "FILE: KEY: WHY".
  [[noreturn]] void refuse(std::string_view key, std::string_view why) const;

  const std::string& name() const;

 private:
  struct Impl;
  explicit Config(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet

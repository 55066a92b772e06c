#include "lib/base/config.h"

#include <fmt/format.h>

#include <set>
#include <toml++/toml.h>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace certfleet {

struct Config::Impl {
  std::string name;
  std::filesystem::path folder;
  toml::table table;
  std::set<std::string, std::less<>> known;

  toml::node_view<toml::node> at(std::string_view key) {
    known.emplace(key);
    return table.at_path(key);
  }
  [[noreturn]] void refuse(std::string_view key, std::string_view why) const {
    throw Failure(Fault::usage, fmt::format("{}: {}: {}", name, key, why));
  }
};

namespace {

void collect_keys(const toml::table& table, const std::string& prefix, std::vector<std::string>& out) {
  for (const auto& [key, value] : table) {
    std::string path = prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
    if (const auto* inner = value.as_table())
      collect_keys(*inner, path, out);
    else
      out.push_back(path);
  }
}

}  // namespace

Config::Config(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;

Config Config::load(const std::filesystem::path& file) {
  auto impl = std::make_unique<Impl>();
  impl->name = file.string();
  impl->folder = std::filesystem::absolute(file).parent_path();
  try {
    impl->table = toml::parse(read_file(file));
  } catch (const toml::parse_error& error) {
    throw Failure(Fault::usage, fmt::format("{}: line {}: {}", file.string(), error.source().begin.line,
                                            error.description()));
  }
  return Config(std::move(impl));
}

Config Config::parse(std::string_view text, const std::string& name) {
  auto impl = std::make_unique<Impl>();
  impl->name = name;
  impl->folder = std::filesystem::current_path();
  try {
    impl->table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Failure(Fault::usage,
                  fmt::format("{}: line {}: {}", name, error.source().begin.line, error.description()));
  }
  return Config(std::move(impl));
}

std::string Config::text(std::string_view key) {
  auto node = impl_->at(key);
  if (!node) impl_->refuse(key, "is missing");
  auto value = node.value_exact<std::string>();
  if (!value) impl_->refuse(key, "must be a text");
  return *value;
}

std::string Config::text(std::string_view key, std::string_view otherwise) {
  return impl_->at(key) ? text(key) : std::string(otherwise);
}

std::int64_t Config::number(std::string_view key, std::int64_t otherwise, std::int64_t lowest,
                            std::int64_t highest) {
  auto node = impl_->at(key);
  if (!node) return otherwise;
  auto value = node.value_exact<std::int64_t>();
  if (!value) impl_->refuse(key, "must be a whole number");
  if (*value < lowest || *value > highest)
    impl_->refuse(key, fmt::format("must be between {} and {}", lowest, highest));
  return *value;
}

std::string Config::choice(std::string_view key, std::string_view otherwise,
                           const std::vector<std::string>& allowed) {
  auto value = text(key, otherwise);
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
    impl_->refuse(key, fmt::format("must be one of {}", fmt::join(allowed, ", ")));
  return value;
}

bool Config::flag(std::string_view key, bool otherwise) {
  auto node = impl_->at(key);
  if (!node) return otherwise;
  auto value = node.value_exact<bool>();
  if (!value) impl_->refuse(key, "must be true or false");
  return *value;
}

std::vector<std::string> Config::texts(std::string_view key) {
  auto node = impl_->at(key);
  if (!node) impl_->refuse(key, "is missing");
  const auto* array = node.as_array();
  if (array == nullptr) impl_->refuse(key, "must be a list of texts");
  std::vector<std::string> out;
  for (const auto& item : *array) {
    auto value = item.value_exact<std::string>();
    if (!value) impl_->refuse(key, "must be a list of texts");
    out.push_back(*value);
  }
  return out;
}

std::vector<std::string> Config::texts(std::string_view key, std::vector<std::string> otherwise) {
  return impl_->at(key) ? texts(key) : std::move(otherwise);
}

std::filesystem::path Config::path(std::string_view key) {
  std::filesystem::path value = text(key);
  return value.is_absolute() ? value : impl_->folder / value;
}

std::optional<std::filesystem::path> Config::path_if_set(std::string_view key) {
  if (!impl_->at(key)) return std::nullopt;
  return path(key);
}

void Config::refuse_unknown() const {
  std::vector<std::string> keys;
  collect_keys(impl_->table, "", keys);
  for (const auto& key : keys)
    if (!impl_->known.contains(key)) impl_->refuse(key, "is not a known setting");
}

void Config::refuse(std::string_view key, std::string_view why) const { impl_->refuse(key, why); }

const std::string& Config::name() const { return impl_->name; }

}  // namespace certfleet

// Apache on Linux as a Target (manual 9.1.5), over a Remote. What lies where on the node: apache_scripts.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id.h"
#include "lib/domain/inventory.h"
#include "workers/apply/target.h"
#include "workers/apply/tracer.h"

namespace certfleet::apply {

// The files to be put in place, as bytes. The key is a view: its owner keeps it alive, and wipes it.
struct PairFiles {
  std::string leaf_pem;
  std::string chain_pem;  // intermediates, leaf upwards; may be empty
  std::string_view key_pem;
};

class ApacheTarget final : public Target {
 public:
  // Logs in to the node.
  using Connect = std::function<std::unique_ptr<Remote>(const Budget&)>;

  // Failure(usage) for paths that the manual refuses, or one file in two roles.
  ApacheTarget(Connect connect, const domain::Node& node, ApplyId apply, PairFiles files,
               const Tracer& tracer);

  void open(const Budget& budget) override;
  void close() noexcept override;
  Found look(const Budget& budget) override;
  void prepare(const Budget& budget) override;
  void install(const Budget& budget) override;
  void restore(const Budget& budget) override;
  void activate(Side side, const Budget& budget) override;
  std::optional<Identity> previous(const Budget& budget) override;
  void keep(const Budget& budget) override;
  void clean_up(Side outcome, const Budget& budget) override;

 private:
  struct File {
    std::string_view name;  // cert, key or chain: its name in the apply's folder
    std::string path;
    std::string_view content;
  };
  Reply run(const Script& script, std::vector<std::string> args, std::string_view input,
            const Budget& budget);
  Reply run(const Script& script, const Budget& budget) { return run(script, {}, {}, budget); }
  void require_success(const Script& script, const Reply& reply) const;
  [[noreturn]] void refused(const std::string& what, const std::string& said) const;
  [[noreturn]] void fail(int trace_id, const std::string& about, const Reply& reply) const;

  Connect connect_;
  const Tracer& tracer_;
  domain::ApacheFiles places_;
  std::string base_;    // the node's work folder
  std::string folder_;  // the apply's folder in it
  std::string token_;   // of this attempt
  std::string cert_pem_;
  std::string chain_pem_;
  std::vector<File> files_;
  std::unique_ptr<Remote> remote_;
};

}  // namespace certfleet::apply

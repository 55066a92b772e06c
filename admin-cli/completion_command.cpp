// certfleet completion bash|zsh
#include "admin-cli/commands.h"
#include "admin-cli/completion.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"

namespace certfleet::cli {
namespace {

void print(Context& context, std::string_view shell) {
  context.out().raw(std::string(completion_script(shell)));
}

}  // namespace

void add_completion_commands(Commands& commands) {
  commands.noun("completion", {"シェルの補完", "Completion for shells"});
  commands.verb<NoArguments>("completion", "bash",
                             {"bash 用の補完を出力する", "Print the completion for bash"},
                             "eval \"$(certfleet completion bash)\"", nullptr,
                             [](Context& context, const NoArguments&) { print(context, "bash"); });
  commands.verb<NoArguments>("completion", "zsh", {"zsh 用の補完を出力する", "Print the completion for zsh"},
                             "eval \"$(certfleet completion zsh)\"", nullptr,
                             [](Context& context, const NoArguments&) { print(context, "zsh"); });
}

}  // namespace certfleet::cli

#include "workers/apply/script_line.h"

#include <gtest/gtest.h>

#include "workers/apply/apache_scripts.h"

namespace certfleet::apply {
namespace {

constexpr Script script = {"greet", "echo it's \"$1\""};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(ScriptLine, without_execution_id_the_shell_is_called_directly) {
  auto line = script_line(script, {"a b"}, Elevation::none, "", false);
  EXPECT_TRUE(line.starts_with("'sh' '-c' '"));
  EXPECT_TRUE(line.ends_with("' 'greet' 'a b'"));
}

TEST(ScriptLine, sudo_asks_with_an_empty_prompt_or_not_at_all) {
  EXPECT_TRUE(script_line(script, {}, Elevation::sudo, "root", true)
                  .starts_with("'sudo' '-S' '-p' '' '-u' 'root' '--' 'sh' '-c' "));
  EXPECT_TRUE(script_line(script, {}, Elevation::sudo, "root", false)
                  .starts_with("'sudo' '-n' '-u' 'root' '--' 'sh' '-c' "));
}

TEST(ScriptLine, su_gets_the_whole_line_as_one_word) {
  auto line = script_line(script, {}, Elevation::su, "root", true);
  EXPECT_TRUE(line.starts_with("'su' '-s' '/bin/sh' '-c' '"));
  EXPECT_TRUE(line.ends_with("' 'root'"));
}

TEST(ScriptLine, values_never_get_into_the_text_of_a_script) {
  auto line = script_line(script, {"$(touch /tmp/x)", "'; reboot; '"}, Elevation::none, "", false);
  EXPECT_TRUE(has(line, " '$(touch /tmp/x)' ''\\''; reboot; '\\'''"));
}

TEST(ScriptLine, the_mark_before_the_input_is_the_one_that_scripts_wait_for) {
  EXPECT_TRUE(has(script_line(script, {}, Elevation::none, "", false), input_mark));
}

TEST(ScriptLine, every_script_of_apache_is_a_function_of_one_text) {
  for (const auto* one :
       {&scripts::look, &scripts::begin, &scripts::transfer, &scripts::back_up, &scripts::install,
        &scripts::restore, &scripts::test, &scripts::reload, &scripts::previous, &scripts::keep,
        &scripts::drop_older, &scripts::discard, &scripts::open})
    EXPECT_TRUE(has(std::string(one->text), "do_" + std::string(one->name) + "() {")) << one->name;
}

}  // namespace
}  // namespace certfleet::apply

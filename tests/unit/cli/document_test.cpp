// Documents: what is written is read back, and what is wrong is refused with its line.
#include "admin-cli/document.h"

#include <gtest/gtest.h>

namespace certfleet::cli {
namespace {

std::string refusal(const std::string& text) {
  try {
    from_yaml(text);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage);
    return failure.what();
  }
  return "read";
}

Document example() {
  Form shop{
      "shop", 3, {{"group", "web"}, {"sans", std::vector<std::string>{"a.example.com", "b.example.com"}}}, 0};
  shop.entries.push_back({"key.algorithm", "rsa-2048"});
  shop.entries.push_back({"key.state", "東京都"});
  shop.entries.push_back({"note", "true"});
  Form settings{"", std::nullopt, {{"proxy", "proxy.example.com:8080"}}, 0};
  return {{"settings", true, {settings}, 0}, {"services", false, {shop}, 0}};
}

TEST(Document, is_read_back_as_it_was_written) {
  auto back = from_yaml(to_yaml(example()));
  ASSERT_EQ(back.size(), 2U);
  EXPECT_TRUE(back[0].single);
  EXPECT_EQ(back[0].forms.at(0).entries, example()[0].forms[0].entries);
  EXPECT_EQ(back[1].forms.at(0).name, "shop");
  EXPECT_EQ(back[1].forms[0].revision, 3);
  EXPECT_EQ(back[1].forms[0].entries, example()[1].forms[0].entries);
}

TEST(Document, keeps_every_text_as_it_is) {
  for (const std::string text : {"",
                                 " ",
                                 "null",
                                 "~",
                                 "true",
                                 "0x10",
                                 "- a",
                                 "a: b",
                                 "#x",
                                 "line\nline",
                                 "line\nline\n",
                                 "\n\n",
                                 " indented\nx\n",
                                 "tab\there",
                                 "cr\r\nlf\n",
                                 "\"quoted\" 'q'",
                                 "証明書",
                                 "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                 "ends with blank \n",
                                 "%TAG",
                                 "&anchor",
                                 "*alias",
                                 "!tag",
                                 "x #y",
                                 "[a, b]",
                                 "{a: b}"}) {
    Form form{"x", std::nullopt, {{"body", text}, {"list", std::vector<std::string>{text, "z"}}}, 0};
    auto back = from_yaml(to_yaml({{"notifications", false, {form}, 0}}));
    EXPECT_EQ(back.at(0).forms.at(0).entries, form.entries) << "\"" << text << "\"";
  }
}

TEST(Document, is_the_same_text_each_time) {
  EXPECT_EQ(to_yaml(from_yaml(to_yaml(example()))), to_yaml(example()));
}

TEST(Document, is_readable) {
  EXPECT_EQ(to_yaml(example()), R"(format: 1
settings:
  proxy: proxy.example.com:8080
services:
  - name: shop
    revision: 3
    group: web
    sans: [a.example.com, b.example.com]
    key:
      algorithm: rsa-2048
      state: 東京都
    note: true
)");
}

TEST(Document, a_fault_is_told_with_its_line) {
  EXPECT_EQ(refusal("services: []\n"), "line 1: format: 1 is needed");
  EXPECT_EQ(refusal("format: 2\n"), "line 1: this version reads format 1");
  EXPECT_EQ(refusal("format: 1\nservices:\n  - name: a\n  - name: a\n"),
            "line 4: services: \"a\" comes twice");
  EXPECT_EQ(refusal("format: 1\nservices:\n  - group: web\n"), "line 3: services: name is needed");
  EXPECT_EQ(refusal("format: 1\nservices:\n  - name: a\n    group: x\n    group: y\n"),
            "line 5: group comes twice");
  EXPECT_EQ(refusal("format: 1\nservices: x\n"), "line 2: services: needs a list");
  EXPECT_EQ(refusal("format: 1\nservices:\n  - name: a\n    sans: [[x]]\n"),
            "line 4: sans: needs a list of plain values");
  EXPECT_EQ(refusal("format: 1\nservices:\n  - name: a\n    revision: x\n"),
            "line 4: revision: \"x\" is no number");
  EXPECT_EQ(refusal("format: 1\nsites: []\nsites: []\n"), "line 3: sites comes twice");
  EXPECT_EQ(refusal("a list\n"), "line 1: this is no configuration of certfleet");
  EXPECT_TRUE(refusal("format: 1\nsites: [\n").starts_with("line ")) << refusal("format: 1\nsites: [\n");
}

TEST(Document, another_encoding_is_refused_with_its_line) {
  EXPECT_EQ(refusal("format: 1\nsites:\n  - name: \x93\x8c\x8b\x9e\n"),
            "line 3: is not UTF-8; save the file as UTF-8");
}

TEST(Document, a_hostile_one_ends_soon) {
  std::string bomb =
      "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
      "format: 1\nservices: [*c, *c]\n";
  EXPECT_TRUE(refusal(bomb).starts_with("line ")) << refusal(bomb);
  EXPECT_TRUE(refusal("format: 1\nx: " + std::string(5000, '[')).starts_with("line "));
}

}  // namespace
}  // namespace certfleet::cli

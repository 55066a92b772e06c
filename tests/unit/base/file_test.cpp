#include "lib/base/file.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>

#include "tests/support/temp_dir.h"

namespace certfleet {
namespace {

constexpr std::size_t stack_bytes = 1U << 20U;
constexpr std::string_view secret = "swordfish-4711-swordfish";

struct Reading {
  std::filesystem::path file;
  std::string content;
};

void* read_it(void* argument) {
  auto* reading = static_cast<Reading*>(argument);
  reading->content = read_file(reading->file);
  return nullptr;
}

// In a thread whose stack can be looked at when it has ended.
TEST(ReadFile, what_was_read_does_not_stay_on_the_stack) {
  testing::TempDir dir("file");
  Reading reading{dir / "key", {}};
  write_file(reading.file, secret, 0600);
  void* stack = ::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(stack, MAP_FAILED);
  pthread_attr_t attributes;
  ASSERT_EQ(::pthread_attr_init(&attributes), 0);
  ASSERT_EQ(::pthread_attr_setstack(&attributes, stack, stack_bytes), 0);
  pthread_t thread{};
  ASSERT_EQ(::pthread_create(&thread, &attributes, read_it, &reading), 0);
  ASSERT_EQ(::pthread_join(thread, nullptr), 0);
  EXPECT_EQ(reading.content, secret);
  EXPECT_EQ(std::string_view(static_cast<const char*>(stack), stack_bytes).find(secret), std::string_view::npos);
  ::pthread_attr_destroy(&attributes);
  ::munmap(stack, stack_bytes);
}

}  // namespace
}  // namespace certfleet

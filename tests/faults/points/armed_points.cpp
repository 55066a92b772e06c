#include "tests/faults/points/armed_points.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "tests/support/eventually.h"

namespace certfleet::faults {

void ArmedPoints::arm(const std::string& point, const std::string& action, int times) {
  auto folder = dir_ / point;
  std::filesystem::create_directory(folder);
  auto gate = folder / "gate";
  if (action == "wait" && !std::filesystem::exists(gate) && ::mkfifo(gate.c_str(), 0600) != 0)
    throw std::runtime_error("no fifo for " + point);
  for (int i = 0; i < times; ++i)
    std::ofstream(folder / fmt::format("{:06}.{}", ++tickets_, action)).close();
}

std::vector<Reached> ArmedPoints::reached() const {
  std::vector<Reached> all;
  std::ifstream file(dir_ / "reached");
  for (Reached one; file >> one.point >> one.action >> one.pid;) all.push_back(one);
  return all;
}

Reached ArmedPoints::wait_for(std::size_t number, std::chrono::milliseconds limit) const {
  std::vector<Reached> all;
  bool there = testing::eventually(limit, [&] { return (all = reached()).size() > number; });
  return there ? all.at(number) : Reached{};
}

void ArmedPoints::release(const std::string& point) const {
  int fd = -1;
  bool open = testing::eventually(std::chrono::seconds(10), [&] {
    return (fd = ::open((dir_.path() / point / "gate").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) >= 0;
  });
  if (!open) throw std::runtime_error("nobody waits at " + point);
  ::close(fd);
}

}  // namespace certfleet::faults

// A broker, a scheduler and workers as a test wants them on a test's database, all real processes, which it ends
// and freezes at named points.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/domain/queue.h"
#include "lib/pki/sealed_box.h"
#include "tests/faults/points/armed_points.h"
#include "tests/support/database/database.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace certfleet::faults {

class PointHouse {
 public:
  // Both outlive this; workers open with the key what is sealed to it.
  PointHouse(const testing::TestDatabase& database, const pki::SealingKey& sealing_key);
  ~PointHouse();

  // A worker of one slot, as it is released; or its twin with the points that are armed.
  testing::Process& start_worker(domain::Queue queue);
  testing::Process& start_twin(domain::Queue queue);
  testing::Process& start_scheduler(bool twin = false);
  void stop_workers(domain::Queue queue);

  // The command, as the owner of the database.
  testing::Finished certfleet(std::vector<std::string> words) const;
  // The one key file of all workers.
  std::filesystem::path key_file() const { return folder_ / "sealing.key"; }

  // One twin after another is killed at these points, in this order, all in the work on one job, which is there
  // already; then one goes on with it. After each kill `sound` is asked, and the session of the killed lapses.
  void kill_at(domain::Queue queue, const std::vector<std::string>& points,
               const std::function<void(const std::string& point)>& sound = [](const std::string&) {});
  // A twin freezes at this point in the work on the one job that is there, for longer than its session lives.
  // Another worker ends the job; when it `is_done`, the frozen one is thawed and ends in peace.
  void freeze_at(domain::Queue queue, const std::string& point, const std::function<bool()>& is_done);

  // The session of a process lapses and is swept, as time would have it.
  void lapse(pid_t pid) const;

  bool eventually_is(const std::string& statement, const std::string& value);
  void expect_ended_once(std::int64_t subject, const std::string& kind);
  ArmedPoints& points() { return points_; }

 private:
  std::string sql(const std::string& statement) const { return database_.sql(statement); }
  testing::Process& start(const std::string& name, const std::string& key, const std::string& program,
                          const std::string& toml);
  std::string enrolled(const std::string& name, const std::string& role, const std::string& queue);
  std::string worker_toml(domain::Queue queue) const;
  testing::Process& with_pid(pid_t pid);

  const testing::TestDatabase& database_;
  ArmedPoints points_;
  testing::TempDir folder_{"points"};
  std::string broker_line_;
  int count_ = 0;
  std::map<std::string, std::unique_ptr<testing::Process>> processes_;  // by name
};

}  // namespace certfleet::faults

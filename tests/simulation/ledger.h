// What really happened, kept outside everything that it judges.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/memory_store/memory_store.h"

namespace certfleet::simulation {

class Ledger {
 public:
  explicit Ledger(std::shared_ptr<testing::MemoryTables> tables) : tables_(std::move(tables)) {}

  void enqueued(JobId id) { expected_[id] = true; }
  void claimed(SessionId session, const std::vector<domain::Job>& jobs);
  void completed(const std::vector<store::Finished>& batch, const store::Completed& result);
  void took_back(const std::map<JobId, testing::MemoryTables::Row>& before,
                 const std::map<SessionId, testing::MemoryTables::Session>& sessions, const store::Swept& swept);

  // All of I1 and I2 once nothing is live any more.
  void check_end();
  const std::vector<std::string>& wrongs() const { return wrongs_; }
  int ends() const { return ends_; }

 private:
  void wrong(const std::string& what);

  std::shared_ptr<testing::MemoryTables> tables_;
  std::map<JobId, bool> expected_;
  std::map<JobId, Fence> fences_;       // of the latest claim
  std::map<JobId, int> follow_ups_;     // that a job's accepted end brought
  int ends_ = 0;
  std::vector<std::string> wrongs_;
};

// A store that passes everything on and tells the ledger.
std::unique_ptr<store::JobStore> watched_store(std::unique_ptr<store::JobStore> inner,
                                               std::shared_ptr<testing::MemoryTables> tables, Ledger& ledger);

}  // namespace certfleet::simulation

// Rows of the job table as values; shared by the files of this room that touch jobs.
#pragma once

#include "lib/domain/job.h"
#include "lib/store/transaction.h"

namespace pqxx {
class field;
class row;
}

namespace certfleet::store::jobs {

// From the columns id, queue, site_id, service_id, priority.
domain::JobRef job_ref(const pqxx::row& row);

// What ended, returned or new jobs free or ask for.
struct Holds {
  std::vector<std::string> keys;    // concurrency keys
  std::vector<std::string> limits;  // keys of limits

  void add(const pqxx::field& concurrency_key, const pqxx::field& limit_key);
};

// Makes the waiting jobs ready that may now hold them, and adds these to tx.ready_jobs().
void promote(Tx& tx, const Holds& holds);

}  // namespace certfleet::store::jobs

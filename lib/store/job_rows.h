// Rows of the job table as values; shared by the files of this room that touch jobs.
#pragma once


#include "lib/domain/job.h"
#include "lib/store/transaction.h"

namespace pqxx {
class row;
}

namespace certfleet::store::jobs {

// From the columns id, queue, site_id, service_id, priority.
domain::JobRef job_ref(const pqxx::row& row);

// Makes one waiting job of each key ready if the key is free, and adds it to tx.ready_jobs().
void promote(Tx& tx, const std::vector<std::string>& keys);

}  // namespace certfleet::store::jobs

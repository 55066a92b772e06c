// Jobs: enqueued by whoever decides that work is due, in the transaction of the cause.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/domain/job.h"
#include "lib/store/transaction.h"

namespace certfleet::store::jobs {

// Inserts jobs. Those that are ready at once are added to tx.ready_jobs(), for the caller to offer after the
// commit; what is not offered is found by the leading scheduler. Returns how many were new: a job whose
// dedupe key is live already is left out.
int enqueue(Tx& tx, std::span<const domain::NewJob> jobs);
int enqueue(Tx& tx, const domain::NewJob& job);

// The same for a person's request: the leading scheduler hears of it by NOTIFY and offers it, without a look at
// the database if the job is ready at once.
int enqueue_by_person(Tx& tx, const domain::NewJob& job);

// How long a live job has been there, whatever attempts it has had.
std::chrono::seconds age(Tx& tx, JobId id);

// Makes the partitions of history and traces for this month and the next ones.
void ensure_partitions(Tx& tx);

// The channel that enqueue_by_person notifies: of one ready job, or with nothing to read, that there is something to
// look for.
inline constexpr const char* channel = "certfleet_jobs";
std::string notice_of(const domain::JobRef& ref);
// Nothing if it is no notice of a job. As any offer it is a hint: whoever claims looks at the row.
std::optional<domain::JobRef> job_of_notice(std::string_view notice);

}  // namespace certfleet::store::jobs

#include "lib/store/looks.h"

namespace certfleet::store {
namespace {

constexpr int many = 64;

}  // namespace

bool Looks::whole(int jobs_max, Instant now) const {
  const Pace& pace = jobs_max < many ? few_ : many_;
  return short_ || (begun_ && pace.due(now));
}

void Looks::looked(int jobs_max, int jobs_found, Instant began, Instant ended) {
  found_nothing_ = jobs_found == 0;
  any_.took(began, ended);
  if (whole(jobs_max, began)) {
    ever_ = true;
    short_ = false;
    many_.took(began, ended);
    few_.took(began, ended);
  } else if (!ever_) {
    // Who begins relies on what others have looked at, as long as the front has enough for him.
    short_ = jobs_found < jobs_max;
    if (begun_) return;
    many_.rest(ended);
    few_.rest(ended);
  }
  begun_ = true;
}

}  // namespace certfleet::store

// Applicants and EV approvers (manual 8.2): the same fields, kept apart in a table each.
#pragma once

#include "lib/domain/ca.h"
#include "lib/store/transaction.h"

namespace certfleet::store::applicants {

using Kind = domain::ApplicantKind;

domain::Applicant get(Tx& tx, Kind kind, ApplicantId id);  // Failure(not_found)
std::optional<domain::Applicant> find(Tx& tx, Kind kind, std::string_view name);
std::vector<domain::Applicant> list(Tx& tx, Kind kind);  // by name

ApplicantId add(Tx& tx, Kind kind, const domain::Applicant& applicant);  // Failure(conflict): the name is taken
void update(Tx& tx, Kind kind, const domain::Applicant& applicant);
void remove(Tx& tx, Kind kind, ApplicantId id);  // Failure(conflict) naming the services that refer to it

}  // namespace certfleet::store::applicants

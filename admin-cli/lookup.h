// From the names that a person types to rows, with near names where there is none.
#pragma once

#include <string>

#include "admin-cli/context.h"
#include "lib/domain/inventory.h"
#include "lib/domain/people.h"

namespace certfleet::cli {

// Failure(not_found) with near names.
domain::Service service_named(const Context& context, store::Tx& tx, std::string_view name);
domain::Node node_named(const Context& context, store::Tx& tx, std::string_view name);
domain::Access access_named(const Context& context, store::Tx& tx, std::string_view name);
domain::Site site_named(const Context& context, store::Tx& tx, std::string_view name);
domain::Group group_named(const Context& context, store::Tx& tx, std::string_view name);
domain::User user_named(const Context& context, store::Tx& tx, std::string_view name);
domain::CaAccount ca_account_named(const Context& context, store::Tx& tx, std::string_view name);
domain::Organization organization_named(const Context& context, store::Tx& tx, std::string_view name);
domain::Applicant applicant_named(const Context& context, store::Tx& tx, domain::ApplicantKind kind,
                                  std::string_view name);
domain::NotificationTable notification_named(const Context& context, store::Tx& tx, std::string_view name);

// The only one there is if none is named; Failure(usage) if there are several.
domain::Site site_or_only(const Context& context, store::Tx& tx, const std::optional<std::string>& name);
domain::Group group_or_only(const Context& context, store::Tx& tx, const std::optional<std::string>& name);
domain::NotificationTable notification_or_only(const Context& context, store::Tx& tx,
                                               const std::optional<std::string>& name);

// The certificates of a PEM file, as they are stored. Failure(usage) naming the file.
std::string trusted_certificates(const std::string& file);

// {"id": 4, "name": "shop"}: what add, set and remove answer under --json.
Record id_and_name(std::int64_t id, const std::string& name);

}  // namespace certfleet::cli

// Who uses the installation (manual 6.3 to 6.5), as plain values.
#pragma once

#include <optional>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/id.h"

namespace certfleet::domain {

struct Company {
  CompanyId id;
  std::string name;
};

// A user sees the services of his groups.
struct Group {
  GroupId id;
  std::string name;
  NotificationId notification;  // 0: no mails
};

struct User {
  UserId id;
  std::string name;             // a mail address in lower case; also the name of his PostgreSQL role
  std::string role = "viewer";  // admin or viewer
  std::string contact;
  bool password_set = true;  // no: he sets it at his next login, with a one-time code
  std::optional<WallTime> code_expires_at;
};

}  // namespace certfleet::domain

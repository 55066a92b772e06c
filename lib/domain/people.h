// Who uses the installation (manual 6.3 to 6.5), as plain values.
#pragma once

#include <string>

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
  std::string name;             // a mail address; also the name of his PostgreSQL role
  std::string role = "viewer";  // admin or viewer
  std::string contact;
};

}  // namespace certfleet::domain

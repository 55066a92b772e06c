#include "lib/store/dev_database.h"

#include <pqxx/pqxx>

#include "lib/store/answer_watch.h"
#include "lib/store/failures.h"

namespace certfleet::store {
namespace {
constexpr std::chrono::minutes limit{2};  // a copy of the template's files, on a slow disk
}

void create_database(const std::string& dsn, const std::string& name) {
  try {
    pqxx::connection connection(dsn + " connect_timeout=5");
    AnswerWatch::Line line(AnswerWatch::of_process(), connection.sock());
    line.expect_within(limit);
    pqxx::nontransaction tx(connection);  // CREATE DATABASE runs in none
    if (tx.exec_params("SELECT 1 FROM pg_database WHERE datname = $1", name).empty())
      tx.exec("CREATE DATABASE " + tx.quote_name(name));
  } catch (const std::exception&) {
    throw current_failure();
  }
}

}  // namespace certfleet::store

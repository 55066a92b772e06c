#include "lib/store/import_turn.h"

#include "lib/store/rows.h"

namespace certfleet::store {

void take_import_turn(Tx& tx, const std::function<void()>& waits, std::chrono::seconds limit) {
  constexpr const char* turn = "hashtextextended('import.turn', 0)";
  if (tx.raw().exec1(fmt::format("SELECT pg_try_advisory_xact_lock({})", turn))[0].as<bool>()) return;
  waits();
  // Longer than for a row.
  auto usual = tx.raw().exec1("SELECT current_setting('lock_timeout')")[0].as<std::string>();
  tx.raw().exec(fmt::format("SET LOCAL lock_timeout TO '{} s'", limit.count()));
  try {
    tx.raw().exec(fmt::format("SELECT pg_advisory_xact_lock({})", turn));
  } catch (const pqxx::sql_error& error) {
    if (error.sqlstate() != "55P03") throw;
    throw Failure(Fault::conflict,
                  Text{"ほかの取り込みが {} 秒待っても終わりません。何も変更していません。後でもう一度実行してください",
                       "another import has not ended within {} s: nothing was changed, try again later"},
                  limit.count());
  }
  tx.raw().exec(fmt::format("SET LOCAL lock_timeout TO {}", tx.raw().quote(usual)));
}

}  // namespace certfleet::store

// certfleet init: what it makes, and what happens when it is run again, at whatever point it was interrupted.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "lib/base/config.h"
#include "lib/base/file.h"
#include "lib/pki/sealed_box.h"
#include "lib/store/transaction.h"
#include "tests/integration/cli/house.h"

namespace certfleet::cli {
namespace {

namespace fs = std::filesystem;

class Init : public House {
 protected:
  static unsigned mode_of(const fs::path& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777U;
  }
};

TEST_F(Init, every_file_is_private_and_every_daemon_can_log_in) {
  EXPECT_EQ(mode_of(config()), 0700U);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(config())) {
    EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
    ++files;
  }
  // Seven daemons with three files each, and four of the installation: its key, the administrator's two, and
  // the configuration for all others.
  EXPECT_EQ(files, 7 * 3 + 4);
  for (const auto* daemon : {"broker", "scheduler", "worker-csr", "worker-order", "worker-apply",
                             "worker-verify", "worker-mail"}) {
    auto dsn = Config::load(config() / (std::string(daemon) + ".toml")).text("database.dsn");
    EXPECT_NO_THROW(store::Database({dsn, "test"}).connect()) << daemon;
  }
}

TEST_F(Init, the_first_administrator_is_a_role_with_a_scram_password) {
  EXPECT_EQ(sql("installation", "SELECT string_agg(name || ' ' || role, ',') FROM certfleet.app_user"),
            "admin@example.com admin");
  EXPECT_EQ(sql("installation",
                "SELECT rolpassword ~ '^SCRAM-SHA-256' AND NOT rolsuper FROM pg_authid"
                " WHERE rolname = 'admin@example.com'"),
            "t");
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.peer"), "7");
  EXPECT_EQ(sql("installation", "SELECT time_zone FROM certfleet.settings"), "Asia/Tokyo");
}

TEST_F(Init, a_second_run_changes_nothing_and_says_so) {
  auto before = read_file(config() / "sealing.key");
  bad(5, "already initialised: Example K.K.",
      init_words(postgres_->env("PG_TCP_DSN") + " dbname=installation", config()), "another-secret\n");
  bad(5, "already initialised: Example K.K.",
      init_words(postgres_->env("PG_TCP_DSN") + " dbname=installation", *home_ / "elsewhere"),
      "another-secret\n");
  EXPECT_FALSE(fs::exists(*home_ / "elsewhere"));
  EXPECT_EQ(read_file(config() / "sealing.key"), before);
  good({"service", "list", "--json"});
}

TEST_F(Init, a_folder_with_something_in_it_is_not_touched) {
  fs::create_directory(*home_ / "full");
  write_file(*home_ / "full" / "precious", "x", 0600);
  bad(5, "is not empty", init_words(new_database("filled"), *home_ / "full"), "first-secret\n");
  EXPECT_EQ(sql("filled", "SELECT to_regclass('certfleet.company') IS NULL"), "t");
}

TEST_F(Init, interrupted_before_the_database_committed_it_goes_on_with_the_same_keys) {
  auto folder = *home_ / "again";
  auto dsn = new_database("again");
  good(init_words(dsn, folder), "first-secret\n");
  auto sealing = read_file(folder / "sealing.key");
  auto curve = read_file(folder / "worker-mail.curve");
  // As if the commit had not happened: an empty database, the marker still there, the last files not yet.
  sql("postgres", "DROP DATABASE again WITH (FORCE)");
  sql("postgres", "CREATE DATABASE again");
  write_file(folder / "init.incomplete", "", 0600);
  fs::remove(folder / "worker-apply.curve");
  fs::remove(folder / "certfleet.toml");
  good(init_words(dsn, folder), "first-secret\n");
  EXPECT_EQ(read_file(folder / "sealing.key"), sealing);
  EXPECT_EQ(read_file(folder / "worker-mail.curve"), curve);
  EXPECT_FALSE(fs::exists(folder / "init.incomplete"));
  auto key = pki::SealingKey::from_file_text(pki::Secret(std::move(sealing)));
  EXPECT_EQ(sql("again", "SELECT id FROM certfleet.sealing_key WHERE active"), key.id());
  EXPECT_EQ(sql("again", "SELECT count(*) FROM certfleet.peer"), "7");
}

TEST_F(Init, interrupted_after_the_commit_it_only_tidies_up) {
  auto folder = *home_ / "late";
  auto dsn = new_database("late");
  good(init_words(dsn, folder), "first-secret\n");
  write_file(folder / "init.incomplete", "", 0600);
  auto out = good(init_words(dsn, folder), "first-secret\n");
  EXPECT_NE(out.find("the interrupted initialisation is complete"), std::string::npos) << out;
  EXPECT_FALSE(fs::exists(folder / "init.incomplete"));
}

TEST_F(Init, wrong_values_are_refused_before_anything_is_made) {
  auto dsn = new_database("nothing");
  auto with = [&](std::size_t place, const std::string& value) {
    auto words = init_words(dsn, *home_ / "nothing");
    words.at(place) = value;
    return words;
  };
  bad(2, "is no mail address", with(12, "admin"), "first-secret\n");
  bad(2, "unknown time zone Asia/Tokio", with(15, "Asia/Tokio"), "first-secret\n");
  bad(2, "--broker localhost: needs host:port", with(17, "localhost"), "first-secret\n");
  bad(2, "at least 12", with(17, "127.0.0.1:9020"), "short\n");
  bad(2, "standard input", with(17, "127.0.0.1:9020"), "");
  bad(6, "connection", with(2, "host=127.0.0.1 port=1 dbname=x user=x"), "first-secret\n");
  bad(2, "database connection", with(2, "nonsense=1"), "first-secret\n");
  EXPECT_FALSE(fs::exists(*home_ / "nothing"));
}

}  // namespace
}  // namespace certfleet::cli

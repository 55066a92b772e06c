// The files of a new installation: keys, passfiles, configurations (mode 0600, their folder 0700).
//
// They are all written before the database is changed, and a key file that is there is never replaced. So a
// second run after an interruption finds the keys of the first, whether the database knows them already or
// not. The marker `init.incomplete` stands from before the first file until after the database's commit; a
// folder that has files and no marker is somebody's, and is not touched.
#pragma once

#include <map>
#include <string>

#include "admin-cli/installation.h"
#include "lib/pki/sealed_box.h"
#include "lib/pki/secret.h"

namespace certfleet::cli {

// What the database must know of the files.
struct InitKeys {
  pki::SealingPublicKey sealing;
  std::map<std::string, std::string> curve;      // daemon → public key in Z85
  std::map<std::string, pki::Secret> passwords;  // daemon → password of its database role
};

class InitFolder {
 public:
  // Makes the folder and the marker. Failure(conflict) if the folder is not empty and has no marker, or if
  // another init is at work in it.
  explicit InitFolder(const InitPlan& plan);
  ~InitFolder();
  InitFolder(const InitFolder&) = delete;
  InitFolder& operator=(const InitFolder&) = delete;

  // True if an earlier run was interrupted here.
  bool resumed() const { return resumed_; }
  // The id of the sealing key that an interrupted run has left; empty if it had not come so far.
  std::string sealing_key_id() const;

  InitKeys write(const InitPlan& plan, const pki::Secret& admin_password);
  // The database has committed: the marker goes.
  void finish();

 private:
  std::filesystem::path folder_;
  std::filesystem::path marker_;
  std::filesystem::path sealing_key_;
  bool resumed_ = false;
  int lock_ = -1;
};

}  // namespace certfleet::cli

// What runs on an Apache node. All the change of a step is one script, so that a cut line can't stop it half
// way; and every script first takes the node's lock and checks that its attempt still owns the node, so that
// a worker that was frozen, or a script that a lost connection left behind, never acts against its successor.
//
// The work folder (manual 9.1.5), WORK/node-<id>, mode 0700:
//   lock, owner          who may act: the token of the last attempt that logged in
//   apply-<id>/new/      cert, key, chain as transferred
//   apply-<id>/old/      the same as they were
//   apply-<id>/manifest  "cert present /etc/…" a line for each file, links resolved; written last: its being
//   there
//                        says that new/ and old/ are complete
//   apply-<id>/changing  from before the first file is replaced until the new pair is confirmed or the old
//   one back
// After an apply the folder holds both generations; the folders of earlier ones go.
#pragma once

#include "workers/apply/remote.h"

namespace certfleet::apply::scripts {

// Exit codes of our own. Below 90 they are the shell's and the programs'.
inline constexpr int locked = 91;      // a script of another attempt still runs
inline constexpr int not_owner = 92;   // another attempt has taken over
inline constexpr int bad_target = 93;  // a file's folder is missing, or it is no regular file; which: on err
inline constexpr int bad_owner = 94;   // owner or mode can't be set; which: on err
inline constexpr int foreign_pair = 95;  // the files are not what they must be before a reload; which: on err
inline constexpr int unsafe_work = 96;   // the work folder belongs to somebody else
inline constexpr int control_failed = 97;  // the control program said no; what it said: on out

extern const Script open;  // $1 work folder of the node, $2 token. Takes the node over.

// All others: $1 work folder of the node, $2 name of the apply's folder, $3 token, then
extern const Script look;   // prints "ready yes|no", "before yes|no", "wanted yes|no"
extern const Script begin;  // puts right what earlier applies left half done (printed), makes the folder anew
extern const Script transfer;  // $4 name (cert, key, chain); the content on standard input
extern const Script back_up;   // $4… name and path in turn. Writes the manifest and tries the replacing out
extern const Script install;   // puts new/ in place
extern const Script restore;   // puts old/ in place
extern const Script test;      // $4 control program
extern const Script reload;    // $4 old or new, $5 control program. Only if that pair is in place
extern const Script previous;  // prints old/cert, nothing if there was none
extern const Script keep;      // nothing brings old/ back any more by itself
extern const Script drop_older;  // removes the folders of earlier applies, prints each
extern const Script discard;     // removes the apply's folder and temporary files

}  // namespace certfleet::apply::scripts

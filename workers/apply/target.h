// A kind of node, as the kind-independent sequence of an apply sees it (sequence.h). A new kind of node is
// one file behind this interface and one line in targets.cpp.
#pragma once

#include <optional>
#include <string>

#include "workers/apply/remote.h"
#include "workers/apply/steps.h"

namespace certfleet::apply {

// How a certificate is recognised where it is served.
struct Identity {
  std::string serial;  // hex, lower case
  std::string sha256;  // of the DER, in hex
  bool operator==(const Identity&) const = default;
};

enum class Side { before, wanted };

// One apply on one node, by one attempt. Each call looks for itself what is left to do, and may be repeated
// after any failure, also by another attempt. It traces what it does (manual appendix 12.1). Failures:
//   unreachable, retry   the line, or the time; nothing is known of how far the call came on the node
//   stale                another attempt has taken this node over: touch nothing any more
//   anything else        the node said no
class Target {
 public:
  virtual ~Target() = default;

  // Logs in. From now on this attempt alone changes the node; an earlier one finds itself stale.
  virtual void open(const Budget& budget) = 0;
  virtual void close() noexcept = 0;

  virtual Found look(const Budget& budget) = 0;

  // Transfers what is to be installed and backs up what is there, durably and completely, changing nothing
  // that is in use. What an earlier apply left half done on this node is put right first. Afterwards look()
  // says ready.
  virtual void prepare(const Budget& budget) = 0;
  // Puts the wanted pair in place. Interrupted anywhere, look() tells.
  virtual void install(const Budget& budget) = 0;
  // Puts the pair from before in place.
  virtual void restore(const Budget& budget) = 0;

  // Tests the configuration and makes the server load the pair of that side, which must be in place. Failure
  // if it is not, or if the server says no; a server that runs goes on running then.
  virtual void activate(Side side, const Budget& budget) = 0;
  // The certificate from before the apply; none if there was none.
  virtual std::optional<Identity> previous(const Budget& budget) = 0;

  // The wanted pair has proved good: nothing brings the old one back by itself any more.
  virtual void keep(const Budget& budget) = 0;
  // Removes what the outcome leaves over: older generations after a success, all of ours after a return.
  virtual void clean_up(Side outcome, const Budget& budget) = 0;
};

}  // namespace certfleet::apply

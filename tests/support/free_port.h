#pragma once

namespace certfleet::testing {

// A TCP port of 127.0.0.1 on which nobody listens now. Somebody may before it is used: what can listen on
// port 0 and tell its port should.
unsigned short free_port();

}  // namespace certfleet::testing

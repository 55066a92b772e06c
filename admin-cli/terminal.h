// What the command's standard output is.
#pragma once

namespace certfleet::cli {

struct Terminal {
  bool colour = false;
  int width = 0;  // columns; 0: not a terminal, lines may be as long as they are

  // Colours only on a terminal, and never where NO_COLOR is set (no-color.org) or TERM is "dumb".
  static Terminal of_output();
  static Terminal of_errors();  // standard error instead
};

}  // namespace certfleet::cli

// Lines out of a stream that may be split at any byte.
#ifndef LINE_H
#define LINE_H
#include <stdbool.h>
#include <stddef.h>

enum { LINE_KEPT = 512 };

/// Bytes that belong to someone else.
struct span {
  const char *bytes;
  size_t size;
};

/// What has come of a line that is not complete; all zero to begin with.
struct line {
  size_t size;
  char text[LINE_KEPT];
};

/// Takes bytes from `input` until a line ends; false when `input` is used up before. The line is
/// without its CR LF or LF, is valid until the next call, and points into the input where it can.
/// Of a line that is split, only the first 512 bytes are kept.
bool line_take(struct line *line, struct span *input, struct span *taken);

#endif

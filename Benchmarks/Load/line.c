// Lines: without a copy when a line lies whole in the input, else gathered piece by piece.
#include "line.h"

#include <string.h>

static void keep(struct line *line, const char *bytes, size_t size) {
  size_t room = LINE_KEPT - line->size;
  if (size > room) size = room;
  memcpy(line->text + line->size, bytes, size);
  line->size += size;
}

bool line_take(struct line *line, struct span *input, struct span *taken) {
  const char *newline = memchr(input->bytes, '\n', input->size);
  size_t size = newline ? (size_t)(newline - input->bytes) : input->size;
  if (!newline || line->size) keep(line, input->bytes, size);
  *taken = line->size ? (struct span){line->text, line->size} : (struct span){input->bytes, size};
  size_t used = newline ? size + 1 : size;
  *input = (struct span){input->bytes + used, input->size - used};
  if (!newline) return false;
  line->size = 0;
  if (taken->size && taken->bytes[taken->size - 1] == '\r') taken->size--;
  return true;
}

// The three searches. None of them keeps more of a body than it needs to go on.
#include "body.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void id_search_begin(struct id_search *search, int depth) {
  search->wanted_depth = depth;
  search->depth = 0;
  search->in_string = search->escaped = search->is_value = false;
  search->overlong = search->unsafe = false;
  search->size = 0;
}

/// One character inside a string; true when it ends an id.
static bool string_character(struct id_search *search, char c) {
  if (search->escaped) search->escaped = false;
  else if (c == '\\') search->escaped = search->unsafe = true;
  else if (c == '"') {
    bool found = search->is_value && search->size && !search->overlong && !search->unsafe;
    search->in_string = search->is_value = false;
    search->text[search->size] = 0;
    return found;
  } else if (search->size == ID_MAX) search->overlong = true;
  else {
    if (!isalnum((unsigned char)c) && !strchr("-._~", c)) search->unsafe = true;
    search->text[search->size++] = c;
  }
  return false;
}

static void structure_character(struct id_search *search, char c) {
  switch (c) {
  case ' ': case '\t': case '\n': case '\r': return;
  case '"':
    search->in_string = true;
    search->overlong = search->unsafe = false;
    search->size = 0;
    return;
  case ':':
    // The string before a colon was a name.
    search->is_value = search->depth == search->wanted_depth && !search->unsafe
        && search->size == 2 && !memcmp(search->text, "id", 2);
    return;
  case '{': case '[': search->depth++; break;
  case '}': case ']': search->depth--; break;
  }
  search->is_value = false;
}

bool id_search_take(struct id_search *search, struct span *piece) {
  while (piece->size) {
    char c = *piece->bytes++;
    piece->size--;
    if (!search->in_string) structure_character(search, c);
    else if (string_character(search, c)) return true;
  }
  return false;
}

void event_search_begin(struct event_search *search) {
  search->event = search->end = JOB_OPEN;
  search->line.size = 0;
}

static enum job_end end_named(struct span name) {
  static const struct {
    const char *name;
    enum job_end end;
  } ends[] = {{"job.succeeded", JOB_SUCCEEDED}, {"job.failed", JOB_FAILED},
              {"job.cancelled", JOB_FAILED}, {"job.expired", JOB_FAILED}};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    if (name.size == strlen(ends[i].name) && !memcmp(name.bytes, ends[i].name, name.size)) {
      return ends[i].end;
    }
  }
  return JOB_OPEN;
}

enum job_end event_search_take(struct event_search *search, struct span piece) {
  struct span line;
  while (line_take(&search->line, &piece, &line)) {
    if (!line.size) {
      if (search->end == JOB_OPEN) search->end = search->event;
      search->event = JOB_OPEN;
    } else if (line.size > 6 && !memcmp(line.bytes, "event:", 6)) {
      size_t skip = line.bytes[6] == ' ' ? 7 : 6;
      search->event = end_named((struct span){line.bytes + skip, line.size - skip});
    }
  }
  return search->end;
}

struct needle needle_make(const char *text) {
  struct needle needle = {text, strlen(text), calloc(strlen(text) + 1, sizeof(size_t))};
  if (!needle.fallback) abort();
  for (size_t i = 1, k = 0; i < needle.size; i++) {
    while (k && text[i] != text[k]) k = needle.fallback[k - 1];
    if (text[i] == text[k]) k++;
    needle.fallback[i] = k;
  }
  return needle;
}

bool needle_take(const struct needle *needle, size_t *place, struct span piece) {
  for (size_t i = 0; i < piece.size && *place < needle->size; i++) {
    while (*place && piece.bytes[i] != needle->text[*place]) {
      *place = needle->fallback[*place - 1];
    }
    if (piece.bytes[i] == needle->text[*place]) ++*place;
  }
  return *place == needle->size;
}

// What is looked for in the body of an answer while it comes in: ids, the end of a job in a stream
// of server-sent events, or a text. All of them take pieces of any size.
#ifndef BODY_H
#define BODY_H
#include "line.h"

enum { ID_MAX = 127 };

/// Finds string members named "id" at one depth of a JSON document.
struct id_search {
  int wanted_depth, depth;
  bool in_string, escaped;
  bool is_value;    // a wanted member's value comes next, or is the string being read
  bool overlong, unsafe;
  size_t size;
  char text[ID_MAX + 1];
};

/// `depth` is the number of objects and arrays around the member: 1 for the document's own "id".
void id_search_begin(struct id_search *search, int depth);

/// Takes from `piece` up to the next id, which is in `search->text` until the next call; false when
/// the piece is used up. Values that are no strings, above 127 bytes, or with characters that a
/// path could not carry as they are (RFC 3986, unreserved) are passed over.
bool id_search_take(struct id_search *search, struct span *piece);

enum job_end { JOB_OPEN, JOB_SUCCEEDED, JOB_FAILED };

/// Reads `text/event-stream` (WHATWG HTML, section 9.2) and knows the events that end a job.
struct event_search {
  enum job_end event, end;  // of the event being read; of the job
  struct line line;
};

void event_search_begin(struct event_search *search);

/// Whether, and how, the job has ended once this piece is read. `job.succeeded` is success;
/// `job.failed`, `job.cancelled` and `job.expired` are failure. An event counts once it is
/// complete.
enum job_end event_search_take(struct event_search *search, struct span piece);

/// Finds a text; a `struct needle` is made once, and the search keeps only a place in it.
struct needle {
  const char *text;
  size_t size;
  size_t *fallback;  // Knuth, Morris, Pratt: where to go on after a mismatch
};

struct needle needle_make(const char *text);

/// True once the text has been found; `*place` is 0 at the beginning of a body.
bool needle_take(const struct needle *needle, size_t *place, struct span piece);

#endif

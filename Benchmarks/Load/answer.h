// An HTTP/1.1 answer (RFC 9112), read from pieces of any size: with a length, chunked, or up to the
// end of the connection. Interim answers (1xx) are skipped.
#ifndef ANSWER_H
#define ANSWER_H
#include <stdint.h>

#include "line.h"

enum answer_state {
  ANSWER_STATUS_LINE,
  ANSWER_HEADERS,
  ANSWER_BODY,        // `left` bytes
  ANSWER_CHUNK_SIZE,
  ANSWER_CHUNK,       // `left` bytes
  ANSWER_CHUNK_END,
  ANSWER_TRAILERS,
  ANSWER_UNTIL_CLOSE,
  ANSWER_DONE,
  ANSWER_BAD
};

struct answer {
  enum answer_state state;
  int status;        // valid after the status line
  bool begun;        // any byte has come
  bool keep_alive;   // the connection may carry another request
  bool bodiless;     // to a HEAD request
  bool chunked, has_length;
  uint64_t left;
  struct line line;
};

/// Gets ready for the answer to a request; `bodiless` if that was a HEAD.
void answer_begin(struct answer *answer, bool bodiless);

/// Takes from `input` up to the next piece of the body, which is put into `body` (empty if there is
/// none yet). Call it until `input` is empty or the state is DONE or BAD; what is left in `input`
/// then does not belong to this answer.
void answer_take(struct answer *answer, struct span *input, struct span *body);

/// The connection has ended: the state becomes DONE if that is how the answer ends, else BAD.
void answer_end(struct answer *answer);

#endif

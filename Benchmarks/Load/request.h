// The bytes of requests, built once. What differs between two requests is patched into them: the
// number in place of each `{n}`, and the id in a sequel's path.
#ifndef REQUEST_H
#define REQUEST_H
#include "line.h"
#include "options.h"

/// Bytes with places for a number.
struct template {
  char *bytes;
  size_t size;
  size_t *places;
  size_t place_count;
};

struct requests {
  char run[9];                   // 8 hexadecimal digits, other ones in each run
  struct template post;
  struct template before, after; // around the id of a sequel
  char *scratch;                 // where a sequel is put together
};

/// Builds both kinds. A number is `RUN-NNNNNNNNNNNN`: 21 characters, so that the length of the body
/// is always the same. All `{n}` of one request, and of its sequel, become the same number.
struct requests requests_make(const struct options *options);

/// The request of that number; valid until the next call of either function.
struct span requests_post(struct requests *requests, uint64_t number);

/// The sequel to the request of that number, whose answer named `id`.
struct span requests_sequel(struct requests *requests, uint64_t number, const char *id);

#endif

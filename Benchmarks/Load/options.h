// The command line, checked.
#ifndef OPTIONS_H
#define OPTIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEADERS_MAX = 32, EXIT_USAGE = 64 };

/// What follows an accepted POST.
enum sequel { SEQUEL_NONE, SEQUEL_EVENTS, SEQUEL_POLL };

struct options {
  char host[256], port[6];
  const char *authority, *path;  // of the URL; the authority is what `Host` says
  const char *method;
  const char *headers[HEADERS_MAX];
  int header_count;
  const char *body;
  size_t body_size;
  int connections;
  int64_t duration, warmup, timeout, poll_pause;  // nanoseconds
  double rate;       // requests per second; 0 is a closed loop
  uint64_t requests; // 0: until `duration` is over
  int batch_items;
  const char *ids_path;
  enum sequel sequel;
  const char *prefix, *suffix, *needle;  // of the sequel's path; what a poll waits for
};

/// Reads the command line. A mistake in it is one line on stderr and exit status 64.
struct options options_read(int count, char **arguments);

/// Says on stderr what is wrong and exits with 64.
__attribute__((noreturn, format(printf, 1, 2))) void options_refuse(const char *format, ...);

#endif

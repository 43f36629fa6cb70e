// The command line, checked.
#ifndef OPTIONS_H
#define OPTIONS_H
#include <stdbool.h>
#include <stdint.h>

enum { EXIT_USAGE = 64 };

struct options {
  const char *command, *url, *queue;
  uint64_t count;  // messages
  uint64_t window; // messages published and not confirmed, at most
  uint64_t size;   // bytes of a message's body
  uint64_t prefetch, ack_batch;
  double rate, seconds, warmup;
  bool classic, keep;
};

/// Reads the command line. A mistake in it is one line on stderr and exit status 64.
struct options options_read(int count, char **arguments);

/// Says on stderr what is wrong and exits with 64.
__attribute__((noreturn, format(printf, 1, 2))) void options_refuse(const char *format, ...);

#endif

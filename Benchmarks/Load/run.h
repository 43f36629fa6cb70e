// A run: the schedule, the connections, and what has been seen. All of it belongs to one thread.
#ifndef RUN_H
#define RUN_H
#include "clock.h"
#include "connection.h"
#include "request.h"
#include "tally.h"

enum { RECEIVE_SIZE = 256 << 10 };

struct run {
  const struct options *options;
  struct requests requests;
  struct needle needle;
  struct tally tally;
  struct addrinfo *address;
  FILE *ids;  // null without --ids
  char *received;
  int epoll, signals;

  struct connection *connections, *free;
  struct connection_queue resting, pausing;
  int active;     // connections that carry a request
  uint64_t next;  // number of the next request
  // Requests are due from `start` to before `stop`; from `from` to before `until` they count.
  int64_t start, from, until, stop;
  int64_t last_seen;  // when an answer, a failure or the end of a job was last seen
  bool abandoned;  // told twice to end
};

/// Runs to the end, and reports on stdout.
void run_load(const struct options *options);

// exchange.c: the life of a request, from its start to its last answer.

/// Sends the next request on a free connection.
void exchange_start(struct run *run, struct connection *connection, int64_t due, int64_t now);

/// Acts on what epoll reports of a connection.
void exchange_event(struct run *run, struct connection *connection, uint32_t events, int64_t now);

/// A pause between two looks at a job is over.
void exchange_resume(struct run *run, struct connection *connection, int64_t now);

/// Gives up a request whose time is over.
void exchange_check_time(struct run *run, struct connection *connection, int64_t now);

#endif

// What is published and not yet confirmed, with the time it was due.
#ifndef CONFIRMS_H
#define CONFIRMS_H
#include "broker.h"
#include "samples.h"

struct confirms {
  uint64_t published;  // the last tag; tags count from 1
  uint64_t open;       // published and not confirmed
  uint64_t floor;      // all tags up to this one are confirmed
  uint64_t window;
  uint64_t skipped;    // the first tags, whose latency is not taken
  int64_t *due;        // by tag modulo the window; 0 once confirmed
  struct samples latency;
};

/// For `count` messages of which at most `window` are open; the first `skipped` are not timed.
struct confirms confirms_make(uint64_t count, uint64_t window, uint64_t skipped);

/// Whether one more may be published.
bool confirms_have_room(const struct confirms *confirms);

/// Notes a message that is published now and was due then.
void confirms_add(struct confirms *confirms, int64_t due);

/// Takes a confirm, single or multiple, in any order. A message that the broker refused, or a
/// confirm of nothing, ends the program.
void confirms_take(struct confirms *confirms, struct broker_event event);

/// Publishes `count` messages of `size` bytes and waits for all confirms, `window` at a time.
void confirms_publish_all(struct confirms *confirms, struct broker *broker, uint64_t count,
                          uint64_t size);

#endif

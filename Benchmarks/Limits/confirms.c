// A ring of due times. A tag's place is free again when all tags a window before it are confirmed.
#include "confirms.h"

#include <stdlib.h>
#include <string.h>

static const int64_t patience = 30000000000;

struct confirms confirms_make(uint64_t count, uint64_t window, uint64_t skipped) {
  struct confirms confirms = {
      .window = window, .skipped = skipped, .due = calloc(window, sizeof(int64_t)),
      .latency = samples_make(count > skipped ? count - skipped : 0)};
  if (!confirms.due) abort();
  return confirms;
}

bool confirms_have_room(const struct confirms *confirms) {
  return confirms->published - confirms->floor < confirms->window;
}

void confirms_add(struct confirms *confirms, int64_t due) {
  confirms->published++;
  confirms->open++;
  confirms->due[confirms->published % confirms->window] = due;
}

static void take_one(struct confirms *confirms, uint64_t tag, int64_t now) {
  int64_t *due = &confirms->due[tag % confirms->window];
  if (!*due) return;
  if (tag > confirms->skipped) samples_add(&confirms->latency, now - *due);
  *due = 0;
  confirms->open--;
}

void confirms_take(struct confirms *confirms, struct broker_event event) {
  if (event.kind == BROKER_NACK) broker_die("the broker refused a message");
  if (event.kind != BROKER_ACK) return;
  if (event.tag > confirms->published) broker_die("a confirm of what was not published");
  int64_t now = now_ns();
  uint64_t first = event.multiple ? confirms->floor + 1 : event.tag;
  for (uint64_t tag = first; tag <= event.tag && tag > confirms->floor; tag++) {
    take_one(confirms, tag, now);
  }
  while (confirms->floor < confirms->published
         && !confirms->due[(confirms->floor + 1) % confirms->window]) {
    confirms->floor++;
  }
}

/// Waits for a confirm, and takes what has come with it.
static void take_some(struct confirms *confirms, struct broker *broker) {
  struct broker_event event = broker_next(broker, patience);
  uint64_t before = confirms->open;
  int64_t began = now_ns();
  for (;;) {
    confirms_take(confirms, event);
    if (event.kind == BROKER_NOTHING && confirms->open < before) return;
    if (now_ns() - began > patience) broker_die("no confirm for 30 s");
    event = broker_next(broker, confirms->open < before ? 0 : patience);
  }
}

void confirms_publish_all(struct confirms *confirms, struct broker *broker, uint64_t count,
                          uint64_t size) {
  char *text = malloc(size);
  if (!text) abort();
  memset(text, 'x', size);
  amqp_bytes_t body = {.len = size, .bytes = text};
  while (confirms->published < count) {
    while (confirms->published < count && confirms_have_room(confirms)) {
      confirms_add(confirms, now_ns());
      broker_publish(broker, body);
    }
    take_some(confirms, broker);
  }
  while (confirms->open) take_some(confirms, broker);
  free(text);
}

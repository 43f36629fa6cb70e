// hop and start: how long it takes.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "confirms.h"

enum { HOP_WINDOW = 65536 };
static const int64_t patience = 10000000000;

/// What a message of `hop` begins with.
struct stamp {
  int64_t due;
  uint64_t number;
};
_Static_assert(sizeof(struct stamp) == BODY_HEAD, "a stamp is what is kept of a body");

/// The consuming side of a hop; the thread's own until it is joined.
struct receiver {
  struct broker broker;
  uint64_t count, skipped, received;
  struct samples latency;
};

static void *receive(void *argument) {
  struct receiver *receiver = argument;
  int64_t heard = now_ns();
  while (receiver->received < receiver->count && now_ns() - heard < patience) {
    struct broker_event event = broker_next(&receiver->broker, patience);
    if (event.kind != BROKER_DELIVERY) continue;
    heard = now_ns();
    struct stamp stamp;
    memcpy(&stamp, event.head, sizeof stamp);
    if (stamp.number >= receiver->skipped) samples_add(&receiver->latency, heard - stamp.due);
    broker_ack(&receiver->broker, event.tag, false);
    receiver->received++;
  }
  return NULL;
}

/// Publishes at the given rate, whether or not confirms come, and waits for the last of them.
static void publish_paced(
    struct broker *broker, struct confirms *confirms, const struct options *options,
    uint64_t count) {
  char *text = calloc(1, options->size);
  if (!text) abort();
  amqp_bytes_t body = {.len = options->size, .bytes = text};
  int64_t began = now_ns(), now = began, heard = began;
  while (confirms->published < count || confirms->open) {
    int64_t due = began + (int64_t)((double)confirms->published * 1e9 / options->rate);
    bool more = confirms->published < count && confirms_have_room(confirms);
    if (more && due <= now) {
      struct stamp stamp = {due, confirms->published};
      memcpy(text, &stamp, sizeof stamp);
      confirms_add(confirms, due);
      broker_publish(broker, body);
    }
    bool is_late = more && due <= now;
    struct broker_event event = broker_next(broker, is_late ? 0 : more ? due - now : patience);
    confirms_take(confirms, event);
    now = now_ns();
    if (event.kind == BROKER_ACK || !confirms->open) heard = now;
    if (now - heard > patience) broker_die("no confirm for 10 s");
  }
  free(text);
}

void command_hop(const struct options *options) {
  uint64_t skipped = (uint64_t)(options->rate * options->warmup);
  uint64_t count = skipped + (uint64_t)(options->rate * options->seconds);
  struct broker broker = broker_connect(options);
  broker_declare(&broker, options, true);
  broker_confirm(&broker);
  struct receiver receiver = {
      .broker = broker_connect(options), .count = count, .skipped = skipped,
      .latency = samples_make(count - skipped)};
  broker_consume(&receiver.broker, options->prefetch);
  struct confirms confirms = confirms_make(count, HOP_WINDOW, skipped);
  pthread_t thread;
  if (pthread_create(&thread, NULL, receive, &receiver)) broker_die("no thread");
  publish_paced(&broker, &confirms, options, count);
  pthread_join(thread, NULL);
  printf("{\"command\":\"hop\",\"queue_type\":\"%s\",\"rate\":%.1f,\"count\":%ju,\"lost\":%ju,",
         options->classic ? "classic" : "quorum", options->rate, (uintmax_t)(count - skipped),
         (uintmax_t)(count - receiver.received));
  samples_write(&receiver.latency, "delivery_us", stdout);
  putchar(',');
  samples_write(&confirms.latency, "confirm_us", stdout);
  puts("}");
  broker_finish(&receiver.broker, true);
  broker_finish(&broker, options->keep);
}

void command_start(const struct options *options, int64_t began) {
  struct broker broker = broker_connect(options);
  int64_t connected = now_ns();
  broker_declare(&broker, options, false);
  int64_t declared = now_ns();
  broker_consume(&broker, options->prefetch);
  broker_publish(&broker, amqp_cstring_bytes("first"));
  struct broker_event event = {.kind = BROKER_NOTHING};
  while (event.kind != BROKER_DELIVERY) {
    event = broker_next(&broker, patience);
    if (now_ns() - declared > patience) broker_die("no message for 10 s");
  }
  int64_t received = now_ns();
  broker_ack(&broker, event.tag, false);
  printf("{\"command\":\"start\",\"queue_type\":\"%s\",\"connected_us\":%.1f,\"declared_us\":%.1f,"
         "\"first_message_us\":%.1f}\n",
         options->classic ? "classic" : "quorum", (double)(connected - began) / 1000,
         (double)(declared - began) / 1000, (double)(received - began) / 1000);
  broker_finish(&broker, options->keep);
}

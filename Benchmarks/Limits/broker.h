// One connection to RabbitMQ with one channel, for one thread. Whatever fails ends the program with
// a line on stderr and exit status 1: half a measurement is none.
#ifndef BROKER_H
#define BROKER_H
#include <amqp.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"

enum { BODY_HEAD = 16 };

enum broker_event_kind { BROKER_NOTHING, BROKER_ACK, BROKER_NACK, BROKER_DELIVERY };

struct broker_event {
  enum broker_event_kind kind;
  uint64_t tag;
  bool multiple;         // of a confirm
  bool redelivered;      // of a delivery
  uint8_t head[BODY_HEAD];  // of a delivery's body
};

struct broker {
  amqp_connection_state_t connection;
  amqp_bytes_t queue;
  int fd;
};

/// Connects, and opens the channel. The URL is `amqp://USER:PASSWORD@HOST:PORT/VHOST`, each part
/// percent-encoded (rabbitmq.com, URI specification); it is never printed.
struct broker broker_connect(const struct options *options);

/// Declares the durable queue, a quorum queue unless `--classic`; `anew` deletes it before.
void broker_declare(struct broker *broker, const struct options *options, bool anew);

/// Deletes the queue and closes the connection.
void broker_finish(struct broker *broker, bool keep_queue);

/// Asks for confirms of what is published from now on.
void broker_confirm(struct broker *broker);

/// Publishes to the queue: persistent and mandatory.
void broker_publish(struct broker *broker, amqp_bytes_t body);

/// Begins to consume with at most `prefetch` messages not acknowledged.
void broker_consume(struct broker *broker, uint64_t prefetch);

void broker_ack(struct broker *broker, uint64_t tag, bool multiple);

/// Waits until the broker has taken note of all that was sent before.
void broker_settle(struct broker *broker);

/// The next confirm or delivery; NOTHING if `timeout` nanoseconds bring none.
struct broker_event broker_next(struct broker *broker, int64_t timeout);

__attribute__((noreturn, format(printf, 1, 2))) void broker_die(const char *format, ...);

#endif

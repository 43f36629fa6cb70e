// rabbitmq-c, with a frame loop of its own (amqp_consume_message allocates for each message).
#define _GNU_SOURCE
#include "broker.h"

#include <amqp_tcp_socket.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const amqp_channel_t channel = 1;
static struct timeval patience(void) { return (struct timeval){30, 0}; }

void broker_die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("openclaw-limits: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(EXIT_FAILURE);
}

/// Ends the program over a close of channel or connection.
__attribute__((noreturn)) static void die_closed(const char *what, const amqp_method_t *method) {
  if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
    const amqp_channel_close_t *close = method->decoded;
    broker_die("%s: channel closed, %d %.*s", what, close->reply_code,
               (int)close->reply_text.len, (const char *)close->reply_text.bytes);
  }
  if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
    const amqp_connection_close_t *close = method->decoded;
    broker_die("%s: connection closed, %d %.*s", what, close->reply_code,
               (int)close->reply_text.len, (const char *)close->reply_text.bytes);
  }
  broker_die("%s: an unexpected method, 0x%08x", what, method->id);
}

static void check(const char *what, amqp_rpc_reply_t reply) {
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) die_closed(what, &reply.reply);
  broker_die("%s: %s", what, amqp_error_string2(reply.library_error));
}

static void check_reply(const char *what, struct broker *broker) {
  check(what, amqp_get_rpc_reply(broker->connection));
}

static void check_status(const char *what, int status) {
  if (status < 0) broker_die("%s: %s", what, amqp_error_string2(status));
}

struct broker broker_connect(const struct options *options) {
  struct amqp_connection_info server;
  char *url = strdup(options->url);
  if (!url || amqp_parse_url(url, &server) < 0 || server.ssl) {
    options_refuse("--url wants amqp://USER:PASSWORD@HOST:PORT/VHOST");
  }
  struct broker broker = {
      .connection = amqp_new_connection(), .queue = amqp_cstring_bytes(options->queue)};
  amqp_socket_t *socket = amqp_tcp_socket_new(broker.connection);
  if (!socket) broker_die("no memory");
  struct timeval limit = patience();
  check_status("connect", amqp_socket_open_noblock(socket, server.host, server.port, &limit));
  check_status("connect", amqp_set_handshake_timeout(broker.connection, &limit));
  check_status("connect", amqp_set_rpc_timeout(broker.connection, &limit));
  check("login", amqp_login(broker.connection, server.vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                            AMQP_SASL_METHOD_PLAIN, server.user, server.password));
  amqp_channel_open(broker.connection, channel);
  check_reply("open a channel", &broker);
  broker.fd = amqp_get_sockfd(broker.connection);
  free(url);
  return broker;
}

void broker_declare(struct broker *broker, const struct options *options, bool anew) {
  amqp_table_entry_t type = {
      .key = amqp_cstring_bytes("x-queue-type"),
      .value = {.kind = AMQP_FIELD_KIND_UTF8,
                .value.bytes = amqp_cstring_bytes(options->classic ? "classic" : "quorum")}};
  amqp_table_t arguments = {.num_entries = 1, .entries = &type};
  if (anew) {
    amqp_queue_delete(broker->connection, channel, broker->queue, false, false);
    check_reply("delete the old queue", broker);
  }
  amqp_queue_declare(
      broker->connection, channel, broker->queue, false, true, false, false, arguments);
  check_reply("declare the queue", broker);
  amqp_maybe_release_buffers(broker->connection);
}

void broker_finish(struct broker *broker, bool keep_queue) {
  if (!keep_queue) {
    amqp_queue_delete(broker->connection, channel, broker->queue, false, false);
    check_reply("delete the queue", broker);
  }
  check("close", amqp_connection_close(broker->connection, AMQP_REPLY_SUCCESS));
  check_status("close", amqp_destroy_connection(broker->connection));
}

void broker_confirm(struct broker *broker) {
  amqp_confirm_select(broker->connection, channel);
  check_reply("ask for confirms", broker);
}

void broker_publish(struct broker *broker, amqp_bytes_t body) {
  amqp_basic_properties_t properties = {
      ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = AMQP_DELIVERY_PERSISTENT};
  int status = amqp_basic_publish(
      broker->connection, channel, amqp_empty_bytes, broker->queue, true, false, &properties, body);
  check_status("publish", status);
}

void broker_consume(struct broker *broker, uint64_t prefetch) {
  amqp_basic_qos(broker->connection, channel, 0, (uint16_t)prefetch, false);
  check_reply("set the prefetch", broker);
  amqp_basic_consume(broker->connection, channel, broker->queue, amqp_empty_bytes, false, false,
                     false, amqp_empty_table);
  check_reply("consume", broker);
}

void broker_ack(struct broker *broker, uint64_t tag, bool multiple) {
  check_status("acknowledge", amqp_basic_ack(broker->connection, channel, tag, multiple));
}

void broker_settle(struct broker *broker) {
  amqp_basic_qos(broker->connection, channel, 0, 1, false);
  check_reply("settle", broker);
}

static bool has_input(const struct broker *broker) {
  return amqp_frames_enqueued(broker->connection) || amqp_data_in_buffer(broker->connection);
}

/// Whether there is something to read within `timeout` nanoseconds. The library's own waits are
/// rounded to milliseconds.
static bool wait_for_input(const struct broker *broker, int64_t timeout) {
  struct pollfd input = {.fd = broker->fd, .events = POLLIN};
  struct timespec limit = {timeout / 1000000000, timeout % 1000000000};
  return has_input(broker) || ppoll(&input, 1, &limit, NULL) > 0;
}

/// The header and the body of a delivery, of which the first bytes are kept.
static void read_content(struct broker *broker, struct broker_event *event) {
  amqp_frame_t frame;
  struct timeval limit = patience();
  check_status("read", amqp_simple_wait_frame_noblock(broker->connection, &frame, &limit));
  if (frame.frame_type != AMQP_FRAME_HEADER) broker_die("a delivery without a header");
  uint64_t left = frame.payload.properties.body_size, kept = 0;
  while (left) {
    check_status("read", amqp_simple_wait_frame_noblock(broker->connection, &frame, &limit));
    if (frame.frame_type != AMQP_FRAME_BODY) broker_die("a delivery without its whole body");
    amqp_bytes_t part = frame.payload.body_fragment;
    if (part.len > left) broker_die("a delivery with too long a body");
    size_t size = part.len < BODY_HEAD - kept ? part.len : (size_t)(BODY_HEAD - kept);
    memcpy(event->head + kept, part.bytes, size);
    kept += size;
    left -= part.len;
  }
}

static struct broker_event read_method(struct broker *broker, const amqp_method_t *method) {
  struct broker_event event = {.kind = BROKER_NOTHING};
  if (method->id == AMQP_BASIC_ACK_METHOD) {
    const amqp_basic_ack_t *ack = method->decoded;
    event.kind = BROKER_ACK;
    event.tag = ack->delivery_tag;
    event.multiple = ack->multiple;
  } else if (method->id == AMQP_BASIC_NACK_METHOD) {
    const amqp_basic_nack_t *nack = method->decoded;
    event.kind = BROKER_NACK;
    event.tag = nack->delivery_tag;
    event.multiple = nack->multiple;
  } else if (method->id == AMQP_BASIC_DELIVER_METHOD) {
    const amqp_basic_deliver_t *delivery = method->decoded;
    event.kind = BROKER_DELIVERY;
    event.tag = delivery->delivery_tag;
    event.redelivered = delivery->redelivered;
    read_content(broker, &event);
  } else if (method->id == AMQP_BASIC_RETURN_METHOD) {
    broker_die("a message was returned: the queue is gone");
  } else {
    die_closed("read", method);
  }
  return event;
}

struct broker_event broker_next(struct broker *broker, int64_t timeout) {
  struct broker_event nothing = {.kind = BROKER_NOTHING};
  if (!wait_for_input(broker, timeout)) return nothing;
  amqp_frame_t frame;
  // What has come may be a part of a frame.
  struct timeval at_once = {0, 0};
  int status = amqp_simple_wait_frame_noblock(broker->connection, &frame, &at_once);
  if (status == AMQP_STATUS_TIMEOUT) return nothing;
  check_status("read", status);
  if (frame.frame_type != AMQP_FRAME_METHOD) return nothing;
  struct broker_event event = read_method(broker, &frame.payload.method);
  amqp_maybe_release_buffers(broker->connection);
  return event;
}

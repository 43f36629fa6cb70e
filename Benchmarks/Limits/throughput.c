// publish, consume and drain: as fast as it goes.
#include <stdio.h>
#include <sys/resource.h>

#include "commands.h"
#include "confirms.h"

static const int64_t patience = 30000000000;

static double cpu_us(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6
      + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void write_rate(const struct options *options, int64_t took, double cpu) {
  double seconds = (double)(took > 0 ? took : 1) / 1e9;
  printf("{\"command\":\"%s\",\"queue_type\":\"%s\",\"count\":%ju,\"seconds\":%.3f,\"rate\":%.1f,"
         "\"own_cpu_us\":%.0f",
         options->command, options->classic ? "classic" : "quorum", (uintmax_t)options->count,
         seconds, (double)options->count / seconds, cpu);
}

void command_publish(const struct options *options) {
  struct broker broker = broker_connect(options);
  broker_declare(&broker, options, true);
  broker_confirm(&broker);
  struct confirms confirms = confirms_make(options->count, options->window, 0);
  double cpu = cpu_us();
  int64_t began = now_ns();
  confirms_publish_all(&confirms, &broker, options->count, options->size);
  write_rate(options, now_ns() - began, cpu_us() - cpu);
  printf(",\"window\":%ju,\"size\":%ju,", (uintmax_t)options->window, (uintmax_t)options->size);
  samples_write(&confirms.latency, "confirm_us", stdout);
  puts("}");
  broker_finish(&broker, options->keep);
}

/// Consumes `count` messages; returns how many of them were redelivered.
static uint64_t consume_all(struct broker *broker, const struct options *options) {
  uint64_t unacked = 0, redelivered = 0;
  broker_consume(broker, options->prefetch);
  int64_t heard = now_ns();
  for (uint64_t taken = 0; taken < options->count;) {
    struct broker_event event = broker_next(broker, patience);
    if (event.kind != BROKER_DELIVERY) {
      if (now_ns() - heard > patience) {
        broker_die("no message for 30 s, after %ju", (uintmax_t)taken);
      }
      continue;
    }
    if (taken % 1024 == 0) heard = now_ns();
    taken++;
    redelivered += event.redelivered;
    if (++unacked < options->ack_batch && taken < options->count) continue;
    broker_ack(broker, event.tag, true);
    unacked = 0;
  }
  broker_settle(broker);
  return redelivered;
}

static void measure_consumer(struct broker *broker, const struct options *options) {
  double cpu = cpu_us();
  int64_t began = now_ns();
  uint64_t redelivered = consume_all(broker, options);
  write_rate(options, now_ns() - began, cpu_us() - cpu);
  printf(",\"prefetch\":%ju,\"ack_batch\":%ju,\"redelivered\":%ju}\n", (uintmax_t)options->prefetch,
         (uintmax_t)options->ack_batch, (uintmax_t)redelivered);
}

void command_consume(const struct options *options) {
  struct broker broker = broker_connect(options);
  broker_declare(&broker, options, false);
  measure_consumer(&broker, options);
  broker_finish(&broker, options->keep);
}

void command_drain(const struct options *options) {
  struct broker broker = broker_connect(options);
  broker_declare(&broker, options, true);
  broker_confirm(&broker);
  struct confirms confirms = confirms_make(0, options->window, 0);
  confirms_publish_all(&confirms, &broker, options->count, options->size);
  measure_consumer(&broker, options);
  broker_finish(&broker, options->keep);
}

// Latencies, all of them kept: their number is known before the first is taken.
#ifndef SAMPLES_H
#define SAMPLES_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct samples {
  int64_t *values;  // nanoseconds
  size_t count, room;
};

/// Nanoseconds of CLOCK_MONOTONIC, which is one clock for all threads and processes.
static inline int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/// Room for `room` values; freed with the process.
struct samples samples_make(size_t room);

/// Adds a value in nanoseconds; one too many is passed over.
void samples_add(struct samples *samples, int64_t value);

/// Writes `"name":{"p50":…,"p95":…,"p99":…,"max":…,"mean":…}` in microseconds, or `"name":null`
/// if there are none. Sorts the values.
void samples_write(struct samples *samples, const char *name, FILE *out);

#endif

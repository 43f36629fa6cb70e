// The monotonic clock, and durations in its unit.
#ifndef CLOCK_H
#define CLOCK_H
#include <stdint.h>
#include <time.h>

static const int64_t MICROSECOND = 1000, MILLISECOND = 1000000, SECOND = 1000000000;

/// Nanoseconds of CLOCK_MONOTONIC.
static inline int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

#endif

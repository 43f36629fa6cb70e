// Latencies in a log-linear histogram: exact below 128 ns, then 128 buckets for each power of two,
// so that a bucket is at most 0.8 % wide. Values above 137 s count as 137 s, but for `max`.
#ifndef HISTOGRAM_H
#define HISTOGRAM_H
#include <stdint.h>

enum { HISTOGRAM_FINE_BITS = 7, HISTOGRAM_BITS = 37 };
enum { HISTOGRAM_BUCKETS = (HISTOGRAM_BITS - HISTOGRAM_FINE_BITS + 1) << HISTOGRAM_FINE_BITS };

struct histogram {
  uint64_t count;
  int64_t max;
  double sum;
  uint64_t buckets[HISTOGRAM_BUCKETS];
};

/// Adds a value in nanoseconds; one below 0 counts as 0.
void histogram_add(struct histogram *histogram, int64_t value);

/// The value that `share` (0 to 1) of all values do not exceed, in nanoseconds; 0 if there are
/// none.
double histogram_quantile(const struct histogram *histogram, double share);

#endif

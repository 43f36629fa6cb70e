// The histogram's arithmetic: a value's bucket is its highest bits, and back.
#include "histogram.h"

static int bucket_of(int64_t value) {
  const int64_t limit = (int64_t)1 << HISTOGRAM_BITS;
  if (value >= limit) value = limit - 1;
  if (value < 1 << HISTOGRAM_FINE_BITS) return (int)value;
  int octave = 63 - __builtin_clzll((uint64_t)value) - HISTOGRAM_FINE_BITS;
  return (octave << HISTOGRAM_FINE_BITS) + (int)(value >> octave);
}

/// The middle of what falls into a bucket.
static double value_of(int bucket) {
  if (bucket < 1 << HISTOGRAM_FINE_BITS) return bucket;
  int octave = (bucket >> HISTOGRAM_FINE_BITS) - 1;
  int64_t first = (int64_t)(bucket - (octave << HISTOGRAM_FINE_BITS)) << octave;
  return (double)first + (double)(((int64_t)1 << octave) - 1) / 2;
}

void histogram_add(struct histogram *histogram, int64_t value) {
  if (value < 0) value = 0;
  if (value > histogram->max) histogram->max = value;
  histogram->count++;
  histogram->sum += (double)value;
  histogram->buckets[bucket_of(value)]++;
}

double histogram_quantile(const struct histogram *histogram, double share) {
  if (!histogram->count) return 0;
  uint64_t rank = (uint64_t)(share * (double)histogram->count);
  if ((double)rank < share * (double)histogram->count) rank++;
  uint64_t seen = 0;
  for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
    seen += histogram->buckets[i];
    if (seen < rank || !seen) continue;
    double value = value_of(i);
    return value < (double)histogram->max ? value : (double)histogram->max;
  }
  return (double)histogram->max;
}

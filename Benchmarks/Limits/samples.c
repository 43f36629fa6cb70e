// Exact quantiles, by sorting.
#include "samples.h"

#include <stdlib.h>

struct samples samples_make(size_t room) {
  struct samples samples = {.values = calloc(room ? room : 1, sizeof(int64_t)), .room = room};
  if (!samples.values) abort();
  return samples;
}

void samples_add(struct samples *samples, int64_t value) {
  if (samples->count < samples->room) samples->values[samples->count++] = value;
}

static int compare(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

/// The smallest value that at least `per_cent` of all values do not exceed, in microseconds.
static double quantile(const struct samples *samples, size_t per_cent) {
  size_t rank = (samples->count * per_cent + 99) / 100;
  return (double)samples->values[rank ? rank - 1 : 0] / 1000;
}

void samples_write(struct samples *samples, const char *name, FILE *out) {
  if (!samples->count) {
    fprintf(out, "\"%s\":null", name);
    return;
  }
  qsort(samples->values, samples->count, sizeof *samples->values, compare);
  double sum = 0;
  for (size_t i = 0; i < samples->count; i++) sum += (double)samples->values[i] / 1000;
  fprintf(out, "\"%s\":{\"p50\":%.1f,\"p95\":%.1f,\"p99\":%.1f,\"max\":%.1f,\"mean\":%.1f}", name,
          quantile(samples, 50), quantile(samples, 95), quantile(samples, 99),
          quantile(samples, 100), sum / (double)samples->count);
}

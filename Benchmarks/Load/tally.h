// What a run has seen. Only requests that were due after the warm-up count, but for the `in window`
// numbers, which count what came between the end of the warm-up and the end of the run.
#ifndef TALLY_H
#define TALLY_H
#include <stdio.h>

#include "histogram.h"
#include "options.h"

enum failure { FAILED_CONNECT, FAILED_RESET, FAILED_TIMEOUT, FAILED_PARSE, FAILURES };

struct tally {
  uint64_t requests, late_starts, unfinished, connections;
  uint64_t errors[FAILURES], statuses[600];
  uint64_t answers_in_window, accepted_in_window, ends_in_window;  // accepted: 2xx
  uint64_t succeeded, failed, lost;                                // ends of jobs
  struct histogram post, done;
};

/// Writes the report as one JSON object in a line; `window` is the measured time in nanoseconds.
void tally_report(
    const struct tally *tally, const struct options *options, int64_t window, FILE *out);

#endif

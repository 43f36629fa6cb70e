// The report.
#include "tally.h"

#include <sys/resource.h>

#include "clock.h"

static void write_latencies(const char *name, const struct histogram *histogram, FILE *out) {
  static const struct {
    const char *name;
    double share;
  } quantiles[] = {{"p50", .5}, {"p90", .9}, {"p95", .95}, {"p99", .99}, {"p999", .999}};
  const double us = (double)MICROSECOND;
  if (!histogram->count) {
    fprintf(out, ",\"%s\":null", name);
    return;
  }
  fprintf(out, ",\"%s\":{", name);
  for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
    double value = histogram_quantile(histogram, quantiles[i].share);
    fprintf(out, "\"%s\":%.1f,", quantiles[i].name, value / us);
  }
  double mean = histogram->sum / (double)histogram->count;
  fprintf(out, "\"max\":%.1f,\"mean\":%.1f}", (double)histogram->max / us, mean / us);
}

static void write_failures(const struct tally *tally, FILE *out) {
  static const char *const names[FAILURES] = {"connect", "reset", "timeout", "parse"};
  fputs(",\"errors\":{", out);
  for (int i = 0; i < FAILURES; i++) {
    fprintf(out, "%s\"%s\":%ju", i ? "," : "", names[i], (uintmax_t)tally->errors[i]);
  }
  fputs("},\"status\":{", out);
  const char *comma = "";
  for (int i = 0; i < 600; i++) {
    if (!tally->statuses[i]) continue;
    fprintf(out, "%s\"%d\":%ju", comma, i, (uintmax_t)tally->statuses[i]);
    comma = ",";
  }
  fputc('}', out);
}

static void write_ends(const struct tally *tally, double seconds, FILE *out) {
  fprintf(out, ",\"done\":{\"succeeded\":%ju,\"failed\":%ju,\"lost\":%ju,\"rate\":%.1f}",
          (uintmax_t)tally->succeeded, (uintmax_t)tally->failed, (uintmax_t)tally->lost,
          (double)tally->ends_in_window / seconds);
}

static double cpu_us(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6
      + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

void tally_report(
    const struct tally *tally, const struct options *options, int64_t window, FILE *out) {
  double seconds = (double)(window > 0 ? window : 1) / (double)SECOND;
  fprintf(out, "{\"mode\":\"%s\",\"seconds\":%.3f,\"requests\":%ju",
          options->rate > 0 ? "open" : "closed", seconds, (uintmax_t)tally->requests);
  write_failures(tally, out);
  fprintf(out, ",\"rate\":%.1f,\"jobs_per_second\":%.1f",
          (double)tally->answers_in_window / seconds,
          (double)tally->accepted_in_window * options->batch_items / seconds);
  if (options->rate > 0) fprintf(out, ",\"offered\":%.3f", options->rate);
  else fputs(",\"offered\":null", out);
  fprintf(out, ",\"late_starts\":%ju,\"unfinished\":%ju,\"connections\":%ju",
          (uintmax_t)tally->late_starts, (uintmax_t)tally->unfinished,
          (uintmax_t)tally->connections);
  fprintf(out, ",\"own_cpu_us\":%.0f", cpu_us());
  write_latencies("post_us", &tally->post, out);
  if (options->sequel) write_ends(tally, seconds, out);
  else fputs(",\"done\":null", out);
  write_latencies("done_us", &tally->done, out);
  fputs("}\n", out);
}

// One row for each option: its name, how many values it takes, and what it sets.
#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

void options_refuse(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("openclaw-load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(EXIT_USAGE);
}

static double number(const char *name, const char *text, double least, double most) {
  char *end;
  errno = 0;
  double value = strtod(text, &end);
  if (errno || end == text || *end || !(value >= least && value <= most)) {
    options_refuse("%s wants a number from %g to %g, not '%s'", name, least, most, text);
  }
  return value;
}

static int64_t whole(const char *name, const char *text, double least, double most) {
  double value = number(name, text, least, most);
  if (value != (double)(int64_t)value) {
    options_refuse("%s wants a whole number, not '%s'", name, text);
  }
  return (int64_t)value;
}

static int64_t seconds(const char *name, const char *text, double least) {
  return (int64_t)(number(name, text, least, 86400) * (double)SECOND);
}

/// What goes into a request must not end a line of it.
static const char *one_line(const char *name, const char *text) {
  if (strpbrk(text, "\r\n")) options_refuse("%s must not hold a line break", name);
  return text;
}

static const char *path(const char *name, const char *text) {
  if (*text != '/') options_refuse("%s wants a path that begins with '/', not '%s'", name, text);
  if (strchr(text, ' ')) options_refuse("%s must not hold a blank", name);
  return one_line(name, text);
}

static void set_url(struct options *options, const char *name, char **values) {
  static const char scheme[] = "http://";
  if (strncmp(*values, scheme, sizeof scheme - 1)) {
    options_refuse("%s wants http://HOST:PORT/PATH, not '%s'", name, *values);
  }
  char *authority = strdup(*values + sizeof scheme - 1);
  if (!authority) abort();
  char *slash = strchr(authority, '/');
  options->path = path(name, slash ? strdup(slash) : "/");
  if (slash) *slash = 0;
  options->authority = one_line(name, authority);
  char *colon = strrchr(authority, ':');
  if (colon && strchr(colon, ']')) colon = NULL;
  size_t size = colon ? (size_t)(colon - authority) : strlen(authority);
  if (!size || size >= sizeof options->host) options_refuse("%s names no host", name);
  bool bracketed = *authority == '[' && size > 2;
  memcpy(options->host, authority + bracketed, size - 2 * bracketed);
  int64_t port = colon ? whole("the port of --url", colon + 1, 1, 65535) : 80;
  snprintf(options->port, sizeof options->port, "%u", (unsigned)port & 0xffff);
}

static void set_header(struct options *options, const char *name, char **values) {
  const char *colon = strchr(*values, ':');
  if (!colon || colon == *values) {
    options_refuse("%s wants 'Name: value', not '%s'", name, *values);
  }
  if (options->header_count == HEADERS_MAX) options_refuse("more than %d headers", HEADERS_MAX);
  options->headers[options->header_count++] = one_line(name, *values);
}

static void set_body(struct options *options, const char *name, char **values) {
  (void)name;
  options->body = *values;
  options->body_size = strlen(*values);
}

static void set_body_file(struct options *options, const char *name, char **values) {
  FILE *file = fopen(*values, "rb");
  char *bytes = NULL;
  size_t size = 0, room = 0, got = 0;
  do {
    size += got;
    if (size == room && !(bytes = realloc(bytes, room = room ? room * 2 : 65536))) abort();
    errno = 0;
  } while (file && (got = fread(bytes + size, 1, room - size, file)) > 0);
  if (!file || ferror(file)) options_refuse("%s %s: %s", name, *values, strerror(errno));
  fclose(file);
  options->body = bytes;
  options->body_size = size;
}

static void set_sequel(struct options *options, enum sequel sequel, char **values) {
  if (options->sequel) options_refuse("--follow and --poll do not go together");
  options->sequel = sequel;
  options->prefix = path("the prefix of --follow or --poll", values[0]);
  options->suffix = one_line("the suffix of --follow or --poll", values[1]);
}

static void set_follow(struct options *options, const char *name, char **values) {
  (void)name;
  set_sequel(options, SEQUEL_EVENTS, values);
}

static void set_poll(struct options *options, const char *name, char **values) {
  set_sequel(options, SEQUEL_POLL, values);
  options->needle = values[2];
  if (!*options->needle) options_refuse("%s wants a text to wait for", name);
}

static void set_method(struct options *options, const char *name, char **values) {
  if (!**values || strpbrk(*values, " \r\n")) options_refuse("%s wants a word", name);
  options->method = *values;
}

static void set_ids(struct options *options, const char *name, char **values) {
  (void)name;
  options->ids_path = *values;
}

static void set_connections(struct options *options, const char *name, char **values) {
  options->connections = (int)whole(name, *values, 1, 60000);
}

static void set_seconds(struct options *options, const char *name, char **values) {
  options->duration = seconds(name, *values, 0.001);
}

static void set_warmup(struct options *options, const char *name, char **values) {
  options->warmup = seconds(name, *values, 0);
}

static void set_timeout(struct options *options, const char *name, char **values) {
  options->timeout = seconds(name, *values, 0.01);
}

static void set_poll_every(struct options *options, const char *name, char **values) {
  options->poll_pause = (int64_t)(number(name, *values, 0, 60000) * (double)MILLISECOND);
}

static void set_rate(struct options *options, const char *name, char **values) {
  options->rate = number(name, *values, 0.001, 1e6);
}

static void set_requests(struct options *options, const char *name, char **values) {
  options->requests = (uint64_t)whole(name, *values, 1, 1e12);
}

static void set_batch_items(struct options *options, const char *name, char **values) {
  options->batch_items = (int)whole(name, *values, 1, 1e6);
}

static const struct row {
  const char *name;
  int values;
  void (*set)(struct options *options, const char *name, char **values);
} rows[] = {
    {"--url", 1, set_url},
    {"--method", 1, set_method},
    {"--header", 1, set_header},
    {"--body", 1, set_body},
    {"--body-file", 1, set_body_file},
    {"--connections", 1, set_connections},
    {"--seconds", 1, set_seconds},
    {"--warmup", 1, set_warmup},
    {"--requests", 1, set_requests},
    {"--rate", 1, set_rate},
    {"--timeout", 1, set_timeout},
    {"--ids", 1, set_ids},
    {"--batch-items", 1, set_batch_items},
    {"--follow", 2, set_follow},
    {"--poll", 3, set_poll},
    {"--poll-every", 1, set_poll_every},
};

static void check(struct options *options) {
  if (!options->path) options_refuse("--url is missing");
  if (options->sequel && options->batch_items > 1) {
    options_refuse("--follow and --poll follow one job, not a batch");
  }
  if (!options->connections) options->connections = options->rate > 0 ? 512 : 64;
  if (!options->duration) options->duration = (options->requests ? 86400 : 10) * SECOND;
  if (!options->method) options->method = options->body ? "POST" : "GET";
}

struct options options_read(int count, char **arguments) {
  struct options options = {
      .timeout = 30 * SECOND, .poll_pause = 5 * MILLISECOND, .batch_items = 1};
  const size_t known = sizeof rows / sizeof *rows;
  for (int i = 1; i < count;) {
    size_t row = 0;
    while (row < known && strcmp(rows[row].name, arguments[i])) row++;
    if (row == known) options_refuse("there is no option %s", arguments[i]);
    if (count - i <= rows[row].values) {
      const char *plural = rows[row].values > 1 ? "s" : "";
      options_refuse("%s needs %d value%s", arguments[i], rows[row].values, plural);
    }
    rows[row].set(&options, arguments[i], arguments + i + 1);
    i += 1 + rows[row].values;
  }
  check(&options);
  return options;
}

// All options are known to all commands; a command uses those that it needs.
#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void options_refuse(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("openclaw-limits: ", stderr);
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

static uint64_t whole(const char *name, const char *text, double least, double most) {
  return (uint64_t)number(name, text, least, most);
}

/// Sets the option `name`; false if there is none of that name that takes a value.
static bool set(struct options *options, const char *name, const char *value) {
  if (!strcmp(name, "--url")) options->url = value;
  else if (!strcmp(name, "--queue")) options->queue = value;
  else if (!strcmp(name, "--count")) options->count = whole(name, value, 1, 1e8);
  else if (!strcmp(name, "--window")) options->window = whole(name, value, 1, 1e6);
  else if (!strcmp(name, "--size")) options->size = whole(name, value, 16, 100000);
  else if (!strcmp(name, "--prefetch")) options->prefetch = whole(name, value, 1, 65535);
  else if (!strcmp(name, "--ack-batch")) options->ack_batch = whole(name, value, 1, 65535);
  else if (!strcmp(name, "--rate")) options->rate = number(name, value, 0.1, 1e5);
  else if (!strcmp(name, "--seconds")) options->seconds = number(name, value, 0.1, 3600);
  else if (!strcmp(name, "--warmup")) options->warmup = number(name, value, 0, 3600);
  else return false;
  return true;
}

static void check(const struct options *options) {
  if (!options->url) options_refuse("--url is missing");
  if (!options->queue || !*options->queue || strlen(options->queue) > 255) {
    options_refuse("--queue wants a name of 1 to 255 bytes");
  }
  if (options->ack_batch > options->prefetch) {
    options_refuse("--ack-batch above --prefetch would wait for ever");
  }
}

struct options options_read(int count, char **arguments) {
  struct options options = {
      .count = 100000, .window = 1000, .size = 400, .prefetch = 32,
      .rate = 500, .seconds = 10, .warmup = 0.5};
  if (count < 2) options_refuse("usage: openclaw-limits publish|consume|drain|hop|start OPTIONS");
  options.command = arguments[1];
  for (int i = 2; i < count; i++) {
    if (!strcmp(arguments[i], "--classic")) options.classic = true;
    else if (!strcmp(arguments[i], "--keep")) options.keep = true;
    else if (i + 1 < count && set(&options, arguments[i], arguments[i + 1])) i++;
    else options_refuse("there is no option %s, or it needs a value", arguments[i]);
  }
  if (!options.ack_batch) options.ack_batch = options.prefetch < 32 ? options.prefetch : 32;
  check(&options);
  return options;
}

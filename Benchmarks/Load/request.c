// Requests are written through a memory stream once, and the places of `{n}` are noted.
#define _GNU_SOURCE
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "body.h"

enum { NUMBER_WIDTH = 21, RUN_WIDTH = 8 };
static const char mark[] = "{n}";
enum { MARK_WIDTH = sizeof mark - 1 };

static size_t marks_in(const char *bytes, size_t size) {
  size_t count = 0;
  const char *end = bytes + size;
  for (const char *at = bytes; at && (at = memmem(at, (size_t)(end - at), mark, MARK_WIDTH));) {
    count++;
    at += MARK_WIDTH;
  }
  return count;
}

static struct template template_make(const char *text, size_t size) {
  struct template made = {.place_count = marks_in(text, size)};
  made.bytes = malloc(size + made.place_count * NUMBER_WIDTH + 1);
  made.places = calloc(made.place_count + 1, sizeof *made.places);
  if (!made.bytes || !made.places) abort();
  for (size_t i = 0; i < made.place_count; i++) {
    const char *at = memmem(text, size, mark, MARK_WIDTH);
    size_t before = (size_t)(at - text);
    memcpy(made.bytes + made.size, text, before);
    made.places[i] = made.size + before;
    made.size += before + NUMBER_WIDTH;
    text += before + MARK_WIDTH;
    size -= before + MARK_WIDTH;
  }
  memcpy(made.bytes + made.size, text, size);
  made.size += size;
  return made;
}

static void write_number(char text[NUMBER_WIDTH], const char *run, uint64_t number) {
  memcpy(text, run, RUN_WIDTH);
  text[RUN_WIDTH] = '-';
  for (int i = NUMBER_WIDTH - 1; i > RUN_WIDTH; i--, number /= 10) {
    text[i] = (char)('0' + number % 10);
  }
}

static void set_number(const struct template *template, const char *number) {
  for (size_t i = 0; i < template->place_count; i++) {
    memcpy(template->bytes + template->places[i], number, NUMBER_WIDTH);
  }
}

static bool has_header(const struct options *options, const char *name) {
  size_t size = strlen(name);
  for (int i = 0; i < options->header_count; i++) {
    const char *header = options->headers[i];
    if (!strncasecmp(header, name, size) && header[size] == ':') return true;
  }
  return false;
}

static void write_headers(FILE *out, const struct options *options) {
  if (!has_header(options, "Host")) fprintf(out, "Host: %s\r\n", options->authority);
  for (int i = 0; i < options->header_count; i++) fprintf(out, "%s\r\n", options->headers[i]);
}

static struct template post_make(const struct options *options) {
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) abort();
  fprintf(out, "%s %s HTTP/1.1\r\n", options->method, options->path);
  write_headers(out, options);
  if (options->body) {
    size_t marks = marks_in(options->body, options->body_size);
    size_t length = options->body_size + marks * (NUMBER_WIDTH - MARK_WIDTH);
    if (!has_header(options, "Content-Type")) fputs("Content-Type: application/json\r\n", out);
    fprintf(out, "Content-Length: %zu\r\n", length);
  }
  fputs("\r\n", out);
  if (options->body_size) fwrite(options->body, 1, options->body_size, out);
  fclose(out);
  struct template made = template_make(text, size);
  free(text);
  return made;
}

static struct template after_make(const struct options *options) {
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) abort();
  fprintf(out, "%s HTTP/1.1\r\n", options->suffix);
  write_headers(out, options);
  if (options->sequel == SEQUEL_EVENTS) fputs("Accept: text/event-stream\r\n", out);
  fputs("\r\n", out);
  fclose(out);
  struct template made = template_make(text, size);
  free(text);
  return made;
}

struct requests requests_make(const struct options *options) {
  struct requests made = {.post = post_make(options)};
  uint32_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) abort();
  snprintf(made.run, sizeof made.run, "%08x", random);
  if (!options->sequel) return made;
  char *line;
  int size = asprintf(&line, "GET %s", options->prefix);
  if (size < 0) abort();
  made.before = template_make(line, (size_t)size);
  free(line);
  made.after = after_make(options);
  made.scratch = malloc(made.before.size + ID_MAX + made.after.size);
  if (!made.scratch) abort();
  return made;
}

struct span requests_post(struct requests *requests, uint64_t number) {
  char text[NUMBER_WIDTH];
  if (requests->post.place_count) {
    write_number(text, requests->run, number);
    set_number(&requests->post, text);
  }
  return (struct span){requests->post.bytes, requests->post.size};
}

struct span requests_sequel(struct requests *requests, uint64_t number, const char *id) {
  char text[NUMBER_WIDTH];
  write_number(text, requests->run, number);
  set_number(&requests->before, text);
  set_number(&requests->after, text);
  size_t id_size = strlen(id);
  char *end = mempcpy(requests->scratch, requests->before.bytes, requests->before.size);
  end = mempcpy(end, id, id_size);
  end = mempcpy(end, requests->after.bytes, requests->after.size);
  return (struct span){requests->scratch, (size_t)(end - requests->scratch)};
}

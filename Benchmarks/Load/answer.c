// The answer's states. Each step takes a line or a piece of the body and names the next state.
#define _GNU_SOURCE
#include "answer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

void answer_begin(struct answer *answer, bool bodiless) {
  answer->state = ANSWER_STATUS_LINE;
  answer->begun = false;
  answer->bodiless = bodiless;
  answer->line.size = 0;
}

static enum answer_state status_line(struct answer *answer, struct span line) {
  const char *text = line.bytes;
  if (line.size < 12 || memcmp(text, "HTTP/1.", 7) || !isdigit((unsigned char)text[7])) {
    return ANSWER_BAD;
  }
  if (text[8] != ' ' || (line.size > 12 && text[12] != ' ')) return ANSWER_BAD;
  answer->status = 0;
  for (int i = 9; i < 12; i++) {
    if (!isdigit((unsigned char)text[i])) return ANSWER_BAD;
    answer->status = answer->status * 10 + (text[i] - '0');
  }
  if (answer->status < 100 || answer->status == 101 || answer->status > 599) return ANSWER_BAD;
  answer->keep_alive = text[7] != '0';
  answer->chunked = answer->has_length = false;
  answer->left = 0;
  return ANSWER_HEADERS;
}

static bool is_named(struct span line, const char *name, struct span *value) {
  size_t size = strlen(name);
  if (line.size <= size || line.bytes[size] != ':') return false;
  if (strncasecmp(line.bytes, name, size)) return false;
  *value = (struct span){line.bytes + size + 1, line.size - size - 1};
  while (value->size && (*value->bytes == ' ' || *value->bytes == '\t')) {
    value->bytes++;
    value->size--;
  }
  return true;
}

static bool holds(struct span value, const char *word) {
  size_t size = strlen(word);
  for (size_t i = 0; i + size <= value.size; i++) {
    if (!strncasecmp(value.bytes + i, word, size)) return true;
  }
  return false;
}

/// Digits of the base, then nothing, blanks or a chunk extension.
static bool number(struct span text, unsigned base, uint64_t *value) {
  size_t i = 0;
  *value = 0;
  for (; i < text.size && isxdigit((unsigned char)text.bytes[i]) && i < 15; i++) {
    char c = text.bytes[i];
    unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
    if (digit >= base) return false;
    *value = *value * base + digit;
  }
  return i > 0 && (i == text.size || strchr(base == 16 ? "; \t" : " \t", text.bytes[i]));
}

static enum answer_state after_headers(struct answer *answer) {
  if (answer->status < 200) return ANSWER_STATUS_LINE;
  if (answer->bodiless || answer->status == 204 || answer->status == 304) return ANSWER_DONE;
  if (answer->chunked) return ANSWER_CHUNK_SIZE;
  if (answer->has_length) return answer->left ? ANSWER_BODY : ANSWER_DONE;
  answer->keep_alive = false;
  return ANSWER_UNTIL_CLOSE;
}

static enum answer_state header(struct answer *answer, struct span line) {
  struct span value;
  if (!line.size) return after_headers(answer);
  switch (line.bytes[0] | 32) {
  case 'c':
    if (is_named(line, "content-length", &value)) {
      if (!number(value, 10, &answer->left)) return ANSWER_BAD;
      answer->has_length = true;
    } else if (is_named(line, "connection", &value)) {
      if (holds(value, "close")) answer->keep_alive = false;
      else if (holds(value, "keep-alive")) answer->keep_alive = true;
    }
    break;
  case 't':
    if (is_named(line, "transfer-encoding", &value)) answer->chunked = holds(value, "chunked");
  }
  return ANSWER_HEADERS;
}

static enum answer_state chunk_size(struct answer *answer, struct span line) {
  if (!number(line, 16, &answer->left)) return ANSWER_BAD;
  return answer->left ? ANSWER_CHUNK : ANSWER_TRAILERS;
}

static enum answer_state with_line(struct answer *answer, struct span line) {
  switch (answer->state) {
  case ANSWER_STATUS_LINE: return status_line(answer, line);
  case ANSWER_HEADERS: return header(answer, line);
  case ANSWER_CHUNK_SIZE: return chunk_size(answer, line);
  case ANSWER_CHUNK_END: return line.size ? ANSWER_BAD : ANSWER_CHUNK_SIZE;
  case ANSWER_TRAILERS: return line.size ? ANSWER_TRAILERS : ANSWER_DONE;
  default: return ANSWER_BAD;
  }
}

/// Up to `left` bytes of body, after which the state is `next`.
static void counted(
    struct answer *answer, struct span *input, struct span *body, enum answer_state next) {
  size_t size = input->size < answer->left ? input->size : (size_t)answer->left;
  *body = (struct span){input->bytes, size};
  *input = (struct span){input->bytes + size, input->size - size};
  answer->left -= size;
  if (!answer->left) answer->state = next;
}

void answer_take(struct answer *answer, struct span *input, struct span *body) {
  struct span line;
  *body = (struct span){input->bytes, 0};
  if (input->size) answer->begun = true;
  while (input->size && !body->size) {
    switch (answer->state) {
    case ANSWER_BODY: counted(answer, input, body, ANSWER_DONE); break;
    case ANSWER_CHUNK: counted(answer, input, body, ANSWER_CHUNK_END); break;
    case ANSWER_UNTIL_CLOSE:
      *body = *input;
      *input = (struct span){input->bytes + input->size, 0};
      break;
    case ANSWER_DONE:
    case ANSWER_BAD: return;
    default:
      if (line_take(&answer->line, input, &line)) answer->state = with_line(answer, line);
    }
  }
}

void answer_end(struct answer *answer) {
  answer->keep_alive = false;
  answer->state = answer->state == ANSWER_UNTIL_CLOSE ? ANSWER_DONE : ANSWER_BAD;
}

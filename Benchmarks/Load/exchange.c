// What happens to a request: sent, answered, followed to the end of its job, or failed. A function
// here ends with the connection free, resting, pausing, or waiting for an event.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "run.h"

static const int64_t late_after = 1000000, rest = 100000000, trailing = 2000000000;

static bool is_waiting(const struct connection *connection) {
  enum phase phase = connection->phase;
  return phase == PHASE_POST || phase == PHASE_EVENTS || phase == PHASE_POLL;
}

static bool is_accepted(const struct connection *connection) {
  return connection->answer.status == 200 || connection->answer.status == 202;
}

static bool in_window(const struct run *run, int64_t now) {
  return now >= run->from && now < run->until;
}

static void set_free(struct run *run, struct connection *connection) {
  run->active--;
  connection->phase = PHASE_FREE;
  connection->next = run->free;
  run->free = connection;
}

static void fail(struct run *run, struct connection *connection, enum failure why, int64_t now) {
  connection_close(connection);
  run->last_seen = now;
  if (connection->counted && !connection->ended) {
    run->tally.errors[why]++;
    if (connection->phase != PHASE_POST) run->tally.lost++;
  }
  if (why != FAILED_CONNECT) {
    set_free(run, connection);
    return;
  }
  run->active--;
  connection->phase = PHASE_REST;
  connection->wake = now + rest;
  connection_enqueue(&run->resting, connection);
}

static void send_request(struct run *run, struct connection *connection, int64_t now) {
  bool is_post = connection->phase == PHASE_POST;
  if (is_post && !connection->sent && connection->counted && run->options->rate > 0) {
    run->tally.late_starts += now - connection->due > late_after;
  }
  struct span request = is_post
      ? requests_post(&run->requests, connection->number)
      : requests_sequel(&run->requests, connection->number, connection->id);
  connection_send(connection, request);
}

static void begin(
    struct run *run, struct connection *connection, enum phase phase, int64_t now) {
  connection->phase = phase;
  connection->sent = 0;
  connection->sent_whole = false;
  // A batch's answer is {"items":[{"job":{"id":...}}]}.
  int depth = run->options->batch_items > 1 ? 4 : 1;
  if (phase == PHASE_POST) id_search_begin(&connection->search.ids, depth);
  else if (phase == PHASE_EVENTS) event_search_begin(&connection->search.events);
  else connection->search.needle_place = 0;
  if (phase != PHASE_POLL) connection->since = now;
  bool bodiless = phase == PHASE_POST && !strcmp(run->options->method, "HEAD");
  answer_begin(&connection->answer, bodiless);
  if (connection->link == LINK_OPEN) {
    send_request(run, connection, now);
  } else if (!connection_open(connection, run->address, run->epoll)) {
    fail(run, connection, FAILED_CONNECT, now);
  }
}

void exchange_start(struct run *run, struct connection *connection, int64_t due, int64_t now) {
  connection->number = run->next++;
  connection->due = due;
  connection->counted = due >= run->from && due < run->until;
  connection->ended = connection->repeated = false;
  connection->id[0] = 0;
  run->active++;
  if (connection->counted) {
    run->tally.requests++;
    if (run->tally.requests == run->options->requests) run->stop = due;
  }
  begin(run, connection, PHASE_POST, now);
}

void exchange_resume(struct run *run, struct connection *connection, int64_t now) {
  if (now - connection->since > run->options->timeout) fail(run, connection, FAILED_TIMEOUT, now);
  else begin(run, connection, PHASE_POLL, now);
}

static void note_end(
    struct run *run, struct connection *connection, enum job_end end, int64_t now) {
  connection->ended = true;
  connection->since = run->last_seen = now;
  run->tally.ends_in_window += in_window(run, now);
  if (!connection->counted) return;
  if (end == JOB_FAILED) {
    run->tally.failed++;
    return;
  }
  run->tally.succeeded++;
  histogram_add(&run->tally.done, now - connection->due);
}

static void note_ids(struct run *run, struct connection *connection, struct span body) {
  struct id_search *search = &connection->search.ids;
  while (id_search_take(search, &body)) {
    if (run->ids) fprintf(run->ids, "%s\n", search->text);
    if (!connection->id[0]) memcpy(connection->id, search->text, search->size + 1);
  }
}

/// Looks for what matters in a piece of a body.
static void read_body(
    struct run *run, struct connection *connection, struct span body, int64_t now) {
  enum job_end end = JOB_OPEN;
  switch (connection->phase) {
  case PHASE_POST:
    if ((run->ids || run->options->sequel) && is_accepted(connection)) {
      note_ids(run, connection, body);
    }
    return;
  case PHASE_EVENTS:
    if (connection->ended || connection->answer.status != 200) return;
    connection->since = now;
    end = event_search_take(&connection->search.events, body);
    break;
  case PHASE_POLL:
    if (connection->ended) return;
    if (needle_take(&run->needle, &connection->search.needle_place, body)) end = JOB_SUCCEEDED;
    break;
  default: return;
  }
  if (end != JOB_OPEN) note_end(run, connection, end, now);
}

static void note_answer(struct run *run, struct connection *connection, int64_t now) {
  int status = connection->answer.status;
  run->last_seen = now;
  if (in_window(run, now)) {
    run->tally.answers_in_window++;
    run->tally.accepted_in_window += status / 100 == 2;
  }
  if (!connection->counted) return;
  run->tally.statuses[status]++;
  histogram_add(&run->tally.post, now - connection->due);
}

/// After the answer to the request itself: done, or on to its sequel.
static void after_post(struct run *run, struct connection *connection, int64_t now) {
  note_answer(run, connection, now);
  enum sequel sequel = run->options->sequel;
  if (!sequel || !is_accepted(connection)) {
    set_free(run, connection);
  } else if (connection->id[0]) {
    begin(run, connection, sequel == SEQUEL_EVENTS ? PHASE_EVENTS : PHASE_POLL, now);
  } else {
    run->tally.lost += connection->counted;
    fail(run, connection, FAILED_PARSE, now);
  }
}

/// A whole answer has come; `excess` if more than that came.
static void answered(struct run *run, struct connection *connection, bool excess, int64_t now) {
  if (excess && connection->counted) run->tally.errors[FAILED_PARSE]++;
  if (excess || !connection->answer.keep_alive || !connection->sent_whole) {
    connection_close(connection);
  }
  if (connection->phase == PHASE_POST) {
    after_post(run, connection, now);
  } else if (connection->ended || connection->phase == PHASE_EVENTS) {
    run->tally.lost += connection->counted && !connection->ended;
    set_free(run, connection);
  } else {
    connection->phase = PHASE_PAUSE;
    connection->wake = now + run->options->poll_pause;
    connection_enqueue(&run->pausing, connection);
  }
}

static void take(struct run *run, struct connection *connection, struct span input, int64_t now) {
  if (!is_waiting(connection)) {
    // A server's last words to an idle client, such as 408.
    connection_close(connection);
    return;
  }
  while (input.size) {
    struct span body;
    answer_take(&connection->answer, &input, &body);
    if (body.size) read_body(run, connection, body, now);
    if (connection->answer.state == ANSWER_DONE) {
      answered(run, connection, input.size > 0, now);
      return;
    }
    if (connection->answer.state == ANSWER_BAD) {
      fail(run, connection, FAILED_PARSE, now);
      return;
    }
  }
}

/// The server has closed the link; `reset` if not in order.
static void link_ended(struct run *run, struct connection *connection, bool reset, int64_t now) {
  if (!is_waiting(connection)) {
    connection_close(connection);
    return;
  }
  if (connection->phase != PHASE_POST && !connection->answer.begun && !connection->repeated) {
    // The server closed the link between the two; a GET may be repeated.
    connection->repeated = true;
    connection_close(connection);
    begin(run, connection, connection->phase, now);
    return;
  }
  if (!reset) answer_end(&connection->answer);
  if (!reset && connection->answer.state == ANSWER_DONE) answered(run, connection, false, now);
  else fail(run, connection, FAILED_RESET, now);
}

/// Reads all that has come. Stops when the link is no more the one it was.
static void receive(struct run *run, struct connection *connection, bool hung_up, int64_t now) {
  unsigned opened = connection->opened;
  while (connection->link == LINK_OPEN && connection->opened == opened) {
    ssize_t n = recv(connection->fd, run->received, RECEIVE_SIZE, 0);
    if (n > 0) {
      take(run, connection, (struct span){run->received, (size_t)n}, now);
      if (n < RECEIVE_SIZE && !hung_up) return;
    } else if (n == 0) {
      link_ended(run, connection, false, now);
      return;
    } else if (errno != EINTR) {
      if (errno != EAGAIN) link_ended(run, connection, true, now);
      return;
    }
  }
}

void exchange_event(struct run *run, struct connection *connection, uint32_t events, int64_t now) {
  const uint32_t hang_up = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (connection->link == LINK_CONNECTING) {
    if (!(events & (EPOLLOUT | EPOLLHUP | EPOLLERR))) return;
    if (!connection_connected(connection)) {
      fail(run, connection, FAILED_CONNECT, now);
      return;
    }
    run->tally.connections++;
    send_request(run, connection, now);
  } else if ((events & EPOLLOUT) && is_waiting(connection) && !connection->sent_whole) {
    send_request(run, connection, now);
  }
  if (events & (EPOLLIN | hang_up)) receive(run, connection, events & hang_up, now);
}

void exchange_check_time(struct run *run, struct connection *connection, int64_t now) {
  if (!is_waiting(connection)) return;
  int64_t waited = now - connection->since;
  if (connection->ended && connection->phase == PHASE_EVENTS) {
    // The job is over, but the stream stays open.
    if (waited > trailing) {
      connection_close(connection);
      set_free(run, connection);
    }
  } else if (waited > run->options->timeout) {
    fail(run, connection, FAILED_TIMEOUT, now);
  }
}

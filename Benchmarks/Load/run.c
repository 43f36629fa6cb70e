// The loop: what is due is sent, what comes is read, and now and then the clocks are looked at.
#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EVENTS_AT_ONCE = 64 };
static const int64_t look_around = 20000000, patience = 10000000000;

/// When the request of that number is due; in a closed loop, as soon as a connection is free.
static int64_t due_time(const struct run *run, uint64_t number, int64_t now) {
  if (!(run->options->rate > 0)) return now;
  return run->start + (int64_t)((double)number * (double)SECOND / run->options->rate);
}

static void start_due(struct run *run, int64_t now) {
  while (run->free) {
    int64_t due = due_time(run, run->next, now);
    if (due > now || due >= run->stop) return;
    struct connection *connection = run->free;
    run->free = connection->next;
    exchange_start(run, connection, due, now);
  }
}

static void wake(struct run *run, int64_t now) {
  struct connection *connection;
  while ((connection = connection_dequeue(&run->resting, now))) {
    connection->phase = PHASE_FREE;
    connection->next = run->free;
    run->free = connection;
  }
  while ((connection = connection_dequeue(&run->pausing, now))) {
    exchange_resume(run, connection, now);
  }
}

static bool is_over(const struct run *run, int64_t now) {
  if (run->abandoned || now >= run->stop + patience) return true;
  return !run->active && due_time(run, run->next, now) >= run->stop;
}

/// Waits for events until the next thing to be done by the clock.
static int wait_for_events(const struct run *run, struct epoll_event *events, int64_t now) {
  int64_t until = now + look_around, due = due_time(run, run->next, until);
  if (run->free && due < run->stop && due < until) until = due;
  if (run->resting.first && run->resting.first->wake < until) until = run->resting.first->wake;
  if (run->pausing.first && run->pausing.first->wake < until) until = run->pausing.first->wake;
  int64_t left = until > now ? until - now : 0;
  struct timespec timeout = {left / SECOND, left % SECOND};
  int count = epoll_pwait2(run->epoll, events, EVENTS_AT_ONCE, &timeout, NULL);
  if (count < 0 && errno == ENOSYS) {
    // Before Linux 5.11: whole milliseconds, and rather too early than too late.
    count = epoll_wait(run->epoll, events, EVENTS_AT_ONCE, (int)(left / MILLISECOND));
  }
  return count < 0 ? 0 : count;
}

/// The first signal ends the run, the second one the wait for what is in flight.
static void take_signal(struct run *run, int64_t now) {
  struct signalfd_siginfo ignored;
  if (read(run->signals, &ignored, sizeof ignored) < 0) return;
  if (now >= run->stop) run->abandoned = true;
  if (now < run->stop) run->stop = now;
  if (now < run->until) run->until = now;
}

static void loop(struct run *run) {
  struct epoll_event events[EVENTS_AT_ONCE];
  int64_t now = run->start, looked = now;
  while (!is_over(run, now)) {
    start_due(run, now);
    int count = wait_for_events(run, events, now);
    for (int i = 0; i < count; i++) {
      now = now_ns();
      if (!events[i].data.ptr) take_signal(run, now);
      else exchange_event(run, events[i].data.ptr, events[i].events, now);
      start_due(run, now);
    }
    now = now_ns();
    wake(run, now);
    if (now - looked < look_around) continue;
    looked = now;
    for (int i = 0; i < run->options->connections; i++) {
      exchange_check_time(run, &run->connections[i], now);
    }
  }
}

/// Counts what has no answer at the end, sent or not.
static void count_unfinished(struct run *run) {
  for (int i = 0; i < run->options->connections; i++) {
    const struct connection *connection = &run->connections[i];
    bool is_idle = connection->phase == PHASE_FREE || connection->phase == PHASE_REST;
    run->tally.unfinished += !is_idle && connection->counted && !connection->ended;
  }
  if (!(run->options->rate > 0)) return;
  for (uint64_t number = run->next;; number++) {
    int64_t due = due_time(run, number, 0);
    if (due >= run->stop || due >= run->until) return;
    if (due < run->from) continue;
    run->tally.requests++;
    run->tally.unfinished++;
    run->tally.late_starts++;
  }
}

static void watch(const struct run *run, int fd) {
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event)) abort();
}

static void open_files(struct run *run) {
  const struct options *options = run->options;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < (rlim_t)options->connections + 16) {
    options_refuse("%d connections are more than the limit of open files allows",
                   options->connections);
  }
  if (options->ids_path && !(run->ids = fopen(options->ids_path, "ae"))) {
    options_refuse("--ids %s: %s", options->ids_path, strerror(errno));
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  run->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (run->epoll < 0 || run->signals < 0) abort();
  watch(run, run->signals);
}

static void prepare(struct run *run) {
  const struct options *options = run->options;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  int error = getaddrinfo(options->host, options->port, &hints, &run->address);
  if (error) options_refuse("--url: %s: %s", options->host, gai_strerror(error));
  open_files(run);
  prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  run->requests = requests_make(options);
  if (options->needle) run->needle = needle_make(options->needle);
  run->received = malloc(RECEIVE_SIZE);
  run->connections = calloc((size_t)options->connections, sizeof *run->connections);
  if (!run->received || !run->connections) abort();
  for (int i = options->connections - 1; i >= 0; i--) {
    run->connections[i].next = run->free;
    run->free = &run->connections[i];
  }
}

void run_load(const struct options *options) {
  struct run *run = calloc(1, sizeof *run);
  if (!run) abort();
  run->options = options;
  prepare(run);
  run->start = now_ns();
  run->from = run->start + options->warmup;
  run->until = run->stop = run->from + options->duration;
  loop(run);
  count_unfinished(run);
  bool all_sent = options->requests && run->tally.requests >= options->requests;
  int64_t end = all_sent ? run->last_seen : run->until;
  tally_report(&run->tally, options, end - run->from, stdout);
  if (run->ids && fclose(run->ids)) {
    fprintf(stderr, "openclaw-load: --ids: %s\n", strerror(errno));
    exit(EXIT_FAILURE);
  }
}

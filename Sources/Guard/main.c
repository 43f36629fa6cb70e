// openclaw-guard: runs one program and guarantees that nothing of it outlives the one who started it.
//
//   openclaw-guard [--user NAME | --uid N --gid N] [--chdir DIR] [--grace SECONDS]
//                  [--stop-signal NAME|N] [--log FILE] [--pidfile FILE] [--lock-wait SECONDS]
//                  [--status-fd N] -- PROGRAM ARGS...
//
// stdin is a pipe whose other end the parent holds and never writes to. The kernel closes that end
// whichever way the parent ends, kill -9 included, so end of file on stdin means "stop".
//
// Life:  run -> stop (stdin ended, or SIGTERM, SIGINT, SIGHUP) -> the stop signal goes to the program's group
//        -> grace is over, or SIGQUIT came (at any time) -> SIGKILL
//        program gone, by itself or not -> SIGKILL to every descendant left -> exit with its status.
// Descendants that left the group (PostgreSQL backends, daemons) are found because the guard is their
// subreaper: an orphan below it becomes its child, so "no child left" means "no descendant left".
//
// --pidfile holds "GUARD CHILD\n" and stays locked (flock) for the guard's life. A guard that finds it locked
// waits --lock-wait seconds (15) for the other one to finish, which makes a restart right after a crash safe.
// --status-fd gets one line: "started PID" or "error TEXT".
//
// Exit status: the program's own, or 128 + signal; 64 wrong usage; 75 the pidfile stayed locked; 126 and 127
// the program could not be run. Single-threaded; between fork and exec only async-signal-safe calls are made.
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_GROUPS = 256, EXIT_USAGE = 64, EXIT_LOCKED = 75, UNKILLABLE_MS = 10000 };

static struct {
  uid_t uid;
  gid_t gid;
  gid_t groups[MAX_GROUPS];
  int group_count, drop;
  long grace_ms, lock_wait_ms;
  int stop_signal, status_fd;
  const char *directory, *log, *pidfile;
} options = {.grace_ms = 10000, .lock_wait_ms = 15000, .stop_signal = SIGTERM, .status_fd = -1, .directory = "/"};

static pid_t child;       // the program; its session and process group have the same number
static int child_status;  // valid once child_gone
static int child_gone;

static long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/// Says why nothing was started, on stderr and to whoever reads the status fd, and exits.
__attribute__((noreturn, format(printf, 2, 3))) static void fail(int status, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (options.status_fd >= 0) dprintf(options.status_fd, "error %s\n", text);
  else dprintf(STDERR_FILENO, "openclaw-guard: %s\n", text);
  exit(status);
}

static long number(const char *name, const char *text, long limit) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno || end == text || *end || value < 0 || value > limit)
    fail(EXIT_USAGE, "%s wants a number from 0 to %ld, not '%s'", name, limit, text);
  return value;
}

static int signal_number(const char *text) {
  static const struct { const char *name; int number; } known[] = {
      {"TERM", SIGTERM}, {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"HUP", SIGHUP}, {"KILL", SIGKILL}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcmp(text, known[i].name)) return known[i].number;
  return (int)number("--stop-signal", text, NSIG - 1);
}

static void use_account(const struct passwd *account, gid_t gid) {
  options.gid = gid;
  options.group_count = MAX_GROUPS;
  if (!account) options.group_count = 0;
  else if (getgrouplist(account->pw_name, gid, options.groups, &options.group_count) < 0)
    fail(EXIT_USAGE, "the account %s is in more than %d groups", account->pw_name, MAX_GROUPS);
  options.drop = 1;
}

/// Reads the options and returns the program and its arguments.
static char **parse(char **argument) {
  long uid = -1, gid = -1;
  for (; *argument && strcmp(*argument, "--"); argument += 2) {
    const char *name = argument[0], *value = argument[1];
    if (!value) fail(EXIT_USAGE, "%s needs a value", name);
    if (!strcmp(name, "--user")) {
      struct passwd *account = getpwnam(value);
      if (!account) fail(EXIT_USAGE, "there is no account %s", value);
      options.uid = account->pw_uid;
      use_account(account, account->pw_gid);
    } else if (!strcmp(name, "--uid")) uid = number(name, value, INT_MAX);
    else if (!strcmp(name, "--gid")) gid = number(name, value, INT_MAX);
    else if (!strcmp(name, "--grace")) options.grace_ms = number(name, value, 86400) * 1000;
    else if (!strcmp(name, "--lock-wait")) options.lock_wait_ms = number(name, value, 86400) * 1000;
    else if (!strcmp(name, "--stop-signal")) options.stop_signal = signal_number(value);
    else if (!strcmp(name, "--status-fd")) options.status_fd = (int)number(name, value, 1023);
    else if (!strcmp(name, "--chdir")) options.directory = value;
    else if (!strcmp(name, "--log")) options.log = value;
    else if (!strcmp(name, "--pidfile")) options.pidfile = value;
    else fail(EXIT_USAGE, "there is no option %s", name);
  }
  if (!argument[0] || !argument[1]) fail(EXIT_USAGE, "usage: openclaw-guard [OPTIONS] -- PROGRAM ARGS...");
  if ((uid < 0) != (gid < 0)) fail(EXIT_USAGE, "--uid and --gid go together");
  if (uid >= 0) {
    options.uid = (uid_t)uid;
    use_account(getpwuid((uid_t)uid), (gid_t)gid);
  }
  if (options.drop && geteuid() != 0) {
    if (options.uid != geteuid()) fail(EXIT_USAGE, "only root can run a program as another user");
    options.drop = 0;
  }
  return argument + 1;
}

/// Discards what stdin brings; true once the parent's end is closed.
static int parent_gone(void) {
  char ignored[256];
  ssize_t count = read(STDIN_FILENO, ignored, sizeof ignored);
  return count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN);
}

/// Opens and locks the pidfile, waiting for a guard that is still ending its own program.
static int lock_pidfile(int signals) {
  if (!options.pidfile) return -1;
  int file = open(options.pidfile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) fail(EXIT_USAGE, "cannot open %s: %s", options.pidfile, strerror(errno));
  long deadline = now_ms() + options.lock_wait_ms;
  while (flock(file, LOCK_EX | LOCK_NB)) {
    if (errno != EWOULDBLOCK) fail(EXIT_LOCKED, "cannot lock %s: %s", options.pidfile, strerror(errno));
    if (now_ms() >= deadline) fail(EXIT_LOCKED, "%s is locked: it is already running", options.pidfile);
    struct pollfd waits[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    if (poll(waits, 2, 20) > 0 && (waits[1].revents || parent_gone())) exit(EXIT_LOCKED);
  }
  return file;
}

/// In the child: becomes the program. Whatever fails goes as errno into `report`, which exec closes.
__attribute__((noreturn)) static void become(char **program, int log, int report, pid_t guard) {
  sigset_t none;
  setsid();
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  int null = open("/dev/null", O_RDONLY);
  int ready = null >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO;
  if (log >= 0) ready = ready && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0;
  // Close-on-exec instead of close: `report` has to live until exec has worked.
  ready = ready && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  if (options.drop)
    ready = ready && setgroups((size_t)options.group_count, options.groups) == 0 &&
            setresgid(options.gid, options.gid, options.gid) == 0 &&
            setresuid(options.uid, options.uid, options.uid) == 0;
  ready = ready && chdir(options.directory) == 0;
  // Belt and braces for a guard that is itself killed with -9. A change of uid clears it, so it comes after.
  ready = ready && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  if (getppid() != guard) _exit(127);  // it died before the line above
  sigemptyset(&none);
  if (ready && sigprocmask(SIG_SETMASK, &none, NULL) == 0) execvp(program[0], program);
  int reason = errno;
  _exit(write(report, &reason, sizeof reason) == sizeof reason ? 127 : 126);
}

/// Forks the program and waits until exec has worked or failed.
static void start(char **program) {
  int report[2], reason, log = -1;
  if (options.log && (log = open(options.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
    fail(EXIT_USAGE, "cannot open %s: %s", options.log, strerror(errno));
  if (pipe2(report, O_CLOEXEC)) fail(126, "pipe: %s", strerror(errno));
  pid_t guard = getpid();
  child = fork();
  if (child < 0) fail(126, "fork: %s", strerror(errno));
  if (child == 0) become(program, log, report[1], guard);
  close(report[1]);
  if (read(report[0], &reason, sizeof reason) == sizeof reason)
    fail(reason == ENOENT ? 127 : 126, "cannot run %s in %s: %s", program[0], options.directory, strerror(reason));
  close(report[0]);
  if (log >= 0) close(log);
}

/// Collects ended children; false when none is left, ended or not.
static int reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
    if (pid == child) child_gone = 1, child_status = status;
  return pid == 0;
}

/// SIGKILL to every process whose parent is the guard. Their own children become the guard's in turn.
static void kill_children(void) {
  DIR *processes = opendir("/proc");
  if (!processes) return;
  for (struct dirent *entry; (entry = readdir(processes));) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    char path[300], line[512];
    snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    ssize_t count = read(file, line, sizeof line - 1);
    close(file);
    line[count > 0 ? count : 0] = 0;
    const char *name_end = strrchr(line, ')');  // the name before it may hold anything
    int parent;
    if (name_end && sscanf(name_end + 1, " %*c %d", &parent) == 1 && parent == getpid())
      kill((pid_t)atoi(entry->d_name), SIGKILL);
  }
  closedir(processes);
}

/// Ends what the program left behind; gives up only on what the kernel will not let it kill.
static void end_descendants(void) {
  long deadline = now_ms() + UNKILLABLE_MS;
  while (reap() && now_ms() < deadline) {
    kill_children();
    poll(NULL, 0, 5);
  }
}

/// Waits for the program's end; passes a stop on.
static void supervise(int signals) {
  long kill_at = -1;  // set once stopping
  int input = STDIN_FILENO;
  for (reap(); !child_gone; reap()) {
    struct pollfd waits[2] = {{.fd = input, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    long wait = kill_at < 0 ? -1 : kill_at - now_ms();
    poll(waits, 2, kill_at < 0 ? -1 : wait < 0 ? 0 : (int)wait);
    int stop = 0, now = kill_at >= 0 && now_ms() >= kill_at;
    struct signalfd_siginfo signal;
    while (read(signals, &signal, sizeof signal) == sizeof signal) {
      now |= signal.ssi_signo == SIGQUIT;
      stop |= signal.ssi_signo != SIGCHLD;
    }
    if (waits[0].revents && parent_gone()) input = -1, stop = 1;
    if (now) {
      kill_at = now_ms() + 1000;  // again each second, should it take that long to die
      kill(-child, SIGKILL);
    } else if (stop && kill_at < 0) {
      kill_at = now_ms() + options.grace_ms;
      kill(-child, options.stop_signal);
    }
  }
}

int main(int argc, char **argv) {
  (void)argc;
  char **program = parse(argv + 1);
  sigset_t handled;
  sigemptyset(&handled);
  const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaddset(&handled, numbers[i]);
  // The parent's files and sockets are not the guard's to keep open.
  if (options.status_fd > 3) close_range(3, (unsigned)options.status_fd - 1, 0);
  close_range(options.status_fd > 2 ? (unsigned)options.status_fd + 1 : 3, ~0U, 0);
  // An ignored SIGCHLD, inherited from a careless parent, would take the exit status away.
  signal(SIGCHLD, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1)) fail(126, "cannot watch children: %s", strerror(errno));
  int pidfile = lock_pidfile(signals);
  start(program);
  if (pidfile >= 0 && (ftruncate(pidfile, 0) || dprintf(pidfile, "%d %d\n", getpid(), child) < 0))
    perror("openclaw-guard: pidfile");
  if (options.status_fd >= 0) {
    dprintf(options.status_fd, "started %d\n", child);
    close(options.status_fd);
  }
  supervise(signals);
  end_descendants();
  return WIFSIGNALED(child_status) ? 128 + WTERMSIG(child_status) : WEXITSTATUS(child_status);
}

// Sockets, without a decision about requests.
#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

bool connection_open(struct connection *connection, const struct addrinfo *address, int epoll) {
  int on = 1, fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bool connected = !connect(fd, address->ai_addr, address->ai_addrlen);
  struct epoll_event event = {
      .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
  if ((!connected && errno != EINPROGRESS) || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
    close(fd);
    return false;
  }
  // Even a link that is open at once waits for its first event, which says so.
  connection->fd = fd;
  connection->link = LINK_CONNECTING;
  connection->opened++;
  return true;
}

void connection_close(struct connection *connection) {
  if (connection->link == LINK_CLOSED) return;
  close(connection->fd);
  connection->link = LINK_CLOSED;
}

bool connection_connected(struct connection *connection) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size) || error) return false;
  connection->link = LINK_OPEN;
  return true;
}

void connection_send(struct connection *connection, struct span request) {
  while (connection->sent < request.size) {
    const char *rest = request.bytes + connection->sent;
    ssize_t n = send(connection->fd, rest, request.size - connection->sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    connection->sent += (size_t)n;
  }
  connection->sent_whole = true;
}

void connection_enqueue(struct connection_queue *queue, struct connection *connection) {
  connection->next = 0;
  if (queue->first) queue->last->next = connection;
  else queue->first = connection;
  queue->last = connection;
}

struct connection *connection_dequeue(struct connection_queue *queue, int64_t now) {
  struct connection *first = queue->first;
  if (!first || first->wake > now) return 0;
  queue->first = first->next;
  return first;
}

// A connection and the request that it carries, if any: one request at a time.
#ifndef CONNECTION_H
#define CONNECTION_H
#include <netdb.h>

#include "answer.h"
#include "body.h"

enum link { LINK_CLOSED, LINK_CONNECTING, LINK_OPEN };

enum phase {
  PHASE_FREE,    // carries nothing; the link may be open
  PHASE_REST,    // connecting failed; not tried again before `wake`
  PHASE_POST,    // the request
  PHASE_EVENTS,  // its sequel: the stream of the job's events
  PHASE_POLL,    // its sequel: a look at the job
  PHASE_PAUSE    // between two looks, until `wake`
};

struct connection {
  int fd;
  enum link link;
  unsigned opened;  // how often; tells a new link from the one before
  enum phase phase;
  struct connection *next;  // in the list of its phase
  int64_t wake;

  uint64_t number;      // of the request
  int64_t due, since;   // when it should have been sent; when the wait for an answer began
  bool counted;         // due in the measured time
  bool ended;           // the end of its job has been seen
  bool repeated;        // its sequel was sent once more, on a new link
  char id[ID_MAX + 1];  // of its job; empty until known

  size_t sent;      // bytes of the current request
  bool sent_whole;
  struct answer answer;
  union {
    struct id_search ids;
    struct event_search events;
    size_t needle_place;
  } search;
};

/// Connections by the time they wake at, which is the order they come in.
struct connection_queue {
  struct connection *first, *last;
};

/// Begins to connect, and adds the socket to `epoll`, edge-triggered; false if that failed at once.
bool connection_open(struct connection *connection, const struct addrinfo *address, int epoll);

/// Closes the link, if there is one.
void connection_close(struct connection *connection);

/// Whether connecting, which has come to its end, went well; the link is open then.
bool connection_connected(struct connection *connection);

/// Sends what is missing of `request`, as much as goes. An error is left to the reading side, where
/// an answer may lie that came before it.
void connection_send(struct connection *connection, struct span request);

void connection_enqueue(struct connection_queue *queue, struct connection *connection);

/// The first one if it is to wake by `now`, taken out; else null.
struct connection *connection_dequeue(struct connection_queue *queue, int64_t now);

#endif

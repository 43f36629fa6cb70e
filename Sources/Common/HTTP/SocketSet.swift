import CCurl
import Glibc

/// The sockets that libcurl waits for, in one epoll set, so that one descriptor stands for all.
final class SocketSet {
  /// Readable when some socket is ready.
  let descriptor: Int32

  /// - Throws: ``HTTPError`` with `resources` when the process has no descriptor left.
  init() throws(HTTPError) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw HTTPError(.resources, "no epoll set could be made") }
  }

  deinit { close(descriptor) }

  /// Watches a socket for what libcurl's `CURL_POLL_…` says, or forgets it.
  func watch(_ socket: Int32, for interest: Int32) {
    var event = epoll_event()
    event.data.fd = socket
    if interest & CURL_POLL_IN != 0 { event.events |= EPOLLIN.rawValue }
    if interest & CURL_POLL_OUT != 0 { event.events |= EPOLLOUT.rawValue }
    if interest == CURL_POLL_REMOVE {
      // A socket that is closed already has left the set by itself.
      _ = epoll_ctl(descriptor, EPOLL_CTL_DEL, socket, &event)
    } else if epoll_ctl(descriptor, EPOLL_CTL_MOD, socket, &event) != 0 {
      // Not there yet, or its number belonged to a closed one.
      _ = epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event)
    }
  }

  /// The ready sockets with libcurl's `CURL_CSELECT_…` bits; does not wait. At most 64 at once,
  /// the rest the next time.
  func ready() -> [(socket: Int32, activity: Int32)] {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
      let count = epoll_wait(descriptor, events.baseAddress, Int32(events.count), 0)
      return events.prefix(max(0, Int(count))).map { event in
        var activity: Int32 = 0
        if event.events & EPOLLIN.rawValue != 0 { activity |= CURL_CSELECT_IN }
        if event.events & EPOLLOUT.rawValue != 0 { activity |= CURL_CSELECT_OUT }
        if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 {
          activity |= CURL_CSELECT_ERR
        }
        return (event.data.fd, activity)
      }
    }
  }
}

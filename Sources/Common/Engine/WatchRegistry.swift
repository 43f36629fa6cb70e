import JobQueue
import Jobs
import Synchronization

/// What a watcher of a job has not looked at yet.
///
/// A slow watcher loses pieces of text, never news: the stored text fills the gap.
final class Watch: Sendable {
  let job: JobID
  let id: Int
  /// The token that the watcher has shown; `nil` for a watch that does not outlast a request.
  let token: TokenID?
  private let state = Mutex(State())
  /// Rings when there is something to take; ends when the node stops.
  let bell = Bell()
  private let registry: WatchRegistry

  private struct State {
    var hasNews = false
    /// Whether the news end the job, as far as the reply knew.
    var isFinal = false
    var texts: [Reply.Text] = []
    var isRevoked = false
  }

  /// Whether the watcher may not go on, as its token or its user was revoked.
  var isRevoked: Bool { state.withLock { $0.isRevoked } }

  /// The most pieces of text that wait for a slow watcher.
  static let capacity = 64

  init(job: JobID, id: Int, token: TokenID?, registry: WatchRegistry) {
    self.token = token
    self.job = job
    self.id = id
    self.registry = registry
  }

  deinit { registry.remove(job: job, id: id) }

  /// What is there to take.
  struct News {
    var isAny: Bool
    var isFinal: Bool
    var texts: [Reply.Text]
  }

  func take() -> News {
    state.withLock { state in
      defer {
        state.hasNews = false
        state.isFinal = false
        state.texts = []
      }
      return News(isAny: state.hasNews, isFinal: state.isFinal, texts: state.texts)
    }
  }

  /// Makes the next ``take()`` tell of news.
  ///
  /// - Parameter isFinal: Whether the job is said to be over.
  func wake(isFinal: Bool = false) {
    state.withLock { state in
      state.hasNews = true
      state.isFinal = state.isFinal || isFinal
    }
    bell.ring()
  }

  func offer(_ text: Reply.Text) {
    state.withLock { if $0.texts.count < Self.capacity { $0.texts.append(text) } }
    bell.ring()
  }

  func end() { bell.end() }

  /// Ends it, and says why.
  func revoke() {
    state.withLock { $0.isRevoked = true }
    bell.end()
  }
}

/// Who watches which job on this node, and which shards must be bound for them.
final class WatchRegistry: Sendable {
  private struct Watched {
    var replyKey: [UInt8]?
    var lastSequence: Int64 = 0
    var watches: [Int: Weak] = [:]
  }

  private struct Weak { weak var watch: Watch? }

  private struct Shard {
    var jobs: Set<JobID> = []
    var isBound = false
    var unusedSince: ContinuousClock.Instant?
  }

  private struct State {
    var jobs: [JobID: Watched] = [:]
    var shards: [String: Shard] = [:]
    /// The shards that want to be bound.
    var unbound: Set<String> = []
    var lastID = 0
    /// Counts connections to the broker: bindings belong to one.
    var connection = 0
    var isOver = false

    func live(_ job: JobID) -> [Watch] { jobs[job]?.watches.values.compactMap(\.watch) ?? [] }
  }

  private let state = Mutex(State())
  private let routingKey: @Sendable (JobID) -> String
  private let requests = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  init(routingKey: @escaping @Sendable (JobID) -> String) { self.routingKey = routingKey }

  /// Rings when a shard wants to be bound.
  var bindRequests: AsyncStream<Void> { requests.stream }

  /// Watches a job until the watch is released.
  ///
  /// Any reply about the job wakes it until ``learn(_:of:)`` has told what true ones carry.
  func watch(_ job: JobID, token: TokenID?) -> Watch {
    let key = routingKey(job)
    let (watch, mustBind, isOver) = state.withLock { state in
      state.lastID += 1
      let watch = Watch(job: job, id: state.lastID, token: token, registry: self)
      var watched = state.jobs[job] ?? Watched()
      watched.watches[watch.id] = Weak(watch: watch)
      state.jobs[job] = watched
      var shard = state.shards[key] ?? Shard()
      shard.jobs.insert(job)
      shard.unusedSince = nil
      state.shards[key] = shard
      if !shard.isBound { state.unbound.insert(key) }
      return (watch, !shard.isBound, state.isOver)
    }
    if mustBind { requestBindings() }
    if isOver { watch.end() }
    return watch
  }

  func remove(job: JobID, id: Int) {
    let key = routingKey(job)
    state.withLock { state in
      state.jobs[job]?.watches[id] = nil
      guard state.jobs[job]?.watches.isEmpty == true else { return }
      state.jobs[job] = nil
      state.shards[key]?.jobs.remove(job)
      if state.shards[key]?.jobs.isEmpty == true { state.shards[key]?.unusedSince = .now }
    }
  }

  var jobs: [JobID] { state.withLock { Array($0.jobs.keys) } }

  /// The shards that are watched and not bound, and the connection to bind them on.
  var unbound: (keys: [String], connection: Int) {
    state.withLock { state in
      (state.unbound.sorted(), state.connection)
    }
  }

  /// Hears that shards were bound on a connection; their watchers look once more for what happened
  /// before.
  func bound(_ keys: [String], on connection: Int) {
    let watches = state.withLock { state -> [Watch] in
      guard connection == state.connection else { return [] }
      for key in keys {
        state.shards[key]?.isBound = true
        state.unbound.remove(key)
      }
      return keys.flatMap { state.shards[$0]?.jobs ?? [] }.flatMap { state.live($0) }
    }
    for watch in watches { watch.wake() }
  }

  /// Asks for the shards that want to be bound or unbound.
  func requestBindings() { requests.continuation.yield() }

  /// Hears that all bindings went with their connection.
  func unbindAll() {
    state.withLock { state in
      state.connection += 1
      for key in state.shards.keys { state.shards[key]?.isBound = false }
      state.unbound = Set(state.shards.keys)
    }
  }

  /// Forgets the shards that nobody has watched for so long.
  ///
  /// - Returns: Those that were bound.
  func dropUnused(for age: Duration) -> [String] {
    state.withLock { state in
      let now = ContinuousClock.now
      let unused = state.shards.filter { $0.value.unusedSince.map { now - $0 > age } ?? false }
      for key in unused.keys {
        state.shards[key] = nil
        state.unbound.remove(key)
      }
      return unused.filter(\.value.isBound).map(\.key)
    }
  }

  /// Hands a reply to the watchers of its job, unless it is forged.
  func deliver(_ reply: Reply) {
    let watches = state.withLock { state -> [Watch] in
      guard let watched = state.jobs[reply.job], watched.replyKey ?? reply.key == reply.key else {
        return []
      }
      return state.live(reply.job)
    }
    for watch in watches {
      switch reply.content {
      case .progress(_, let isFinal): watch.wake(isFinal: isFinal)
      case .text(let text): watch.offer(text)
      }
    }
  }

  /// Hears what true replies about a job carry.
  func learn(_ replyKey: [UInt8], of job: JobID) {
    state.withLock { $0.jobs[job]?.replyKey = replyKey }
  }

  /// Hears how far a job is by the database; wakes its watchers if that is news.
  func update(_ job: JobID, lastSequence: Int64, replyKey: [UInt8]) {
    let watches = state.withLock { state -> [Watch] in
      guard let watched = state.jobs[job], watched.lastSequence < lastSequence else { return [] }
      state.jobs[job]?.lastSequence = lastSequence
      state.jobs[job]?.replyKey = replyKey
      return state.live(job)
    }
    for watch in watches { watch.wake() }
  }

  func wakeAll() {
    let watches = state.withLock { state in state.jobs.keys.flatMap { state.live($0) } }
    for watch in watches { watch.wake() }
  }

  /// The tokens that watchers have shown.
  var tokens: Set<TokenID> {
    // Outside of the lock: the last reference to a watch may go here, and its end takes the lock.
    let watches = state.withLock { state in state.jobs.keys.flatMap { state.live($0) } }
    return Set(watches.compactMap(\.token))
  }

  /// Ends the watches of tokens that count no longer.
  func revoke(_ tokens: Set<TokenID>) {
    let watches = state.withLock { state in state.jobs.keys.flatMap { state.live($0) } }
    for watch in watches where watch.token.map(tokens.contains) ?? false { watch.revoke() }
  }

  /// Ends all watches, those to come included.
  func end() {
    let watches = state.withLock { state in
      state.isOver = true
      return state.jobs.keys.flatMap { state.live($0) }
    }
    for watch in watches { watch.end() }
  }
}

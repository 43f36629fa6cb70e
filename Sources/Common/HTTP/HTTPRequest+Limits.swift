extension HTTPRequest {
  /// How long a request may take and how much may come back.
  ///
  /// Times are measured on a monotonic clock that goes on while the machine sleeps. Each limit has
  /// an error code of its own; a request that was on its way when its time was up is in doubt.
  public struct Limits: Sendable, Hashable {
    /// For name resolution, TCP and TLS together; at least 1 ms. None of it happens on a connection
    /// that is kept from before. ``HTTPError/Code/connectTimeout``.
    public var connect: Duration
    /// From the last byte of the request that could be written to the first byte of the answer;
    /// `nil` waits as long as ``total``. Each interim answer (1xx) starts it anew.
    /// ``HTTPError/Code/firstByteTimeout``.
    public var firstByte: Duration?
    /// The longest silence of the server once its answer has begun; `nil` waits as long as
    /// ``total``. Time in which the reader does not keep up is not counted.
    /// ``HTTPError/Code/idleTimeout``.
    public var idle: Duration?
    /// From the call to the last byte of the answer; `nil` for a stream without a foreseeable end.
    /// ``HTTPError/Code/timeout``.
    public var total: Duration?
    /// The most bytes of body, counted after content coding. ``HTTPError/Code/bodyTooLarge``.
    public var maximumBodyBytes: Int
    /// The most bytes of head, interim answers and trailers included; more than 256 KiB count as
    /// 256 KiB, and one line may have 100 KiB. ``HTTPError/Code/headersTooLarge``.
    public var maximumHeaderBytes: Int

    /// For answers that come in one piece.
    public init(
      connect: Duration = .seconds(10), firstByte: Duration? = nil, idle: Duration? = nil,
      total: Duration? = .seconds(60), maximumBodyBytes: Int = 16 << 20,
      maximumHeaderBytes: Int = 256 << 10
    ) {
      self.connect = connect
      self.firstByte = firstByte
      self.idle = idle
      self.total = total
      self.maximumBodyBytes = maximumBodyBytes
      self.maximumHeaderBytes = maximumHeaderBytes
    }

    /// For answers that are read as they come: 10 s to connect, 60 s to the first byte, 30 s of
    /// silence, no total; 16 MiB of body.
    public static let stream = Limits(firstByte: .seconds(60), idle: .seconds(30), total: nil)
  }
}

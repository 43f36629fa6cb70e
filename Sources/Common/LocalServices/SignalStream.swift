import Foundation

/// Signals of this process as values, instead of their usual effect, until `cancel`.
public struct SignalStream {
  /// Numbers of the signals that came.
  public let values: AsyncStream<Int32>
  private let numbers: [Int32]
  private let sources: [any DispatchSourceSignal]

  /// Takes the signals over.
  public init(_ numbers: [Int32]) {
    let (values, continuation) = AsyncStream<Int32>.makeStream()
    self.values = values
    self.numbers = numbers
    sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield(number) }
      source.resume()
      return source
    }
  }

  /// Gives the signals their usual effect back.
  public func cancel() {
    for source in sources { source.cancel() }
    for number in numbers { signal(number, SIG_DFL) }
  }
}

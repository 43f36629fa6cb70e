import Foundation

/// Signals of this process as values, instead of their usual effect, until `cancel`.
struct SignalStream {
  /// Numbers of the signals that came.
  let values: AsyncStream<Int32>
  private let numbers: [Int32]
  private let sources: [any DispatchSourceSignal]

  init(_ numbers: [Int32]) {
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
  func cancel() {
    for source in sources { source.cancel() }
    for number in numbers { signal(number, SIG_DFL) }
  }
}

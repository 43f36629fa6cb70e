/// Lets the owner declare things on a new connection, before it is used for anything else.
///
/// - Throws: What `onConnect` threw, as an ``AMQPError``; blocked and returned frames that came
///   meanwhile wait for the first read.
func setUp(
  _ connection: Connection, _ onConnect: (@Sendable (AMQPChannel) async throws -> Void)?,
  isolation: isolated (any Actor)? = #isolation
) async throws(AMQPError) {
  guard let onConnect else { return }
  let channel = AMQPChannel(connection)
  do {
    try await onConnect(channel)
    await channel.retire()
  } catch {
    await channel.close()
    throw error as? AMQPError ?? AMQPError(.setupFailed, "onConnect: \(error)")
  }
}

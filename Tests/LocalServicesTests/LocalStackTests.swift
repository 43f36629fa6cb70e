import Foundation
import Testing

@testable import LocalServices

/// One real stack, taken through what happens to it on a bad day.
@Suite(.timeLimit(.minutes(3))) struct LocalStackTests {
  @Test func crashedServersComeBackOnTheSamePortsAndNothingIsLeftAfterAStop() async throws {
    try await withTemporaryFolder { folder in
      chmod(folder.path, 0o711)
      var paths = try LocalPaths.resolve()
      paths.dataRoot = folder.appending(path: "root")
      let ports = ServicePorts.throwaway(seed: getpid() &+ 1)
      let stack = try await LocalStack.start(paths: paths, ports: ports, durability: .throwaway)
      try await stack.rabbitmq.control.addVirtualHost("suite-1")
      try await stack.rabbitmq.control.addVirtualHost("suite-1")

      let error = await #expect(throws: LocalServiceError.self) {
        try await LocalStack.start(paths: paths)
      }
      #expect(error?.code == .alreadyRunning)

      let crashed = [
        try #require(await stack.postgres.runningProcess),
        try #require(await stack.rabbitmq.runningProcess),
      ]
      for process in crashed {
        process.killProgram()
        #expect(await process.exitStatus == ProcessExit(code: 137))
      }
      for service in stack.services { try await service.start() }
      try await stack.postgres.createDatabase("kept")
      try await stack.rabbitmq.control.deleteVirtualHost("suite-1")

      await stack.stop()
      let locks = ["postgres", "rabbitmq", "epmd"].map { stack.root.pidFile(of: $0) }
      try await FileLock.waitUntilFree(locks, within: .zero)
    }
  }
}

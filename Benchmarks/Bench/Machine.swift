import Foundation
import LocalServices
import TestSupport

/// Where figures come from.
struct Machine: Codable {
  let cores: Int
  let memoryGiB: Int
  let system: String
  let commit: String
  let versions: [String: String]
  let date: String

  /// This machine, now, and the commit of the checkout.
  static func current(of arena: Arena) async throws -> Machine {
    let rabbitmq = arena.system.stack.rabbitmq.version
    let postgres = arena.system.stack.postgres.version
    return Machine(
      cores: ProcessInfo.processInfo.processorCount,
      memoryGiB: Int((Double(ProcessInfo.processInfo.physicalMemory) / 0x1p30).rounded()),
      system: ProcessInfo.processInfo.operatingSystemVersionString,
      commit: try await commit(),
      versions: ["RabbitMQ": rabbitmq, "PostgreSQL": postgres],
      date: Date.now.formatted(.iso8601.year().month().day()))
  }

  /// One line.
  var markdown: String {
    let versions = versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return "\(date), commit \(commit), \(cores) cores, \(memoryGiB) GiB, \(system), "
      + versions.joined(separator: ", ") + ".\n"
  }

  /// Such as `1853f74`, with `, changed` when the work tree is not that of the commit.
  private static func commit() async throws -> String {
    let folder = TestTools.checkout.path
    let head = try await Tool.run("git", ["-C", folder, "rev-parse", "--short", "HEAD"])
    let changes = try await Tool.run(
      "git", ["-C", folder, "status", "--porcelain", "Sources", "Package.swift"])
    let name = head.output.trimmingCharacters(in: .whitespacesAndNewlines)
    return changes.output.isEmpty ? name : name + ", changed"
  }
}

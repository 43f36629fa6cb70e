import Foundation
import Testing

@testable import LocalServices

@Suite struct DataRootTests {
  private func mode(_ url: URL) -> mode_t {
    var status = stat()
    return stat(url.path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func foldersAreClosedToOthers() async throws {
    try await withTemporaryFolder { folder in
      let root = try DataRoot(creating: folder.appending(path: "root"))
      for inner in [root.logs, root.keys, root.run, root.users, root.shared, root.tmp] {
        #expect(mode(inner) == 0o700)
      }
      let passable: mode_t = geteuid() == 0 ? 0o711 : 0o700
      #expect(mode(root.url) == passable)
      #expect(mode(root.postgres) == passable)
    }
  }

  @Test func aRootThatCannotBeCreatedIsRefusedWithOneLineThatNamesIt() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appending(path: "file")
      try Data().write(to: file)
      let error = #expect(throws: LocalServiceError.self) {
        try DataRoot(creating: file.appending(path: "root"))
      }
      #expect(error?.code == .dataRoot)
      #expect(error?.description.contains(file.path) == true)
      #expect(error?.description.contains("\n") == false)
    }
  }

  @Test func theFirstFolderThatAnAccountMayNotEnterIsFound() async throws {
    try await withTemporaryFolder { folder in
      let closed = folder.appending(path: "closed")
      let inner = closed.appending(path: "inner")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      let stranger = ServiceAccount(name: "stranger", uid: 54321, gid: 54321)
      chmod(folder.path, 0o755)
      chmod(closed.path, 0o750)
      #expect(stranger.firstClosedFolder(of: inner)?.path == closed.path)
      chmod(closed.path, 0o711)
      #expect(stranger.firstClosedFolder(of: inner) == nil)
    }
  }

  @Test func aPasswordStaysTheSameAndIsForItsOwnerOnly() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appending(path: "password")
      let first = try SecretFile.password(in: file)
      #expect(first.wholeMatch(of: /[A-Za-z0-9_-]{43}/) != nil)
      #expect(try SecretFile.password(in: file) == first)
      #expect(mode(file) == 0o600)
    }
  }

  @Test func aPasswordThatOthersMayReadIsRefused() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appending(path: "password")
      _ = try SecretFile.password(in: file)
      chmod(file.path, 0o640)
      let error = #expect(throws: LocalServiceError.self) { try SecretFile.password(in: file) }
      #expect(error?.code == .dataRoot)
    }
  }

  @Test func whatAKilledRunLeftIsRemovedAndWhatALivingOneUsesIsNot() async throws {
    try await withTemporaryFolder { folder in
      let living = try ThrowawayRoot(in: folder)
      _ = try DataRoot(creating: living.url)
      let killed = folder.appending(path: "openclaw-test-1-1")
      _ = try DataRoot(creating: killed)
      ThrowawayRoot.removeStale(in: folder)
      #expect(!FileManager.default.fileExists(atPath: killed.path))
      #expect(FileManager.default.fileExists(atPath: living.url.path))
      living.remove()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }
}

import Foundation

/// The steps of the first start.
extension PrivatePostgres {
  /// Runs initdb into a folder beside the real one and moves it over: a cluster exists whole or not.
  func createClusterIfMissing() async throws {
    guard !FileManager.default.fileExists(atPath: data.path) else { return }
    let draft = root.postgres.appending(path: "data.new")
    try removeFolder(draft)
    try DataRoot.createOwned(draft, by: account)
    let secret = try passwordCopy(of: superuserPasswordFile)
    defer { unlink(secret.path) }
    let initdb = program(
      "initdb",
      [
        "-D", draft.path, "-U", "postgres", "--pwfile", secret.path, "--auth=scram-sha-256",
        "--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--no-instructions", "--no-sync",
      ])
    try await Tool.run(initdb, guardPath: paths.guardPath, scratch: root.run)
    sync()
    guard rename(draft.path, data.path) == 0 else {
      throw LocalServiceError(.dataRoot, "cannot create \(data.path): \(systemMessage(errno))")
    }
  }

  /// Makes the role `openclaw`, once; a mark in the data root saves the question on later starts.
  func createRole() async throws {
    let mark = root.postgres.appending(path: "role-created")
    guard !FileManager.default.fileExists(atPath: mark.path) else { return }
    let password = try SecretFile.password(in: rolePasswordFile)
    // A statement that fails would otherwise be logged with the password in it.
    try await query(
      "SET log_min_error_statement = panic;\n"
        + "SELECT 'CREATE ROLE \(Self.role)' WHERE NOT EXISTS "
        + "(SELECT FROM pg_roles WHERE rolname = '\(Self.role)') \\gexec\n"
        + "ALTER ROLE \(Self.role) LOGIN CREATEDB PASSWORD '\(password)';\n"
        + "GRANT pg_monitor, pg_signal_backend TO \(Self.role);\n")
    try SecretFile.write("", to: mark, mode: 0o600)
  }

  /// Runs a psql script as the superuser.
  func query(_ script: String) async throws {
    let file = root.postgres.appending(path: "script-\(UUID().uuidString).sql")
    try SecretFile.write(script, to: file, mode: 0o600, owner: account)
    defer { unlink(file.path) }
    var psql = program("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.path])
    psql.environment.merge([
      "PGHOST": "127.0.0.1", "PGPORT": "\(port)", "PGUSER": "postgres", "PGDATABASE": "postgres",
      "PGPASSWORD": try SecretFile.password(in: superuserPasswordFile), "PGCONNECT_TIMEOUT": "10",
    ]) { $1 }
    try await Tool.run(psql, guardPath: paths.guardPath, scratch: root.run)
  }

  /// A copy of a password that initdb, which runs as the server's account, can read.
  private func passwordCopy(of file: URL) throws -> URL {
    let copy = root.postgres.appending(path: "initdb.password")
    try SecretFile.write(
      try SecretFile.password(in: file) + "\n", to: copy, mode: 0o600, owner: account)
    return copy
  }

  private func removeFolder(_ folder: URL) throws {
    guard FileManager.default.fileExists(atPath: folder.path) else { return }
    do { try FileManager.default.removeItem(at: folder) } catch {
      throw LocalServiceError(.dataRoot, "cannot remove \(folder.path): \(error)")
    }
  }
}

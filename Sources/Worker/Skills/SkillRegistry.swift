public import Jobs

/// Every skill that workers serve.
public enum SkillRegistry {
  /// Makes the skills, one line each; sorted by name.
  ///
  /// - Parameters:
  ///   - dataRoot: The data root's absolute path. It has to exist; `users/<id>/workspace` below it
  ///     is made at a user's first call.
  ///   - webhooks: Makes the requests of webhooks.
  public static func skills(
    dataRoot: String, webhooks: any WebhookDelivering
  ) -> [any Skill] {
    let workspaces = Workspaces(dataRoot: dataRoot)
    return [
      FilesList(workspaces: workspaces),
      FilesRead(workspaces: workspaces),
      FilesWrite(workspaces: workspaces),
      SystemClock(),
      WebhooksDeliver(webhooks: webhooks),
    ]
  }
}

import Foundation
import Jobs

extension Console {
  /// Prints one webhook as a row.
  func show(webhook: WebhookView) throws {
    try show(webhook.document) { table(of: [webhook]) }
  }

  /// Prints the secret of a webhook, which is shown this once, and says what it is for.
  ///
  /// - Throws: ``CommandError`` when the gateway has not told it.
  func show(secretOf webhook: WebhookView) throws {
    guard let secret = webhook.secret else { throw CommandError.unexpectedAnswer }
    try show(webhook.document) { TerminalText.neutralized(secret, keepsLines: false) }
    guard format == .table else { return }
    say("shown once: what the receiver verifies with; webhook \(webhook.name ?? webhook.id)")
  }

  /// A row for each webhook.
  func table(of webhooks: [WebhookView]) -> String {
    guard !webhooks.isEmpty else { return "no webhooks" }
    var table = TextTable("NAME", "ID", "STATE", "REASON", "JOBS", "EVENTS", "URL")
    for webhook in webhooks {
      let isTold = webhook.events.count == WebhookEvent.allCases.count
      table.add(
        webhook.name ?? "–", webhook.id, webhook.state,
        webhook.document["disabled_reason"]?.text ?? "",
        webhook.coversAllJobs ? "all" : "named",
        isTold ? "all" : webhook.events.joined(separator: ","), webhook.url)
    }
    return table.text(isColored: isColored, width: width)
  }

  /// All that is known of a webhook.
  func details(_ webhook: WebhookView) -> String {
    let document = webhook.document
    let lines: [(name: String, value: String?)] = [
      ("name", webhook.name), ("id", webhook.id), ("url", webhook.url),
      ("state", webhook.state), ("reason", document["disabled_reason"]?.text),
      ("since", document["disabled_at"]?.text),
      ("jobs", webhook.coversAllJobs ? "all" : "those that name it"),
      ("events", webhook.events.joined(separator: ", ")),
      ("old key", document["old_secret_expires_at"]?.text.map { "signs until \($0)" }),
      ("created", document["created_at"]?.text),
    ]
    return lines.compactMap { name, value in
      value.map { "\(name.padded(to: 9)) \(TerminalText.neutralized($0, keepsLines: true))" }
    }.joined(separator: "\n")
  }

  /// A row for each delivery.
  func table(of deliveries: [DeliveryView]) -> String {
    guard !deliveries.isEmpty else { return "no deliveries" }
    var table = TextTable(
      "ID", "EVENT", "STATE", "TRIES", "LAST", "NEXT", "CREATED", "JOB OR BATCH", wholeColumns: 1)
    for delivery in deliveries {
      let document = delivery.document
      let status = document["last_status"]?.int.map { "\($0)" }
      table.add(
        delivery.id, delivery.event, delivery.state,
        "\(document["attempts"]?.int ?? 0)", document["last_error"]?.text ?? status ?? "",
        WireTime.ahead(document["next_attempt_at"]?.text, of: .now) ?? "–",
        WireTime.short(document["created_at"]?.text),
        document["job_id"]?.text ?? document["batch_id"]?.text ?? "")
    }
    return table.text(isColored: isColored, width: width)
  }
}

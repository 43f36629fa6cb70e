import Jobs

extension WebhookRoutes {
  static let name = RouteParameter(
    place: .path, name: "name", schema: Schema.name(),
    detail: "The webhook's name or id.")

  static let eventNames = WebhookEvent.allCases.map(\.rawValue)

  private static let shown: [String: JSONValue] = [
    "id": Schema.uuid, "name": Schema.nullable(Schema.string()), "url": Schema.string(),
    "events": Schema.array(of: Schema.word(of: eventNames)),
    "all_jobs": Schema.bool("Whether it hears of every job that is no child of another."),
    "state": Schema.word(of: ["active", "disabled"]),
    "disabled_reason": Schema.nullable(
      Schema.word(of: WebhookDisablement.allCases.map(\.rawValue)),
      "`by_user`; `gone`: it answered 410; `revoked`: the token that made it was."),
    "disabled_at": Schema.optionalTime,
    "old_secret_expires_at": Schema.nullable(
      Schema.string(format: "date-time"),
      "Until when the last of the secrets before the present one signs, too."),
    "created_at": Schema.time,
  ]

  private static let webhook = Schema.object(shown)

  private static let withSecret = Schema.object(
    shown.merging(["secret": Schema.string("`whsec_` and base64; shown this once.")]) { $1 })

  private static let members: [String: JSONValue] = [
    "url": Schema.string(
      "Where requests go: https, and a public address.", minimum: 1,
      maximum: WebhookSubmission.urlLimit),
    "name": Schema.nullable(
      Schema.name(),
      "Unique among the user's webhooks; no UUID, not `.` or `..`."),
    "events": Schema.array(
      of: Schema.word(of: eventNames), "All of them without it.", minimum: 1),
    "all_jobs": Schema.bool(
      "Whether it hears of every job that is no child of another, as without it, or only of those "
        + "that name it."),
  ]

  private static let creation = RouteBody(forms: [
    .init(
      mediaType: "application/json",
      schema: Schema.object(members, optional: Set(members.keys).subtracting(["url"])),
      example: [
        "url": "https://example.com/hooks/openclaw", "name": "ops",
        "events": ["job.failed", "job.expired"],
      ])
  ])

  private static var change: RouteBody {
    let changeable = members.merging([
      "disabled": Schema.bool("Whether it is told nothing; `false` forgets why it was not.")
    ]) { $1 }
    return RouteBody(forms: [
      .init(
        mediaType: "application/json",
        schema: Schema.object(changeable, optional: Set(changeable.keys)),
        example: ["disabled": false])
    ])
  }

  private static let rotation = RouteBody(
    forms: [
      .init(
        mediaType: "application/json",
        schema: Schema.object(
          [
            "keep_old_for": ComponentSchemas.duration(
              "How long the old secret signs, too: `0s` to `30d`; `24h` without it.")
          ], optional: ["keep_old_for"]),
        example: ["keep_old_for": "24h"])
    ])

  static let listing = RouteDocument(
    id: "listWebhooks", tag: .webhooks, summary: "List webhooks",
    answers: [
      .json(200, "The oldest first.", Schema.object(["items": Schema.array(of: webhook)]))
    ])

  static let creating = RouteDocument(
    id: "createWebhook", tag: .webhooks, summary: "Make a webhook",
    detail: "Its requests are signed by Standard Webhooks 1.0: "
      + "`POST` with `webhook-id`, `webhook-timestamp` and `webhook-signature`, and the body "
      + "`{\"type\", \"timestamp\", \"data\"}`, `data` being the job without its input. A result "
      + "over 64 KiB is left out, with `\"result_omitted\": true`. Any 2xx within 10 s takes it; "
      + "410 disables the webhook; else it is sent again, nine times in all over two days. The "
      + "same `webhook-id` is the same event. It is told nothing once the token that made it is "
      + "revoked.",
    body: creation,
    answers: [
      .json(
        201, "The webhook with its secret.", withSecret,
        headers: [(name: "Location", detail: "The webhook.")])
    ],
    problems: [.webhookNameTaken, .tooManyWebhooks],
    refusesKey: "its secret is shown once, and not again for a key")

  static let showing = RouteDocument(
    id: "getWebhook", tag: .webhooks, summary: "Show a webhook", parameters: [name],
    answers: [.json(200, "The webhook.", webhook)], problems: [.webhookNotFound])

  static let editing = RouteDocument(
    id: "editWebhook", tag: .webhooks, summary: "Change a webhook",
    detail: "What is not given stays. From then on the webhook, and what waits to be sent to it, "
      + "depend on the token that has changed it.",
    parameters: [name], body: change, answers: [.json(200, "The webhook.", webhook)],
    problems: [.webhookNotFound, .webhookNameTaken])

  static let deleting = RouteDocument(
    id: "deleteWebhook", tag: .webhooks, summary: "Delete a webhook",
    detail: "What was to be sent to it is not.", parameters: [name], body: .empty,
    answers: [RouteAnswer(status: 204, detail: "It is gone.")], problems: [.webhookNotFound])

  static let rotating = RouteDocument(
    id: "rotateWebhook", tag: .webhooks, summary: "Give a webhook a new secret",
    detail: "Until the old one ends, requests have a signature of each. Old secrets of earlier "
      + "rotations go on until they end, too, five in all at most: of more, those go that end "
      + "first. `0s` ends all of them.",
    parameters: [name], body: rotation,
    answers: [.json(200, "The webhook with its new secret.", withSecret)],
    problems: [.webhookNotFound],
    refusesKey: "its secret is shown once, and not again for a key")
}

extension DeliveryRoutes {
  private static let delivery = Schema.object([
    "id": Schema.string("The `webhook-id` of its requests.", format: "uuid"),
    "event": Schema.word(of: WebhookRoutes.eventNames),
    "job_id": Schema.nullable(Schema.uuid, "The job that ended."),
    "batch_id": Schema.nullable(Schema.uuid, "The batch that ended."),
    "delivery_job_id": Schema.nullable(Schema.uuid, "The job that delivers."),
    "state": Schema.word(of: DeliveryState.allCases.map(\.rawValue)),
    "attempts": Schema.integer("How many requests were made."),
    "last_status": Schema.nullable(
      Schema.integer(), "What the last request was answered; `null` without an answer."),
    "last_error": Schema.nullable(
      Schema.string(),
      "Why it was not taken, such as `status_500` or `connect_failed`, or why the job that delivers "
        + "has ended."),
    "next_attempt_at": Schema.optionalTime, "created_at": Schema.time,
    "attempted_at": Schema.optionalTime, "delivered_at": Schema.optionalTime,
  ])

  static let listing = RouteDocument(
    id: "listDeliveries", tag: .webhooks, summary: "List what a webhook was told",
    parameters: [
      WebhookRoutes.name, .pageLimit, .cursor,
    ],
    answers: [
      .json(
        200, "The newest first; those of the last 30 days.",
        Schema.object([
          "items": Schema.array(of: delivery), "next_cursor": Schema.nullable(Schema.string()),
        ]), headers: [(name: "Link", detail: "The next page, if there is one.")])
    ],
    problems: [.invalidQueryParameter, .invalidCursor, .webhookNotFound])

  static let replaying = RouteDocument(
    id: "replayDelivery", tag: .webhooks, summary: "Tell a webhook again",
    detail: "Under the same `webhook-id`, whatever became of it before. A webhook that is disabled "
      + "has to be enabled first.",
    parameters: [
      WebhookRoutes.name,
      RouteParameter(
        place: .path, name: "id", schema: Schema.uuid, detail: "The delivery's id."),
    ],
    body: .empty,
    answers: [
      .json(
        202, "It will be sent.", delivery, headers: [(name: "Retry-After", detail: "Seconds.")])
    ],
    problems: [.webhookNotFound, .deliveryNotFound, .webhookDisabled],
    refusesKey: "a repetition is sent once more, under the same `webhook-id`")
}

import Jobs

extension JobEventRoutes {
  private static let sequence = Schema.string(pattern: "^[0-9]{1,18}$")

  static let document = RouteDocument(
    id: "streamEvents", tag: .jobs, summary: "Follow a job as it happens",
    detail: """
      Server-sent events: what has happened, then what happens, until the job is over. The `data` \
      of each is a CloudEvent in one line (schema `JobEvent`), `event` its type. Stored events \
      have an `id`, the job's `seq`; the live text of an agent, `job.delta`, has none until it is \
      stored. Text goes to its `offset` in the step's `attempt`; a higher attempt makes the text \
      of a lower one void. A `job.step` of an attempt that failed, or whose worker died, has `error` \
      and `retry_at`. A comment comes every 15 seconds when nothing happens.

      A result above 64 KiB is left out of the last event, which then says `result_omitted`: read \
      the job. The stream also ends when the node does, and when the token or its user is \
      revoked. Come again with the last `id`, to any node: nothing \
      is lost.
      """,
    parameters: [
      .jobID,
      RouteParameter(
        place: .header, name: "Last-Event-ID", schema: sequence,
        detail: "Begin after this event. Wins over `after`."),
      RouteParameter(
        place: .query, name: "after", schema: sequence, detail: "Begin after this event."),
    ],
    answers: [
      RouteAnswer(
        status: 200, detail: "The stream.", mediaType: "text/event-stream",
        schema: event, example: example),
      RouteAnswer(status: 204, detail: "The job is over, and all its events were sent."),
    ],
    problems: [.malformedID, .invalidQueryParameter, .jobNotFound])

  /// One event of the stream, as a client's parser gives it.
  private static let event = Schema.object(
    [
      "event": Schema.word("The type.", of: EventType.allCases.map(\.name)),
      "id": Schema.string("The job's `seq`; live text has none.", pattern: "^[0-9]{1,18}$"),
      "data": [
        "type": "string", "contentMediaType": "application/json",
        "contentSchema": Schema.ref("JobEvent"),
      ],
    ], optional: ["id"], "Each event of the stream.")

  private static let example: JSONValue = """
    retry: 1000

    id: 2
    event: job.started
    data: {"specversion":"1.0","id":"0199c0de-0000-7000-8000-000000000000/2",\
    "source":"/api/v1/jobs/0199c0de-0000-7000-8000-000000000000","type":"job.started",\
    "subject":"0199c0de-0000-7000-8000-000000000000","time":"2026-11-22T13:22:09.120Z",\
    "datacontenttype":"application/json","data":{"state":"running"}}


    """
}

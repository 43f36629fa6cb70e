import Jobs

extension JobBatchRoutes {
  static let document = RouteDocument(
    id: "enqueueBatch", tag: .jobs, summary: "Enqueue many jobs",
    detail: """
      Each item is accepted or refused on its own, as a single job would be, and the answer tells \
      of each. An item without an `idempotency_key` gets `<Idempotency-Key>/<index>` if the header \
      is there. A batch holds 1 to 1,000 items, 16 MiB and 400,000 values and keys; an item 1 MiB. \
      In `application/x-ndjson` (or `application/jsonl`) each line is an item, blank lines are \
      none, and a line that is no JSON is that item's own problem. Pointers begin with `/<index>` \
      in an array and with `/items/<index>` in lines.
      """,
    parameters: [.idempotencyKey],
    body: RouteBody(forms: [
      .init(
        mediaType: "application/json",
        schema: Schema.array(
          of: item, minimum: 1, maximum: JobBatch.maximumCount),
        example: [
          ["target": "agent:main", "input": "What time is it?"],
          ["target": "skill:files.list", "input": ["path": "."], "idempotency_key": "list-1"],
        ]),
      .init(mediaType: "application/x-ndjson", schema: lines, example: example),
      .init(mediaType: "application/jsonl", schema: lines, example: example),
    ]),
    answers: [.json(200, "What became of each item.", Schema.ref("BatchAnswer"))],
    problems: [.batchTooLarge])

  private static let item: JSONValue = [
    "anyOf": [
      Schema.ref("BatchItem"), Schema.any("What is no such item is refused alone, in the answer."),
    ]
  ]
  private static let lines = Schema.string(
    "1 to 1,000 lines that are not blank, each a `BatchItem` in JSON.", pattern: #"[^ \t\r\n]"#)
  private static let example: JSONValue = """
    {"target":"agent:main","input":"What time is it?"}
    {"target":"skill:files.list","input":{"path":"."}}

    """
}

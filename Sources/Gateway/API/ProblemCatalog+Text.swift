extension ProblemKind {
  /// A short summary that is the same for every occurrence.
  public var title: String { text.title }

  /// What it means and what to do, in Markdown.
  public var explanation: String { text.explanation }

  private var text: (title: String, explanation: String) {
    switch self {
    case .malformedRequest:
      ("The request is not HTTP", "The bytes are not a request of HTTP/1.1 (RFC 9112).")
    case .malformedJSON:
      (
        "The body is not JSON",
        """
        The body must be one JSON text (RFC 8259) in UTF-8 without a byte order mark. `reason` says \
        what is wrong, `offset` at which byte, and the pointer of the error in which value:

        - `syntax`: anything that RFC 8259 does not allow
        - `invalid_utf8`: bytes that are not UTF-8
        - `nul_character`: U+0000, raw or as `\\u0000`; it cannot be stored
        - `lone_surrogate`: half of a surrogate pair
        - `combining_run`: more than 30 combining marks in a row
        - `duplicate_key`: a key twice in one object, also in another Unicode normal form
        - `too_deep`: more than 64 levels of nesting
        - `too_many`: more than 200,000 values and keys, 400,000 in a batch
        - `number_out_of_range`: a whole number beyond 64 bits, or beyond what a double holds
        """
      )
    case .malformedHeader: ("A header is malformed", "The detail names the header and its form.")
    case .duplicateHeader:
      ("A header is repeated", "This header may come once; which of several counts is ambiguous.")
    case .malformedQuery:
      ("The query is malformed", "Names and values must be percent-encoded UTF-8 text.")
    case .duplicateQueryParameter:
      ("A query parameter is repeated", "Each parameter may come once.")
    case .unknownQueryParameter:
      ("A query parameter is unknown", "The route does not know it. Nothing is ignored silently.")
    case .invalidQueryParameter:
      ("A query parameter has a bad value", "The detail says what is allowed.")
    case .invalidCursor:
      (
        "The cursor is not valid here",
        "A cursor belongs to one user and one set of filters. Use `next_cursor` unchanged, with the "
          + "same filters, or begin without a cursor."
      )
    case .tokenInQuery:
      (
        "A token in the URL",
        "URLs end up in logs and histories. Send the token as `Authorization: Bearer <token>`, and "
          + "revoke the one that was in the URL."
      )
    case .malformedID:
      ("The id is malformed", "Ids are UUIDs of 36 characters; the detail tells of other forms.")
    default: laterText
    }
  }

  private var laterText: (title: String, explanation: String) {
    switch self {
    case .missingToken:
      ("A token is needed", "Send one as `Authorization: Bearer <token>` (RFC 6750).")
    case .malformedToken:
      ("The token is malformed", "The header's form is `Authorization: Bearer <token>` (RFC 6750).")
    case .invalidToken:
      ("The token is not valid", "It is unknown, has expired or was revoked. Make a new one.")
    case .forbidden: ("Not allowed", "The user may not do this.")
    case .targetNotAllowed:
      ("The target is not allowed", "The user's role does not allow jobs for this target.")
    case .priorityNotAllowed:
      ("The priority is not allowed", "The user's role allows only less urgent priorities.")
    case .operatorOnly:
      (
        "For operators only",
        "Scaling pools, draining workers, and setting and lifting limits and pauses, those of "
          + "queues among them, need a role that may operate."
      )
    case .routeNotFound:
      ("Nothing is here", "No route has this path. API paths begin with `/api/v1/`.")
    case .jobNotFound: ("No such job", "The user has no job with this id.")
    case .queueNotFound:
      (
        "No such queue",
        "A queue is a pool, such as `agent.main`, or a lane of it, such as `agent.main.urgent`."
      )
    case .workerNotFound: ("No such worker", "No worker of the last day has this id.")
    case .scheduleNotFound:
      ("No such schedule", "The user has no schedule with this name or id.")
    case .scheduleNameTaken:
      ("The name is taken", "Another schedule of the user has this name.")
    case .batchNotFound:
      ("There is no such batch", "The user has no batch with this id.")
    case .batchNotOpen:
      (
        "The batch takes no jobs",
        "It was closed or cancelled. Make another one with POST /batches, or a job without batch_id."
      )
    case .tooManySignals:
      (
        "The job keeps too many signals",
        "A job keeps 100 signals that nothing has taken. Look with GET /jobs/{id}/signals whether "
          + "their names are those that it waits for."
      )
    case .tooManySchedules:
      ("Too many schedules", "A user may have 1,000. Delete those that are not needed.")
    case .scheduleUnreadable:
      (
        "The schedule's input cannot be read",
        "What was stored cannot be opened with the keys that the gateway has, so no job can be made "
          + "of it. `PATCH` the schedule with its `input`; `resume` it if it was paused meanwhile."
      )
    case .webhookNotFound: ("No such webhook", "The user has no webhook with this name or id.")
    case .deliveryNotFound:
      ("No such delivery", "The webhook has none with this id; they are kept for 30 days.")
    case .webhookNameTaken:
      ("The name is taken", "Another webhook of the user has this name.")
    case .tooManyWebhooks:
      ("Too many webhooks", "A user may have 100. Delete those that are not needed.")
    case .webhookDisabled:
      (
        "The webhook is disabled",
        "Nothing is sent to it: `PATCH` it with `{\"disabled\": false}`, then replay the delivery."
      )
    case .invalidCron:
      (
        "Not a cron expression that can be used",
        "It has five fields, minute, hour, day of month, month and day of week, and a time zone "
          + "such as `Europe/Berlin`. The error says what is wrong and what is allowed."
      )
    case .gateNotFound:
      ("Nothing limits or pauses this", "`GET /api/v1/limits` and `/api/v1/pauses` list what does.")
    case .deadStepNotFound:
      (
        "There is no such dead step",
        "None of the pool's dead steps that the user may see has this id. "
          + "`GET /api/v1/queues/{pool}/dead` lists them."
      )
    case .invalidGateKey:
      (
        "Not a key of a limit or a pause",
        "A key is such as `pool:agent.main`, `lane:agent.main.low`, `priority:low`, `user:<id>`, "
          + "`user:*`, `agent:main`, `skill:files.read`, `provider:openai`, `webhook:<id>` or "
          + "`webhook:*`. Pools, lanes and priorities can be paused only, `user:*` and `webhook:*` "
          + "can be limited only."
      )
    case .unknownGateKey:
      (
        "The key names nothing there is",
        "A limit or a pause of an agent or skill that no worker has announced, of a provider that "
          + "this build does not know, or of an unknown user would do nothing; mostly it is "
          + "mistyped. For what does not exist yet, send `\"force\": true` with it."
      )
    case .poolNotFound: ("No such pool", "`GET /api/v1/pools` lists the pools of the topology.")
    case .routeNotSupportedYet:
      ("Not supported yet", "The interface has this route, and this version does not serve it yet.")
    case .methodNotAllowed:
      ("The method is not allowed here", "The `Allow` header lists the methods of this path.")
    case .requestTimeout:
      ("The request came too slowly", "Send the whole request within 30 seconds.")
    case .jobOver:
      (
        "The job is over",
        "What has ended cannot be cancelled, signalled or given another priority any more."
      )
    case .jobNotScheduled:
      (
        "The job is not scheduled",
        "Start and input can be changed until the job is due; then its priority alone can."
      )
    case .jobNotOver: ("The job is not over", "Only a job that is over can be done again.")
    case .jobSucceeded:
      ("The job has succeeded", "A job that has succeeded is not done again; send a new one.")
    case .poolNotManaged:
      (
        "Nothing starts workers of this pool",
        "The number of workers can be set while something on duty starts and stops them, such as "
          + "`openclaw up`. Elsewhere, start them by hand: `openclaw-worker --pool <pool>`."
      )
    case .bodyTooLarge:
      (
        "The body is too large",
        "The limit is 1 MiB; 16 MiB for a batch and 1 MiB for each job "
          + "in it and for its callback's input; 64 KiB for a signal; 4 KiB for a command without "
          + "arguments."
      )
    case .targetTooLong: ("The URL is too long", "The limit is 8 KiB.")
    case .unsupportedMediaType:
      (
        "The body's type is not supported",
        "Send `Content-Type: application/json` in UTF-8; a batch may also be "
          + "`application/x-ndjson`."
      )
    case .expectationFailed: ("The expectation is unknown", "Only `100-continue` is understood.")
    case .invalidBody:
      ("The body does not fit", "Each entry of `errors` names a place and its fault.")
    case .unknownField:
      (
        "A field is unknown",
        "Nothing is ignored silently: each field must be one of the interface."
      )
    case .fieldNotSupportedYet:
      ("Not supported yet", "The interface has this, and this version does not support it yet.")
    default: lastText
    }
  }

  private var lastText: (title: String, explanation: String) {
    switch self {
    case .unknownTarget:
      ("The target is unknown", "No worker serves it. `known` lists the targets that are served.")
    case .unknownPriority:
      ("The priority is unknown", "It is one of `urgent`, `high`, `normal`, `low`.")
    case .invalidInput:
      (
        "The input does not fit the target",
        "An agent takes a string or `{\"message\": string}`, not empty; a skill what its schema says."
      )
    case .idempotencyKeyReused:
      (
        "The idempotency key stands for another request",
        "Within 24 hours a key may only be sent again with the same request: target, input, "
          + "priority, and all other fields of the job, written alike; to do a job again or to fire "
          + "a schedule, the same route and the same job or schedule."
      )
    case .batchTooLarge: ("Too many jobs in a batch", "A batch holds 1,000 jobs at most.")
    case .rateLimited: ("Too many requests", "Wait as long as `Retry-After` says.")
    case .headersTooLarge:
      ("The headers are too large", "At most 100 fields and 16 KiB.")
    case .internalError:
      ("Something is broken here", "The fault is not the request's. Report the `request_id`.")
    case .unavailable:
      (
        "Temporarily unavailable",
        "A part that the gateway needs is down. Retry after `Retry-After` seconds; an "
          + "`Idempotency-Key` makes that safe for new jobs."
      )
    case .backlogFull: ("Too much is waiting", "New jobs are refused until the backlog is smaller.")
    case .notReady: ("Not ready", "`components` tells what is missing, or the node is draining.")
    case .unsupportedVersion: ("The HTTP version is not supported", "Speak HTTP/1.1.")
    default: (code, "")
    }
  }
}

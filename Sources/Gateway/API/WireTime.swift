import FoundationEssentials
import Jobs

/// RFC 3339, or `null` for what has not happened.
func time(_ date: Date?) -> JSONValue { .time(date) }

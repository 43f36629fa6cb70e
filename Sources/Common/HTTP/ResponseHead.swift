/// What an answer says before its body.
struct ResponseHead: Sendable, Equatable {
  let status: Int
  let headers: HTTPHeaders
}

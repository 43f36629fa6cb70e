import HTTPTypes
import Hummingbird
import Jobs

/// A page of a listing: what the query asks for, and the answer.
struct Paging<Kind: Sendable> {
  /// The most items that are shown.
  let limit: Int
  /// The last item of the page before, which in a listing of the newest first is older than all of
  /// them; `nil` for the first page.
  let before: Identifier<Kind>?
  private let codec: CursorCodec
  private let user: UserID
  private let filters: String

  /// - Parameters:
  ///   - limit: As ``Query/pageLimit()`` has read it.
  ///   - filters: What a cursor is bound to: equal for equal listings.
  /// - Throws: ``Problem`` for a cursor that was not made for this user and these filters.
  init(
    _ query: Query, limit: Int, of user: UserID, filters: String,
    sign: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) throws(Problem) {
    self.limit = limit
    self.user = user
    self.filters = filters
    codec = CursorCodec(sign: sign)
    if let cursor = query["cursor"] {
      before = try codec.decode(cursor, of: user, filters: filters)
    } else {
      before = nil
    }
  }

  /// How many to ask for: one more than is shown tells whether there is a next page.
  var asked: Int { limit + 1 }

  /// `{"items","next_cursor"}`.
  ///
  /// - Parameters:
  ///   - found: At most ``asked``.
  ///   - path: Of the next page's `Link`, up to where `limit` follows; `nil` for an answer without
  ///     one.
  func response<Item>(
    _ found: [Item], id: (Item) -> Identifier<Kind>, json: (Item) -> JSONValue, link path: String?
  ) -> Response {
    let shown = found.prefix(limit)
    var next = JSONValue.null
    var headers: HTTPFields = [:]
    if found.count > limit, let last = shown.last {
      let cursor = codec.encode(after: id(last), of: user, filters: filters)
      next = .string(cursor)
      if let path {
        headers[.link] = "<\(path)limit=\(limit)&cursor=\(cursor)>; rel=\"next\""
      }
    }
    return .json(
      ["items": .array(shown.map(json)), "next_cursor": next], headers: headers)
  }
}

extension Query {
  /// The parameter `limit` of a listing: 1 to 200.
  func pageLimit(default count: Int = 50) throws(Problem) -> Int {
    try integer("limit", in: 1...200) ?? count
  }
}

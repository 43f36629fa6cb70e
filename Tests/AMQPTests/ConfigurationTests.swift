import AMQP
import Testing

struct ConfigurationTests {
  @Test func `a whole URI is taken apart and percent-decoded`() throws {
    let read = try AMQPConfiguration(
      url: "amqp://us%65r:p%40ss%3a%2F@rabbit.example:10000/v%2fhost", connectionName: "t")
    #expect(read.host == "rabbit.example")
    #expect(read.port == 10000)
    #expect(read.username == "user")
    #expect(read.password == "p@ss:/")
    #expect(read.virtualHost == "v/host")
  }

  // The examples of https://www.rabbitmq.com/docs/uri-spec, appendix A.
  @Test(
    arguments: [
      ("amqp://", "localhost", 5672, "/"),
      ("amqp://host", "host", 5672, "/"),
      ("amqp://host/", "host", 5672, ""),
      ("amqp://host/%2F", "host", 5672, "/"),
      ("amqp://:10000", "localhost", 10000, "/"),
      ("amqp:///vhost", "localhost", 5672, "vhost"),
      ("amqp://user@", "localhost", 5672, "/"),
      ("amqp://[::1]", "::1", 5672, "/"),
      ("AMQP://[::1]:5673/a", "::1", 5673, "a"),
    ] as [(String, String, UInt16, String)])
  func `parts that are left out have their defaults`(
    url: String, host: String, port: UInt16, virtualHost: String
  ) throws {
    let read = try AMQPConfiguration(url: url, connectionName: "t")
    #expect(read.host == host)
    #expect(read.port == port)
    #expect(read.virtualHost == virtualHost)
  }

  @Test(arguments: [
    "", "http://host", "amqps://host", "amqp://host:0", "amqp://host:65536", "amqp://host:x",
    "amqp://[::1", "amqp://ho%2", "amqp://u:%zz@host", "amqp://%00@host", "amqp://host/?a=b",
    "amqp://u:%ff@host",
  ])
  func `anything else is refused without quoting it`(url: String) {
    let error = #expect(throws: AMQPError.self) {
      try AMQPConfiguration(url: url, connectionName: "t")
    }
    #expect(error?.code == .badArgument)
    #expect(error.map { url.isEmpty || !$0.message.contains(url) } == true)
  }

  @Test func `no way of printing shows the password`() throws {
    let read = try AMQPConfiguration(url: "amqp://user:s3cret@host/v", connectionName: "t")
    var dumped = ""
    dump([read], to: &dumped)
    for text in ["\(read)", "\([read])", String(reflecting: read), dumped] {
      #expect(!text.contains("s3cret"))
      #expect(text.contains("user@host:5672/v"))
    }
  }
}

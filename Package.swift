// swift-tools-version: 6.2
import PackageDescription

/// Every target is built with the same strictness; see CONTRIBUTING.md.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

// The import law: a target names exactly the targets it may import. docs/ARCHITECTURE.md draws it.
func module(_ name: String, in folder: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(folder)", exclude: ["README.md"],
    swiftSettings: strict)
}

func executable(
  _ name: String, in folder: String, _ dependencies: [Target.Dependency]
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Sources/\(folder)", exclude: ["README.md"],
    swiftSettings: strict)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude,
    swiftSettings: strict)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(
  name: "Configuration", package: "swift-configuration")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "openclaw",
  products: [
    .executable(name: "openclaw", targets: ["openclaw"]),
    .executable(name: "openclaw-gateway", targets: ["openclaw-gateway"]),
    .executable(name: "openclaw-worker", targets: ["openclaw-worker"]),
    .executable(name: "openclaw-guard", targets: ["openclaw-guard"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // C, each named by exactly one wrapper.
    .systemLibrary(
      name: "CRabbitMQ", path: "Sources/Common/CRabbitMQ", pkgConfig: "librabbitmq",
      providers: [.apt(["librabbitmq-dev"])]),
    .systemLibrary(
      name: "CPostgres", path: "Sources/Common/CPostgres", pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CCurl", path: "Sources/Common/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),

    // Common
    module("Jobs", in: "Common/Jobs", []),
    module("Observability", in: "Common/Observability", ["Jobs", logging]),
    module("Executors", in: "Common/Executors", []),
    module(
      "AMQP", in: "Common/AMQP",
      ["CRabbitMQ", "Executors", logging, lifecycle]),
    module(
      "Postgres", in: "Common/Postgres",
      ["CPostgres", "Executors", logging, lifecycle]),
    module("HTTP", in: "Common/HTTP", ["CCurl", "Executors"]),
    module("Security", in: "Common/Security", [crypto]),
    module(
      "JobQueue", in: "Common/JobQueue",
      ["Jobs", "AMQP", "Observability", logging, lifecycle, yams]),
    module(
      "Storage", in: "Common/Storage", ["Jobs", "Postgres", "Security"]),
    module(
      "Engine", in: "Common/Engine",
      ["Jobs", "JobQueue", "Storage", "Postgres", "Security", "Observability", logging, lifecycle]),
    module("ModelRouter", in: "Common/ModelRouter", ["Jobs", "HTTP"]),
    module("LocalServices", in: "Common/LocalServices", []),
    module(
      "ServiceSupport", in: "Common/ServiceSupport",
      [
        "Jobs", "JobQueue", "Storage", "AMQP", "Postgres", "Security", "Observability", "HTTP",
        logging, lifecycle, signals, configuration, system,
      ]),

    // Gateway
    module(
      "GatewayAPI", in: "Gateway/API",
      ["Jobs", "Observability", logging, lifecycle, hummingbird]),
    executable(
      "openclaw-gateway", in: "Gateway/App",
      [
        "GatewayAPI", "Engine", "JobQueue", "Jobs", "Storage", "Postgres", "Security",
        "ServiceSupport", "Observability", "HTTP", logging, lifecycle, arguments,
      ]),

    // Worker
    module(
      "WorkerRuntime", in: "Worker/Runtime",
      ["Jobs", "Engine", "JobQueue", "Observability", logging, lifecycle]),
    module("Agents", in: "Worker/Agents", ["Jobs"]),
    module("Skills", in: "Worker/Skills", ["Jobs"]),
    module(
      "WorkerAssembly", in: "Worker/Assembly",
      [
        "WorkerRuntime", "Agents", "Skills", "ModelRouter", "Engine", "JobQueue", "Jobs",
        "Storage", "ServiceSupport", "Observability", "HTTP", "Security", logging, lifecycle,
        arguments,
      ]),
    executable("openclaw-worker", in: "Worker/App", ["WorkerAssembly", arguments]),

    // CLI
    executable(
      "openclaw", in: "CLI",
      [
        "HTTP", "Jobs", "JobQueue", "LocalServices", "Storage", "Postgres", "Security",
        "ServiceSupport", logging, arguments,
      ]),
    .executableTarget(name: "openclaw-guard", path: "Sources/Guard", exclude: ["README.md"]),

    // Benchmarks
    .executableTarget(
      name: "openclaw-load", path: "Benchmarks/Load", exclude: ["README.md", "check.py"],
      linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "openclaw-limits", dependencies: ["CRabbitMQ"], path: "Benchmarks/Limits",
      exclude: ["README.md", "accept.sql"], linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "openclaw-bench",
      dependencies: [
        "AMQP", "JobQueue", "Jobs", "LocalServices", "Postgres", "TestSupport", arguments,
      ], path: "Benchmarks/Bench", swiftSettings: strict),

    // Tests
    module(
      "TestSupport", in: "Common/TestSupport",
      [
        "LocalServices", "Postgres", "Storage", "JobQueue", "Jobs", "Security", logging,
      ]),
    .executableTarget(
      name: "openclaw-scripted-worker", dependencies: ["WorkerAssembly", "Jobs", arguments],
      path: "Tests/ScriptedWorker", exclude: ["README.md"], swiftSettings: strict),
    tests("JobsTests", ["Jobs", "TestSupport"]),
    tests("ObservabilityTests", ["Observability", "Jobs", "TestSupport"]),
    tests("AMQPTests", ["AMQP", "TestSupport", logging, lifecycle]),
    tests("PostgresTests", ["Postgres", "TestSupport", logging]),
    tests(
      "CLITests", ["openclaw", "ServiceSupport", "HTTP", "Jobs", "TestSupport"],
      exclude: ["Terminal"]),
    tests("HTTPTests", ["HTTP", "TestSupport"]),
    tests("SecurityTests", ["Security", "TestSupport"]),
    tests("JobQueueTests", ["JobQueue", "AMQP", "Jobs", "TestSupport", logging]),
    tests(
      "EngineTests",
      [
        "Engine", "AMQP", "Storage", "JobQueue", "Jobs", "Postgres", "Security", "Observability",
        "TestSupport", logging,
      ], exclude: ["Cron"]),
    tests("GatewayAPITests", ["GatewayAPI", "Jobs", "Observability", logging, lifecycle]),
    tests(
      "WorkerRuntimeTests",
      [
        "WorkerRuntime", "Engine", "AMQP", "Storage", "JobQueue", "Jobs", "Postgres", "Security",
        "Observability", "TestSupport", logging,
      ]),
    tests("AgentsTests", ["Agents", "ModelRouter", "Jobs"]),
    tests("SkillsTests", ["Skills", "Jobs"]),
    tests("ModelRouterTests", ["ModelRouter", "HTTP", "Jobs", "TestSupport"]),
    tests("LocalServicesTests", ["LocalServices"]),
    .target(
      name: "Chaos",
      dependencies: [
        "AMQP", "Executors", "HTTP", "JobQueue", "Jobs", "LocalServices", "Postgres", "TestSupport",
      ], path: "Tests/Chaos", exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(
      name: "openclaw-chaos", dependencies: ["Chaos", arguments], path: "Tests/ChaosRunner",
      swiftSettings: strict),
    tests("ChaosTests", ["Chaos", "Jobs", "Postgres", "TestSupport"]),
    tests(
      "EndToEndTests", ["Chaos", "Jobs", "HTTP", "TestSupport", "LocalServices", "Postgres"]),
  ]
)

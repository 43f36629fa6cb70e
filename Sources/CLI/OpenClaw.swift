@main struct OpenClaw { static func main() {} }
